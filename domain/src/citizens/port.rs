//! What storage must do for people.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Account, Address, AddressChange, AddressKind, ChangeState, CodePurpose, CodeToSend, Device, OneTimeCode,
    Person, Registration, Session,
};
use crate::{
    StoreError,
    deliveries::Channel,
    ids::{
        AccountId, AddressChangeId, CodeId, ComplaintId, ContactPointId, DeviceId, MunicipalityId, PersonId,
        SessionId,
    },
    phone::Phone,
    text::EmailAddress,
};

/// Reading people. Their tables belong to the whole installation: any scope will do.
#[async_trait]
pub trait PeopleReads: Send + Sync {
    /// One person.
    async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError>;
    /// The municipalities a person is tied to, the longest-standing tie first.
    async fn followed(&self, id: PersonId) -> Result<Vec<MunicipalityId>, StoreError>;
}

/// Reading accounts.
#[async_trait]
pub trait AccountReads: Send + Sync {
    /// One account.
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
    /// The account an address signs in to.
    async fn account_of_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError>;
    /// The account a number signs in to.
    async fn account_of_phone(&self, phone: &Phone) -> Result<Option<Account>, StoreError>;
    /// The stored hash of an account's password; none for those who sign in with codes only.
    async fn password_hash(&self, account: AccountId) -> Result<Option<String>, StoreError>;
    /// The stored hash of the password an account signs in with as a citizen, which is not the one for staff.
    async fn citizen_password_hash(&self, account: AccountId) -> Result<Option<String>, StoreError>;
}

/// Reading sessions.
#[async_trait]
pub trait SessionReads: Send + Sync {
    /// One session, whether it still lives or not.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// A person's sessions that were not ended, the one used last first.
    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>, StoreError>;
}

/// Reading devices.
#[async_trait]
pub trait DeviceReads: Send + Sync {
    /// A person's devices.
    async fn devices(&self, person: PersonId) -> Result<Vec<Device>, StoreError>;
}

/// Reading one-time codes.
#[async_trait]
pub trait CodeReads: Send + Sync {
    /// The latest code for a purpose and address that was not used and has not expired.
    async fn open_code(
        &self,
        now: DateTime<Utc>,
        purpose: CodePurpose,
        address: &Address,
    ) -> Result<Option<OneTimeCode>, StoreError>;
    /// The latest code that confirms a complaint, was not used and has not expired.
    async fn confirmation_code(
        &self,
        now: DateTime<Utc>,
        complaint: ComplaintId,
    ) -> Result<Option<OneTimeCode>, StoreError>;
}

/// Reading changes of addresses.
#[async_trait]
pub trait AddressChangeReads: Send + Sync {
    /// One change.
    async fn address_change(&self, id: AddressChangeId) -> Result<Option<AddressChange>, StoreError>;
    /// The latest changes of an account, some more than a day back.
    async fn address_changes(&self, account: AccountId) -> Result<Vec<AddressChange>, StoreError>;
}

/// Changes of an account's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangesOf {
    /// The account.
    pub account: AccountId,
    /// Of this address only.
    pub kind: Option<AddressKind>,
    /// Only those confirmed then or later.
    pub since: Option<DateTime<Utc>>,
}

/// Writing changes of addresses.
#[async_trait]
pub trait AddressChangeWrites: Send + Sync {
    /// Adds a change that was asked for.
    async fn insert_address_change(&self, change: &AddressChange) -> Result<(), StoreError>;
    /// Stores that a change was confirmed. False where it may not be, not any more.
    async fn confirm_address_change(&self, change: &AddressChange) -> Result<bool, StoreError>;
    /// Moves those among the changes to a state that may become it. Answers how many.
    async fn move_address_changes(&self, which: ChangesOf, to: ChangeState) -> Result<u64, StoreError>;
}

