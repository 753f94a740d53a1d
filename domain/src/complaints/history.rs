//! What happened to a complaint: one entry per step, never changed afterwards.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::status::{ActorKind, Status};
use crate::{
    ids::{ComplaintId, HistoryId},
    text::Remark,
};

/// What a step did.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// The report came in.
    Filed,
    /// The state changed.
    Moved,
    /// Somebody wrote something, the state stayed.
    Commented,
    /// Another department, or the same one anew, got it.
    Rerouted,
    /// Somebody in the department took it over or was given it.
    Assigned,
    /// Category, priority, title or place was corrected.
    Edited,
    /// A due date became another one.
    PromiseMoved,
    /// Photos or the exact place became public.
    Released,
    /// The desk was reminded of a promise, or its lead told that one passed.
    Reminded,
}

/// One entry of a complaint's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its identity.
    pub id: HistoryId,
    /// The complaint.
    pub complaint: ComplaintId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What kind of actor did it.
    pub by: ActorKind,
    /// The staff member or the person, by kind; none for the system, a link or an anonymous reporter.
    pub actor: Option<Uuid>,
    /// What it did.
    pub action: Action,
    /// The state before, where the state changed.
    pub from: Option<Status>,
    /// The state after, where the state changed.
    pub to: Option<Status>,
    /// What the reporter reads.
    pub public_text: Option<Remark>,
    /// What only the town hall reads.
    pub internal_text: Option<Remark>,
}

impl Step {
    /// Whether the reporter sees the step: every change of state, and whatever was written for them.
    pub fn is_public(&self) -> bool {
        self.public_text.is_some()
            || matches!(self.action, Action::Filed | Action::Moved | Action::Rerouted | Action::PromiseMoved)
    }
}

/// Steps of one moment, with ids that keep them in this order: the history is sorted by time, then id.
pub fn in_order(steps: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let mut steps: Vec<Step> = steps.into_iter().collect();
    let mut ids: Vec<_> = steps.iter().map(|step| step.id).collect();
    ids.sort();
    for (step, id) in steps.iter_mut().zip(ids) {
        step.id = id;
    }
    steps
}
