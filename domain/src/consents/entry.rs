//! One entry of the ledger.

use chrono::{DateTime, Utc};

use super::TextVersion;
use crate::{
    deliveries::{Channel, Severity},
    ids::{PersonId, StaffId},
};

/// By what means somebody agreed or withdrew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Means {
    /// In an app or on a web page, signed in or as a guest.
    App,
    /// By the link in an e-mail.
    Link,
    /// By a text message they sent.
    Sms,
    /// By a key pressed during a call.
    Keypress,
    /// On a signed form.
    Paper,
    /// By telephone with the town hall.
    Phone,
    /// At the town hall.
    InPerson,
    /// Taken over from an earlier system, with its proof.
    Import,
    /// By itself: the time it was given for is over, or the way is gone.
    System,
}

/// Who made the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The person.
    Person,
    /// Somebody who represents them.
    Proxy(PersonId),
    /// Somebody at the town hall.
    Staff(StaffId),
    /// The program.
    System,
}

/// One entry: never changed, never removed while its person is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The way.
    pub channel: Channel,
    /// What for.
    pub purpose: Severity,
    /// Given, or withdrawn.
    pub given: bool,
    /// The words agreed to.
    pub text_version: TextVersion,
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub means: Means,
    /// A document's number, a message's or a call's id. Never words.
    pub proof: Option<String>,
    /// Who.
    pub by: By,
}

/// The circumstances that entries made together share.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub means: Means,
    /// The words agreed to.
    pub text_version: TextVersion,
    /// What proves it.
    pub proof: Option<String>,
    /// Who.
    pub by: By,
}

impl Circumstances {
    /// One entry of them.
    pub fn entry(&self, channel: Channel, purpose: Severity, given: bool) -> Entry {
        let Self { at, means, text_version, proof, by } = self.clone();
        Entry { channel, purpose, given, text_version, at, means, proof, by }
    }
}
