//! Whoever owns follows, contact points and complaints.

use chrono::{DateTime, Utc};

use crate::{context::Locale, ids::PersonId};

/// What kind of person it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "lowercase")]
pub enum PersonKind {
    /// Has an account.
    Citizen,
    /// An app installation without one.
    Guest,
    /// Is represented by others.
    Ward,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The identifier.
    pub id: PersonId,
    /// Citizen, guest or ward.
    pub kind: PersonKind,
    /// The language they are addressed in.
    pub locale: Locale,
    /// Raised by every change of the person or of the account's name.
    pub version: i64,
    /// Since when they are here.
    pub created_at: DateTime<Utc>,
}
