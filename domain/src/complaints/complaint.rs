//! The rule of every step a complaint takes.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::status::{ActorKind, OBJECTION_PERIOD, Status};
use crate::{
    Result,
    error::{Code, Error},
};

/// Where a complaint stands before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub status: Status,
    /// When it reached a settled state ([`Status::is_settled`]); the objection's 28 days run from here.
    pub settled_at: Option<DateTime<Utc>>,
    /// Whether a date of solution is promised, which a pause would move.
    pub promised: bool,
}

/// A step somebody wants to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state wanted.
    pub to: Status,
    /// Who wants it.
    pub by: ActorKind,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether a text for the reporter comes with it.
    pub has_public_text: bool,
    /// Whether the step sets another date for the solution than the one promised.
    pub moves_promise: bool,
}

impl Standing {
    /// Takes the step, or says why not: [`Code::TransitionIllegal`] (values `from` and `to`),
    /// [`Code::ObjectionTooLate`], or [`Code::PublicTextRequired`] at `/public_text`.
    pub fn step(self, transition: Transition) -> Result<Self> {
        let Transition { to, by, at, .. } = transition;
        if !self.status.may_become(to, by) {
            return Err(self.illegal(to));
        }
        let period_over =
            self.settled_at.is_some_and(|settled| at.signed_duration_since(settled) > OBJECTION_PERIOD);
        if to == Status::Reopened && by == ActorKind::Reporter && period_over {
            return Err(Error::refused(Code::ObjectionTooLate));
        }
        // A duplicate is closed with its original, whenever that is.
        if to == Status::Closed && self.status.is_settled() && !period_over {
            return Err(self.illegal(to));
        }
        if self.needs_public_text(transition) && !transition.has_public_text {
            return Err(Error::invalid("/public_text", Code::PublicTextRequired));
        }
        Ok(Self {
            status: to,
            settled_at: if to.is_settled() {
                Some(at)
            } else if to.is_open() {
                None
            } else {
                self.settled_at
            },
            promised: self.promised,
        })
    }

    /// A pause moves the promised date by an unknown time, so its beginning needs a text. The end
    /// of a pause only says what the beginning announced.
    fn needs_public_text(self, transition: Transition) -> bool {
        let pauses = !self.status.pauses_promise() && transition.to.pauses_promise();
        transition.to.needs_public_text(transition.by)
            || transition.moves_promise
            || (self.promised && pauses)
    }

    fn illegal(self, to: Status) -> Error {
        Error::with_values(
            Code::TransitionIllegal,
            vec![("from", self.status.to_string()), ("to", to.to_string())],
        )
    }
}

/// The human number of a complaint: the municipality's prefix, the year, a number that starts at 1
/// every year. `BD-2026-000123`; the number has at least six digits and grows beyond them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    prefix: String,
    year: u16,
    number: u32,
}

impl Reference {
    /// A reference of its parts: a prefix of one to eight capital letters A to Z, a year of four
    /// digits, a number from 1.
    pub fn new(prefix: &str, year: u16, number: u32) -> Result<Self, Code> {
        let letters = prefix.bytes().all(|b| b.is_ascii_uppercase());
        if !letters || !(1..=8).contains(&prefix.len()) {
            return Err(Code::NotAllowed);
        }
        if !(1000..=9999).contains(&year) || number == 0 {
            return Err(Code::OutOfRange);
        }
        Ok(Self { prefix: prefix.to_owned(), year, number })
    }

    /// The municipality's prefix.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The year of filing.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// The number within the year.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{:06}", self.prefix, self.year, self.number)
    }
}

/// A text that is not a [`Reference`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a reference such as BD-2026-000123")]
pub struct BadReference;

impl FromStr for Reference {
    type Err = BadReference;

    /// Reads what people type: case and surrounding blanks do not matter, nor do leading zeros.
    fn from_str(text: &str) -> Result<Self, BadReference> {
        let text = text.trim().to_ascii_uppercase();
        let mut parts = text.split('-');
        let (Some(prefix), Some(year), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadReference);
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year) || !digits(number) {
            return Err(BadReference);
        }
        let year = year.parse().map_err(|_| BadReference)?;
        let number = number.parse().map_err(|_| BadReference)?;
        Self::new(prefix, year, number).map_err(|_| BadReference)
    }
}

impl TryFrom<String> for Reference {
    type Error = BadReference;
    fn try_from(text: String) -> Result<Self, BadReference> {
        text.parse()
    }
}

impl From<Reference> for String {
    fn from(reference: Reference) -> Self {
        reference.to_string()
    }
}

#[cfg(test)]
#[path = "complaint_tests.rs"]
mod tests;
