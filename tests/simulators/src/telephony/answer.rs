//! What becomes of a message or a call.

use crate::record::Outcome;

/// Laid down for a number beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A message is taken; it is reported with these statuses in this order, such as `sent`, `delivered`.
    Message(Vec<&'static str>),
    /// A message is taken and not delivered, for this error.
    Undelivered(u32),
    /// A call is taken and somebody answers who presses these keys, one for each question; then hangs up.
    PickUp(&'static str),
    /// A call is taken and a machine answers.
    Machine,
    /// A call is taken and ends so: `busy`, `no-answer`, `failed`, `canceled`.
    NotAnswered(&'static str),
    /// Refused with a status and the provider's error code.
    Error(u16, u32),
    /// A rule was broken.
    Refuse,
    /// It takes effect and the connection dies.
    CutAfter,
}

impl Outcome for Answer {
    fn accepted(&self) -> bool {
        !matches!(self, Self::Error(..) | Self::Refuse)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Undelivered(_) => "undelivered",
            Self::PickUp(_) => "picked up",
            Self::Machine => "machine",
            Self::NotAnswered(status) => status,
            Self::Error(..) => "error",
            Self::Refuse => "refused",
            Self::CutAfter => "cut",
        }
    }
}
