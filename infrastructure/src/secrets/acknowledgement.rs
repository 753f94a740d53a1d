//! The link in a warning's letter by which its reader says that they know.

use chrono::{DateTime, Utc};
use domain::ids::{ContactPointId, MessageId, MunicipalityId};
use serde::{Deserialize, Serialize};

use super::{Purpose, Secrets, SignedToken, SignedTokenError};

/// The letter somebody acknowledges: it speaks for whoever reads that mailbox, and for no other message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgementLink {
    /// The municipality.
    #[serde(rename = "t")]
    pub municipality: MunicipalityId,
    /// The warning.
    #[serde(rename = "m")]
    pub message: MessageId,
    /// The mailbox.
    #[serde(rename = "c")]
    pub contact: ContactPointId,
}

impl AcknowledgementLink {
    /// The path of the page, good until the warning is worthless.
    ///
    /// # Errors
    /// As [`SignedToken::encode`].
    pub fn token(self, secrets: &Secrets, until: DateTime<Utc>) -> Result<String, SignedTokenError> {
        let token = SignedToken::new(self, Some(until)).encode(secrets, Purpose::Acknowledgement)?;
        Ok(format!("acknowledgements/{token}"))
    }

    /// What a token of ours is about.
    ///
    /// # Errors
    /// As [`SignedToken::decode`].
    pub fn read(token: &str, secrets: &Secrets, now: DateTime<Utc>) -> Result<Self, SignedTokenError> {
        SignedToken::decode(token, secrets, Purpose::Acknowledgement, now).map(|signed| signed.payload)
    }
}
