//! A person who is represented.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::WardState;
use crate::{
    consents::{Means, TextVersion},
    ids::{MunicipalityId, PersonId, StaffId},
    text::Name,
};

/// People one citizen may represent in a municipality.
pub const MOST_WARDS: usize = 10;
/// How long a question waits for its answer.
pub const ASKED_FOR: TimeDelta = TimeDelta::days(14);
/// How long somebody who said no is not asked again by others, and how long what is over is kept.
pub const REMEMBERED_FOR: TimeDelta = TimeDelta::days(180);

/// Who registered a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisteredBy {
    /// Somebody at the town hall.
    Staff(StaffId),
    /// A relative or an acquaintance.
    Proxy(PersonId),
    /// They themselves, by text message.
    Themselves,
}

/// A ward of one municipality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ward {
    /// The person, whose contact points and choice they are.
    pub person: PersonId,
    /// The municipality.
    pub municipality: MunicipalityId,
    /// Their name.
    pub name: Name,
    /// How they stand to it.
    pub state: WardState,
    /// Who registered them.
    pub registered_by: RegisteredBy,
    /// By what means.
    pub means: Means,
    /// When.
    pub registered_at: DateTime<Utc>,
    /// The words that were agreed to.
    pub text_version: TextVersion,
    /// Where the signed form lies.
    pub document: Option<Name>,
    /// The last day it is good for.
    pub valid_until: Option<NaiveDate>,
    /// When they answered, or somebody ended it.
    pub settled_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
}

impl Ward {
    /// The ward in another state.
    ///
    /// # Errors
    /// [`crate::Code::TransitionIllegal`].
    pub fn becomes(self, state: WardState, now: DateTime<Utc>) -> crate::Result<Self> {
        Ok(Self { state: self.state.step(state)?, settled_at: Some(now), ..self })
    }
}
