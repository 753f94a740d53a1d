//! The link in the letter to an old address: `{http.public_url}/address-changes/{token}`.

use chrono::{DateTime, Utc};
use domain::ids::AddressChangeId;
use serde::{Deserialize, Serialize};

use super::{Purpose, Secrets, SignedToken, SignedTokenError};

/// The change that may be called off or undone by whoever reads the letter. It names no account and no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChangeLink {
    /// The change.
    #[serde(rename = "c")]
    pub change: AddressChangeId,
}

impl AddressChangeLink {
    /// The path of the page, good until then.
    ///
    /// # Errors
    /// As [`SignedToken::encode`].
    pub fn token(self, secrets: &Secrets, until: DateTime<Utc>) -> Result<String, SignedTokenError> {
        let token = SignedToken::new(self, Some(until)).encode(secrets, Purpose::AddressChange)?;
        Ok(format!("address-changes/{token}"))
    }

    /// What a token of ours is about.
    ///
    /// # Errors
    /// As [`SignedToken::decode`].
    pub fn read(token: &str, secrets: &Secrets, now: DateTime<Utc>) -> Result<Self, SignedTokenError> {
        SignedToken::decode(token, secrets, Purpose::AddressChange, now).map(|signed| signed.payload)
    }
}
