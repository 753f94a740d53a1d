//! Another address to sign in with: asked for, confirmed with the code that came there, and cancelled or undone
//! by whoever reads the one before.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Account, Address, OneTimeCode};
use crate::{
    ids::{AccountId, AddressChangeId},
    phone::Phone,
    text::EmailAddress,
};

/// How long after it a change can be undone from the address before.
pub const UNDO_WITHIN: TimeDelta = TimeDelta::hours(24);

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum ChangeState {
    /// A code is on its way to the new address; nothing has changed.
    Asked,
    /// The new address has taken the place of the one before.
    Confirmed,
    /// Nothing came of it: called off from the address before, or asked for anew.
    Cancelled,
    /// Taken back from the address before.
    Undone,
}

impl ChangeState {
    /// The transition table.
    pub fn may_become(self, to: Self) -> bool {
        use ChangeState::{Asked, Cancelled, Confirmed, Undone};
        matches!((self, to), (Asked, Confirmed | Cancelled) | (Confirmed, Undone))
    }
}

/// Which of an account's two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum AddressKind {
    /// The mailbox.
    Email,
    /// The telephone.
    Phone,
}

/// One of an account's two addresses, or that it has none of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressSlot {
    /// The mailbox.
    Email(Option<EmailAddress>),
    /// The telephone.
    Phone(Option<Phone>),
}

impl AddressSlot {
    /// A slot with nothing in it.
    pub fn empty(kind: AddressKind) -> Self {
        match kind {
            AddressKind::Email => Self::Email(None),
            AddressKind::Phone => Self::Phone(None),
        }
    }

    /// Which of the two it is.
    pub fn kind(&self) -> AddressKind {
        match self {
            Self::Email(_) => AddressKind::Email,
            Self::Phone(_) => AddressKind::Phone,
        }
    }

    /// What is in it.
    pub fn address(&self) -> Option<Address> {
        match self {
            Self::Email(email) => email.clone().map(Address::from),
            Self::Phone(phone) => phone.clone().map(Address::from),
        }
    }
}

impl From<Address> for AddressSlot {
    fn from(address: Address) -> Self {
        match address {
            Address::Email(email) => Self::Email(Some(email)),
            Address::Phone(phone) => Self::Phone(Some(phone)),
        }
    }
}

/// What whoever reads the address before can do about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing has changed, and nothing will.
    Cancel,
    /// What was there before is put back.
    Undo,
}

/// A change of one address of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// The identifier: that of the code that confirms it.
    pub id: AddressChangeId,
    /// Whose address it is.
    pub account: AccountId,
    /// How far it has come.
    pub state: ChangeState,
    /// What the account had there before; empty as long as the change is not confirmed.
    pub before: AddressSlot,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// When the new address took the place.
    pub confirmed_at: Option<DateTime<Utc>>,
}

impl AddressChange {
    /// A change that `code` confirms.
    pub fn asked(code: &OneTimeCode, account: AccountId) -> Self {
        Self {
            id: code.id.into(),
            account,
            state: ChangeState::Asked,
            before: AddressSlot::empty(code.address.kind()),
            asked_at: code.created_at,
            confirmed_at: None,
        }
    }

    /// What can be done about it at `now`.
    pub fn remedy(&self, now: DateTime<Utc>) -> Option<Remedy> {
        match (self.state, self.confirmed_at) {
            (ChangeState::Asked, _) => Some(Remedy::Cancel),
            (ChangeState::Confirmed, Some(at)) if now < at + UNDO_WITHIN => Some(Remedy::Undo),
            _ => None,
        }
    }
}

/// An account as it was before `since`. Every change that was confirmed from then on goes with it: whoever took
/// over one address may have put a second one beside it, or a third in its place.
pub fn taken_back(account: &Account, changes: &[AddressChange], since: DateTime<Utc>) -> Account {
    let mut later: Vec<_> = changes
        .iter()
        .filter(|change| change.state == ChangeState::Confirmed && change.confirmed_at >= Some(since))
        .collect();
    later.sort_by_key(|change| Reverse(change.confirmed_at));
    let mut before = account.clone();
    for change in later {
        before.put(change.before.clone());
    }
    before
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_change_goes_forward_and_ends_once() {
        use ChangeState::{Asked, Cancelled, Confirmed, Undone};
        let allowed = [(Asked, Confirmed), (Asked, Cancelled), (Confirmed, Undone)];
        for from in ChangeState::iter() {
            for to in ChangeState::iter() {
                assert_eq!(from.may_become(to), allowed.contains(&(from, to)), "{from} -> {to}");
            }
        }
    }

    fn email(text: &str) -> Option<EmailAddress> {
        Some(EmailAddress::parse(text).unwrap())
    }

    fn confirmed(hour: i64, before: AddressSlot) -> AddressChange {
        AddressChange {
            id: AddressChangeId(Uuid::from_u128(hour.unsigned_abs().into())),
            account: AccountId(Uuid::nil()),
            state: ChangeState::Confirmed,
            before,
            asked_at: at(hour),
            confirmed_at: Some(at(hour)),
        }
    }

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    #[test]
    fn it_is_cancelled_before_and_undone_for_a_day_after() {
        let mut change = confirmed(0, AddressSlot::Email(None));
        assert_eq!(change.remedy(at(23)), Some(Remedy::Undo));
        assert_eq!(change.remedy(at(24)), None);
        change.state = ChangeState::Asked;
        assert_eq!(change.remedy(at(24)), Some(Remedy::Cancel));
        for over in [ChangeState::Cancelled, ChangeState::Undone] {
            change.state = over;
            assert_eq!(change.remedy(at(0)), None);
        }
    }

    #[test]
    fn what_was_changed_since_goes_with_it() {
        let third = Address::from(email("third@example.org").unwrap());
        let mut account = Account::of(AccountId(Uuid::nil()), third, None, at(0));
        account.phone = Some(Phone::parse("+4915228817386").unwrap());
        let changes = [
            confirmed(3, AddressSlot::Email(email("second@example.org"))),
            confirmed(1, AddressSlot::Email(email("first@example.org"))),
            confirmed(2, AddressSlot::Phone(None)),
            AddressChange {
                state: ChangeState::Undone,
                ..confirmed(1, AddressSlot::Email(email("x@example.org")))
            },
        ];
        let back = |hour| {
            let account = taken_back(&account, &changes, at(hour));
            (account.email, account.phone.is_some())
        };
        assert_eq!(back(1), (email("first@example.org"), false));
        assert_eq!(back(2), (email("second@example.org"), false));
        assert_eq!(back(3), (email("second@example.org"), true));
        assert_eq!(back(4), (email("third@example.org"), true));
    }
}
