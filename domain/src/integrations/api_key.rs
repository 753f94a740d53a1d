//! A key with which a program acts for a town hall.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use crate::{
    context::{Permission, Rights},
    ids::{ApiKeyId, StaffId},
    text::Name,
};

/// No key is good for longer.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::days(731);

/// How long a key is good where nothing else was asked for.
pub const USUAL_LIFE: TimeDelta = TimeDelta::days(365);

/// Live keys of one name: the one in use and the one that takes its place.
pub const LIVE_OF_ONE_NAME: usize = 2;

/// Whether what a program does counts.
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
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum KeyMode {
    /// It counts.
    Live,
    /// It is checked and answered as if it did, and then undone: nothing is kept, and nothing reaches a
    /// provider.
    Test,
}

/// What a key is for.
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
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
pub enum KeyScope {
    /// File complaints that somebody told the program of, and send photos along.
    #[serde(rename = "complaints.file")]
    #[strum(serialize = "complaints.file")]
    FileComplaints,
    /// Read complaints of every department, with history and routing.
    #[serde(rename = "complaints.read")]
    #[strum(serialize = "complaints.read")]
    ReadComplaints,
    /// Read departments, categories, areas and addresses as they are kept.
    #[serde(rename = "register.read")]
    #[strum(serialize = "register.read")]
    ReadRegister,
}

impl KeyScope {
    fn includes(self, permission: Permission) -> bool {
        match self {
            Self::FileComplaints => permission == Permission::FileComplaints,
            Self::ReadComplaints => {
                matches!(permission, Permission::ReadComplaints | Permission::AllDepartments)
            }
            Self::ReadRegister => permission == Permission::ReadRegister,
        }
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The identifier, which the key itself names.
    pub id: ApiKeyId,
    /// What the town hall calls the program.
    pub name: Name,
    /// Whether what is done with it counts.
    pub mode: KeyMode,
    /// What it is for, each once.
    pub scopes: Vec<KeyScope>,
    /// SHA-256 of the secret in lower-case hexadecimal.
    pub secret_hash: String,
    /// Who of the staff made it.
    pub made_by: StaffId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
}

impl ApiKey {
    /// Whether it opens anything at this moment.
    pub fn lives(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }

    /// What its scopes allow.
    pub fn rights(&self) -> Rights {
        let allowed = |permission: &Permission| self.scopes.iter().any(|scope| scope.includes(*permission));
        Permission::iter().filter(allowed).collect()
    }
}
