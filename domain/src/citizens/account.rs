//! A sign-in: of a citizen, of staff, or of somebody who is both.

use chrono::{DateTime, Utc};

use crate::{
    ids::{AccountId, PersonId},
    text::{EmailAddress, Name},
};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The identifier.
    pub id: AccountId,
    /// The citizen behind it; staff need not be one.
    pub person: Option<PersonId>,
    /// The address codes and passwords belong to.
    pub email: Option<EmailAddress>,
    /// How they wish to be called.
    pub name: Option<Name>,
    /// Since when it can no longer be used.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

impl Account {
    /// A new account for `email`.
    pub fn new(id: AccountId, email: EmailAddress, person: Option<PersonId>, now: DateTime<Utc>) -> Self {
        Self { id, person, email: Some(email), name: None, disabled_at: None, version: 1, created_at: now }
    }
}