/// Writing people.
#[async_trait]
pub trait PeopleWrites: Send + Sync {
    /// Adds a person.
    async fn insert_person(&self, person: &Person) -> Result<(), StoreError>;
    /// Changes kind and locale at `person.version` and raises it.
    async fn update_person(&self, person: &Person) -> Result<(), StoreError>;
    /// Ties a person to the municipality, unless they are tied already.
    async fn follow(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<(), StoreError>;
    /// Moves everything of a guest to a citizen: ties, devices, complaints and what was sent about
    /// them, in every municipality the guest is tied to. Then the guest and their sessions are gone.
    async fn merge_person(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError>;
    /// Erases everything of a person in every municipality, as the data map says, and keeps the bare
    /// identifier, so that a restored backup can forget them as well. Complaints stay, without what
    /// says whose they were.
    async fn erase_person(&self, now: DateTime<Utc>, id: PersonId) -> Result<(), StoreError>;
}

/// Writing accounts.
#[async_trait]
pub trait AccountWrites: Send + Sync {
    /// Adds an account. `Duplicate` when the address has one already.
    async fn insert_account(&self, account: &Account) -> Result<(), StoreError>;
    /// Changes an account at `account.version` and raises it.
    async fn update_account(&self, account: &Account) -> Result<(), StoreError>;
    /// Removes an account with its sessions.
    async fn delete_account(&self, id: AccountId) -> Result<(), StoreError>;
    /// Stores the hash of a new password.
    async fn set_password_hash(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
        hash: &str,
    ) -> Result<(), StoreError>;
    /// Removes an account's passwords, that for staff and that as a citizen.
    async fn forget_passwords(&self, account: AccountId) -> Result<(), StoreError>;
    /// Stores the hash of a new password as a citizen, or removes it.
    async fn set_citizen_password_hash(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
        hash: Option<&str>,
    ) -> Result<(), StoreError>;
}

/// Writing sessions. With a session go the devices registered in it and their contact points.
#[async_trait]
pub trait SessionWrites: Send + Sync {
    /// Adds a session.
    async fn insert_session(&self, session: &Session) -> Result<(), StoreError>;
    /// Stores a renewed session where the generation before is still the live one. False where
    /// somebody else was faster.
    async fn renew_session(&self, renewed: &Session) -> Result<bool, StoreError>;
    /// Ends one session.
    async fn revoke_session(&self, now: DateTime<Utc>, id: SessionId) -> Result<(), StoreError>;
    /// Ends all sessions of a person but one.
    async fn revoke_other_sessions(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        keep: SessionId,
    ) -> Result<(), StoreError>;
    /// Ends the sessions in which an account signed in as staff.
    async fn revoke_staff_sessions(&self, now: DateTime<Utc>, account: AccountId) -> Result<(), StoreError>;
    /// Ends all sessions of an account.
    async fn revoke_sessions_of_account(
        &self,
        now: DateTime<Utc>,
        account: AccountId,
    ) -> Result<(), StoreError>;
}

/// Writing one-time codes. A code's row is its own outbox: it holds the sealed digits until the mail
/// is sent.
#[async_trait]
pub trait CodeWrites: Send + Sync {
    /// Adds a code whose mail is due at once.
    async fn insert_code(&self, code: &OneTimeCode, sealed: &[u8]) -> Result<(), StoreError>;
    /// Adds a code that is never sent, and takes as long as one that is.
    async fn insert_silent_code(&self, code: &OneTimeCode) -> Result<(), StoreError>;
    /// Counts a guess before it is compared. False where the code was used or has no guess left.
    async fn count_guess(&self, id: CodeId) -> Result<bool, StoreError>;
    /// Marks a code as used, and with it any earlier one to the same address for the same thing: it was
    /// replaced, not put off.
    async fn use_code(&self, now: DateTime<Utc>, code: &OneTimeCode) -> Result<(), StoreError>;
    /// Notes whose the codes to an address are that an account gives up: they are still about its person.
    async fn note_owner_of_codes(&self, address: &Address, account: AccountId) -> Result<(), StoreError>;

    /// Claims up to `limit` codes that are to be sent by one of `channels`. They are due again at `until`, so that a sender
    /// that died is replaced; other senders do not get them before.
    async fn codes_to_send(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u64,
        channels: &[Channel],
    ) -> Result<Vec<CodeToSend>, StoreError>;
    /// The mail is with the mail server: forgets the digits.
    async fn code_sent(&self, id: CodeId) -> Result<(), StoreError>;
    /// The mail could not be sent: again at `next_try`, or never.
    async fn code_failed(&self, id: CodeId, next_try: Option<DateTime<Utc>>) -> Result<(), StoreError>;
}

/// Writing devices.
#[async_trait]
pub trait DeviceWrites: Send + Sync {
    /// Registers a person's device in the session that registers it. `fresh` names the contact point where a
    /// new one is needed.
    ///
    /// The same installation with a new token keeps its contact point. A token that another
    /// installation had leaves that one.
    async fn put_device(
        &self,
        now: DateTime<Utc>,
        by: (PersonId, SessionId),
        fresh: ContactPointId,
        registration: &Registration,
    ) -> Result<(), StoreError>;
    /// Lets the devices registered in one session belong to another, of the same installation.
    async fn hand_devices(&self, from: SessionId, to: SessionId) -> Result<(), StoreError>;
    /// Removes a device with its contact point; false where there is none.
    async fn delete_device(&self, person: PersonId, device: DeviceId) -> Result<bool, StoreError>;
}

/// Housekeeping of everything about signing in.
#[async_trait]
pub trait SignInSweeps: Send + Sync {
    /// Forgets codes, changes of addresses, counters and stored answers older than a day, and sessions that ended longer
    /// than 30 days ago. Answers how many rows went.
    async fn sweep_sign_in(&self, now: DateTime<Utc>) -> Result<u64, StoreError>;
}
