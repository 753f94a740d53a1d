//! Access tokens: JWT (RFC 7519) in the profile of RFC 9068, signed with Ed25519 (RFC 8037),
//! checked as RFC 8725 asks.

mod key;
mod keyring;
mod refresh;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Code, Error,
    audit::{Accountable, Actor},
    ids::{AccountId, PersonId, SessionId},
};
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use key::{KeyError, SigningKey};
pub use keyring::{Keyring, rotate_old};
pub use refresh::RefreshToken;

/// How long an access token lives.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// How far the clocks of two instances may differ.
pub const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A person with an account.
    Citizen {
        /// The person.
        person: PersonId,
        /// Their account.
        account: AccountId,
    },
    /// An app installation without an account.
    Guest {
        /// The person it stands for.
        person: PersonId,
    },
    /// Staff; in which town halls and roles is looked up per request.
    Staff {
        /// The account they signed in with.
        account: AccountId,
    },
}

/// What a valid access token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose it is.
    pub bearer: Bearer,
    /// The session it was issued in.
    pub session: SessionId,
    /// Names the token.
    pub id: Uuid,
    /// When it was issued, whole seconds.
    pub issued_at: DateTime<Utc>,
    /// When it ends, whole seconds.
    pub expires_at: DateTime<Utc>,
}

impl Accountable for Access {
    fn actor(&self) -> Actor {
        let (kind, id) = match self.bearer {
            Bearer::Citizen { person, .. } | Bearer::Guest { person } => ("person", person.0),
            // In no town hall in particular.
            Bearer::Staff { account } => ("account", account.0),
        };
        Actor { kind, id: Some(id), municipality: None }
    }
}

/// The token is expired, forged, foreign or not a token. Which of these is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid access token")]
pub struct TokenRefused;

impl From<TokenRefused> for Error {
    fn from(_: TokenRefused) -> Self {
        Self::refused(Code::Unauthenticated)
    }
}

/// Issues and checks access tokens. The first key signs, all of them verify, so that a key can be
/// replaced while tokens of the old one are still about.
#[derive(Clone)]
pub struct AccessTokens {
    issuer: String,
    audience: String,
    newest: SigningKey,
    older: Vec<SigningKey>,
    lifetime: TimeDelta,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Citizen,
    Guest,
    Staff,
}

/// The claims as they travel. `sub` is the person, for staff the account.
#[derive(Clone, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    sid: SessionId,
    jti: Uuid,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

impl AccessTokens {
    /// Tokens of `issuer` for `audience`, both usually the installation's public address. Signs
    /// with `newest`.
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        newest: SigningKey,
        older: Vec<SigningKey>,
    ) -> Self {
        Self { issuer: issuer.into(), audience: audience.into(), newest, older, lifetime: LIFETIME }
    }

    /// The same, issuing tokens that live shorter than [`LIFETIME`].
    pub fn living(self, lifetime: TimeDelta) -> Self {
        Self { lifetime, ..self }
    }

    /// Whether `token` names a key known here.
    pub fn knows_key_of(&self, token: &str) -> bool {
        decode_header(token)
            .is_ok_and(|header| self.keys().any(|key| header.kid.as_deref() == Some(key.kid())))
    }

    /// A token for `bearer` that begins `now`. `id` is fresh.
    ///
    /// # Errors
    /// [`KeyError`] when the key cannot sign.
    pub fn issue(
        &self,
        bearer: Bearer,
        session: SessionId,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<String, KeyError> {
        let (sub, kind, account) = match bearer {
            Bearer::Citizen { person, account } => (person.0, Kind::Citizen, Some(account)),
            Bearer::Guest { person } => (person.0, Kind::Guest, None),
            Bearer::Staff { account } => (account.0, Kind::Staff, None),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub,
            kind,
            account,
            sid: session,
            jti: id,
            iat: now.timestamp(),
            exp: (now + self.lifetime).timestamp(),
            nbf: None,
        };
        encode(self.newest.header(), &claims, self.newest.encoding()).map_err(|_| KeyError)
    }

    /// What `token` says at `now`.
    ///
    /// The header must be exactly the one this installation writes: algorithm, type and a known
    /// key, and nothing else, so that no header can point to a key of the sender's.
    ///
    /// # Errors
    /// [`TokenRefused`] for anything but a token of ours that is valid at `now`.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Access, TokenRefused> {
        let header = decode_header(token).map_err(|_| TokenRefused)?;
        let key = self.keys().find(|key| key.header() == &header).ok_or(TokenRefused)?;
        let claims =
            decode::<Claims>(token, key.decoding(), &signature_only()).map_err(|_| TokenRefused)?.claims;
        if claims.iss != self.issuer || claims.aud != self.audience {
            return Err(TokenRefused);
        }
        claims.at(now)
    }

    /// The public keys as a JWK set (RFC 7517), for `/.well-known/jwks.json`.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": self.keys().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

impl Claims {
    fn at(self, now: DateTime<Utc>) -> Result<Access, TokenRefused> {
        let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or(TokenRefused);
        let (issued_at, expires_at) = (time(self.iat)?, time(self.exp)?);
        let begins = self.nbf.map(time).transpose()?.unwrap_or(issued_at).max(issued_at);
        if begins > now + LEEWAY || expires_at + LEEWAY <= now || expires_at - issued_at > LIFETIME {
            return Err(TokenRefused);
        }
        let bearer = match (self.kind, self.account) {
            (Kind::Citizen, Some(account)) => Bearer::Citizen { person: self.sub.into(), account },
            (Kind::Guest, None) => Bearer::Guest { person: self.sub.into() },
            (Kind::Staff, None) => Bearer::Staff { account: self.sub.into() },
            _ => return Err(TokenRefused),
        };
        Ok(Access { bearer, session: self.sid, id: self.jti, issued_at, expires_at })
    }
}

/// The library asks the system for the time and accepts lists of issuers and audiences, so it only
/// verifies the signature; the claims are checked in [`AccessTokens::verify`].
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::new();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[cfg(test)]
mod tests;
