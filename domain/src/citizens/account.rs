//! A sign-in: of a citizen, of staff, or of somebody who is both.

use chrono::{DateTime, Utc};

use super::{Address, AddressSlot};
use crate::{
    ids::{AccountId, PersonId},
    phone::Phone,
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
    /// The number codes go to.
    pub phone: Option<Phone>,
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
        Self::of(id, email.into(), person, now)
    }

    /// A new account for whoever proved that `address` is theirs.
    pub fn of(id: AccountId, address: Address, person: Option<PersonId>, now: DateTime<Utc>) -> Self {
        let (email, phone) = match address {
            Address::Email(email) => (Some(email), None),
            Address::Phone(phone) => (None, Some(phone)),
        };
        Self { id, person, email, phone, name: None, disabled_at: None, version: 1, created_at: now }
    }

    /// Gives it one of its addresses, or takes it away. Answers what was there before.
    pub fn put(&mut self, slot: AddressSlot) -> AddressSlot {
        match slot {
            AddressSlot::Email(email) => AddressSlot::Email(std::mem::replace(&mut self.email, email)),
            AddressSlot::Phone(phone) => AddressSlot::Phone(std::mem::replace(&mut self.phone, phone)),
        }
    }
}
