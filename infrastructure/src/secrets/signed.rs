//! Small signed texts that fit into a URL: paging cursors, desk links, refresh tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Purpose, Secrets};

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 4096;

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedTokenError {
    /// Not a token, or one for something else.
    #[error("not a token of this kind")]
    Malformed,
    /// Edited, or signed elsewhere.
    #[error("not signed here")]
    Forged,
    /// It was good once.
    #[error("expired")]
    Expired,
}

/// What a token says and until when. It is readable by whoever holds it, so it names things by id.
///
/// As text: `base64url(JSON) "." base64url(HMAC-SHA-256)`, without padding (RFC 4648, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedToken<T> {
    /// What it says.
    #[serde(rename = "p")]
    pub payload: T,
    /// From this moment on it no longer counts; without one it always does.
    #[serde(
        rename = "e",
        with = "chrono::serde::ts_seconds_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<DateTime<Utc>>,
}

impl<T> SignedToken<T> {
    /// A token that says `payload` until `expires_at`.
    pub fn new(payload: T, expires_at: Option<DateTime<Utc>>) -> Self {
        Self { payload, expires_at }
    }
}

impl<T: Serialize> SignedToken<T> {
    /// The token as text, signed for `purpose`.
    ///
    /// # Errors
    /// [`SignedTokenError::Malformed`] when the payload has no JSON form.
    pub fn encode(&self, secrets: &Secrets, purpose: Purpose) -> Result<String, SignedTokenError> {
        let json = serde_json::to_vec(self).map_err(|_| SignedTokenError::Malformed)?;
        let body = URL_SAFE_NO_PAD.encode(json);
        let signature = URL_SAFE_NO_PAD.encode(secrets.sign(purpose, body.as_bytes()));
        Ok(format!("{body}.{signature}"))
    }
}

impl<T: DeserializeOwned> SignedToken<T> {
    /// Reads a token signed for `purpose`.
    ///
    /// # Errors
    /// [`SignedTokenError`]; nothing in the token is read before its signature is verified.
    pub fn decode(
        text: &str,
        secrets: &Secrets,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Self, SignedTokenError> {
        if text.len() > LONGEST {
            return Err(SignedTokenError::Malformed);
        }
        let (body, signature) = text.split_once('.').ok_or(SignedTokenError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SignedTokenError::Malformed)?;
        if !secrets.verify(purpose, body.as_bytes(), &signature) {
            return Err(SignedTokenError::Forged);
        }
        let json = URL_SAFE_NO_PAD.decode(body).map_err(|_| SignedTokenError::Malformed)?;
        let token: Self = serde_json::from_slice(&json).map_err(|_| SignedTokenError::Malformed)?;
        match token.expires_at {
            Some(end) if end <= now => Err(SignedTokenError::Expired),
            _ => Ok(token),
        }
    }
}
