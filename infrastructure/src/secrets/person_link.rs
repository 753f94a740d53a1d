//! Links in letters to people: they open one page for one person, and no account.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ContactPointId, MunicipalityId, PersonId};
use serde::{Deserialize, Serialize};

use super::{Purpose, Secrets, SignedToken, SignedTokenError};

/// How long a link to leave works: whoever finds an old letter can still leave.
const LIFE: TimeDelta = TimeDelta::days(365);

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A ward agrees or refuses.
    Ward,
    /// No more such letters (RFC 8058).
    Unsubscribe,
}

impl LinkKind {
    fn purpose(self) -> Purpose {
        match self {
            Self::Ward => Purpose::WardLink,
            Self::Unsubscribe => Purpose::Unsubscribe,
        }
    }

    /// The folder of its page.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Ward => "wards",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// Whom a link is about, in which municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonLink {
    /// The municipality.
    #[serde(rename = "t")]
    pub municipality: MunicipalityId,
    /// The person.
    #[serde(rename = "p")]
    pub person: PersonId,
    /// The mailbox the letter went to: it speaks for no other.
    #[serde(rename = "c")]
    pub contact: ContactPointId,
}

impl PersonLink {
    /// The path of the page, good for a year after `from`.
    ///
    /// # Errors
    /// As [`SignedToken::encode`].
    pub fn token(
        self,
        secrets: &Secrets,
        (kind, from): (LinkKind, DateTime<Utc>),
    ) -> Result<String, SignedTokenError> {
        let until = from.checked_add_signed(LIFE);
        let token = SignedToken::new(self, until).encode(secrets, kind.purpose())?;
        Ok(format!("{}/{token}", kind.folder()))
    }

    /// Whom a token of ours is about.
    ///
    /// # Errors
    /// As [`SignedToken::decode`].
    pub fn read(
        token: &str,
        secrets: &Secrets,
        kind: LinkKind,
        now: DateTime<Utc>,
    ) -> Result<Self, SignedTokenError> {
        SignedToken::decode(token, secrets, kind.purpose(), now).map(|signed| signed.payload)
    }
}
