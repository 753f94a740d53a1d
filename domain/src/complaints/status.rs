//! The states of a complaint and the table of steps between them.

use chrono::Duration;
use serde::{Deserialize, Serialize};

/// How long a reporter may object, and how long a settled complaint waits before it is closed.
pub const OBJECTION_PERIOD: Duration = Duration::days(28);

/// How long a report waits for its reporter's confirmation before it is deleted.
pub const CONFIRMATION_PERIOD: Duration = Duration::hours(24);

/// How far a complaint has come.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
pub enum Status {
    /// Waits for the reporter's code; no desk sees it. Deleted after [`CONFIRMATION_PERIOD`].
    Unconfirmed,
    /// Filed, not yet routed. Lasts no longer than the transaction that files it.
    Submitted,
    /// On a department's desk, nobody has said "ours" yet.
    Routed,
    /// The department says it is theirs.
    Accepted,
    /// Being worked on.
    InProgress,
    /// Work is planned for a day.
    Scheduled,
    /// Work stands still; the promise is paused.
    OnHold,
    /// The desk asked the reporter something; the promise is paused.
    WaitingForReporter,
    /// Done, in the eyes of the town hall.
    Resolved,
    /// Nothing will be done, with a reason.
    Rejected,
    /// The same as another complaint.
    Duplicate,
    /// Another authority was given it.
    HandedOver,
    /// Settled before, open again.
    Reopened,
    /// Settled for good.
    Closed,
    /// Taken back by its reporter.
    Withdrawn,
}

/// What kind of actor takes a step.
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
pub enum ActorKind {
    /// Whoever filed the complaint.
    Reporter,
    /// A member of the town hall's staff.
    Staff,
    /// The process itself.
    System,
    /// Whoever holds the signed link from the department's e-mail.
    DeskLink,
}

impl Status {
    /// The transition table: whether `by` may move a complaint from this state to `to`.
    ///
    /// The holder of a desk's link does what that page offers: accept, resolve, give back ("not
    /// ours"). A reporter who answers a question ends the waiting for the answer.
    pub fn may_become(self, to: Self, by: ActorKind) -> bool {
        use ActorKind::{DeskLink, Reporter, Staff, System};
        use Status::*;
        match (self, to) {
            (Unconfirmed, Submitted) => by == Reporter,
            (Submitted, Routed) => by == System,

            (Routed | Reopened, Routed) => matches!(by, System | Staff | DeskLink),
            (Routed | Reopened, Accepted) => matches!(by, Staff | DeskLink),
            (Routed | Reopened, Rejected | Duplicate | HandedOver) => by == Staff,
            (Routed | Accepted, Withdrawn) => by == Reporter,

            (WaitingForReporter, InProgress) => matches!(by, Staff | Reporter),
            (Accepted, InProgress | Scheduled | OnHold | WaitingForReporter) => by == Staff,
            (
                InProgress | Scheduled | OnHold | WaitingForReporter,
                InProgress | Scheduled | OnHold | WaitingForReporter,
            ) => self != to && by == Staff,
            (Accepted | InProgress | Scheduled | OnHold | WaitingForReporter, Resolved | Routed) => {
                matches!(by, Staff | DeskLink)
            }
            (
                Accepted | InProgress | Scheduled | OnHold | WaitingForReporter,
                Rejected | Duplicate | HandedOver,
            ) => by == Staff,

            (Resolved | Rejected | HandedOver, Reopened) => matches!(by, Reporter | Staff),
            (Duplicate, Reopened) => matches!(by, Staff | System),
            (Resolved | Rejected | HandedOver | Duplicate, Closed) => by == System,

            _ => false,
        }
    }

    /// Whether a step of `by` to this state must say something the reporter can read.
    pub fn needs_public_text(self, by: ActorKind) -> bool {
        match self {
            Self::Resolved | Self::Rejected | Self::HandedOver => true,
            Self::Reopened => by == ActorKind::Staff,
            _ => false,
        }
    }

    /// Whether the promise stands still in this state.
    pub fn pauses_promise(self) -> bool {
        matches!(self, Self::OnHold | Self::WaitingForReporter)
    }

    /// Whether the town hall has said its last word unless someone objects: the objection period
    /// runs, then the complaint is closed.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Resolved | Self::Rejected | Self::HandedOver)
    }

    /// Whether no step leads on.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Closed | Self::Withdrawn)
    }

    /// Whether the town hall still has something to do.
    pub fn is_open(self) -> bool {
        use Status::*;
        matches!(
            self,
            Submitted | Routed | Accepted | InProgress | Scheduled | OnHold | WaitingForReporter | Reopened
        )
    }

    /// Whether complaints in this state may be public: a desk has seen them, and the reporter did not
    /// take them back.
    pub fn is_public(self) -> bool {
        !matches!(self, Self::Unconfirmed | Self::Submitted | Self::Withdrawn)
    }

    /// Whether reaching this state is the first answer the town hall promised.
    pub fn answers(self) -> bool {
        !matches!(self, Self::Unconfirmed | Self::Submitted | Self::Routed | Self::Reopened | Self::Withdrawn)
    }
}
