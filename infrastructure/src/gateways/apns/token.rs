//! The provider token: a JWT that Apple wants renewed at most every 20 and at least every 60
//! minutes, counted over all servers of a team.
//!
//! Rules: <https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::StoreError;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::gateways::SetupError;

/// Apple refuses tokens older than an hour and, before that, new ones within 20 minutes.
const RENEW_AFTER: TimeDelta = TimeDelta::minutes(40);
const KEEP_AT_LEAST: TimeDelta = TimeDelta::minutes(20);

/// A signed provider token and its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    /// The JWT. A secret.
    pub token: Arc<str>,
    /// When it was signed.
    pub issued_at: DateTime<Utc>,
}

/// Where all gateways of a team, in this process or in others, keep their one provider token.
#[async_trait]
pub trait ProviderTokens: Send + Sync {
    /// The token kept under `name` if it was issued after `after`; otherwise keeps `fresh` there and
    /// returns it. At once for everybody: of several callers one wins and all get the winner's.
    async fn newer(
        &self,
        name: &str,
        after: DateTime<Utc>,
        fresh: IssuedToken,
    ) -> Result<IssuedToken, StoreError>;
}

/// Keeps tokens in the process: enough where one process sends.
#[derive(Debug, Default)]
pub struct ProcessTokens(std::sync::Mutex<HashMap<String, IssuedToken>>);

#[async_trait]
impl ProviderTokens for ProcessTokens {
    async fn newer(
        &self,
        name: &str,
        after: DateTime<Utc>,
        fresh: IssuedToken,
    ) -> Result<IssuedToken, StoreError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(name) {
            Some(token) if token.issued_at > after => Ok(token.clone()),
            _ => {
                kept.insert(name.to_owned(), fresh.clone());
                Ok(fresh)
            }
        }
    }
}

/// Why there is no token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// It could not be signed.
    Signing,
    /// The place where it is kept does not answer.
    Storage,
    /// Apple refused the last renewal as well; the next is allowed after this.
    TooOften(Duration),
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    iat: i64,
}

/// The current provider token of one team and key.
pub(super) struct ProviderToken {
    key: EncodingKey,
    header: Header,
    team: String,
    name: String,
    kept: Arc<dyn ProviderTokens>,
    current: RwLock<Option<IssuedToken>>,
    /// Held while renewing; when Apple last made us renew early.
    renewal: Mutex<Option<DateTime<Utc>>>,
}

impl ProviderToken {
    pub fn new(
        key_pem: &[u8],
        key_id: &str,
        team_id: &str,
        kept: Arc<dyn ProviderTokens>,
    ) -> Result<Self, SetupError> {
        let names = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !names(key_id) || !names(team_id) {
            return Err(SetupError::ApnsNames);
        }
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(key_id.to_owned());
        let token = Self {
            key: EncodingKey::from_ec_pem(key_pem).map_err(|_| SetupError::ApnsKey)?,
            header,
            team: team_id.to_owned(),
            name: format!("{team_id}/{key_id}"),
            kept,
            current: RwLock::default(),
            renewal: Mutex::default(),
        };
        // A key on another curve shows only when it signs.
        token.sign(DateTime::UNIX_EPOCH).map_err(|_| SetupError::ApnsKey)?;
        Ok(token)
    }

    /// A token young enough for Apple.
    pub async fn current(&self, now: DateTime<Utc>) -> Result<IssuedToken, Rejected> {
        let young = |token: &IssuedToken| token.issued_at > now - RENEW_AFTER;
        if let Some(token) = self.cached().filter(young) {
            return Ok(token);
        }
        let _renewal = self.renewal.lock().await;
        match self.cached().filter(young) {
            Some(token) => Ok(token),
            None => self.renew(now - RENEW_AFTER, now).await,
        }
    }

    /// Another token than one that Apple called expired, although our clock does not. Once in 20
    /// minutes at most.
    pub async fn instead_of(
        &self,
        refused: &IssuedToken,
        now: DateTime<Utc>,
    ) -> Result<IssuedToken, Rejected> {
        let mut forced = self.renewal.lock().await;
        if let Some(token) = self.cached().filter(|token| token != refused) {
            return Ok(token);
        }
        if let Some(last) = *forced
            && let Ok(wait) = (last + KEEP_AT_LEAST).signed_duration_since(now).to_std()
            && !wait.is_zero()
        {
            return Err(Rejected::TooOften(wait));
        }
        *forced = Some(now);
        self.renew(refused.issued_at, now).await
    }

    async fn renew(&self, after: DateTime<Utc>, now: DateTime<Utc>) -> Result<IssuedToken, Rejected> {
        let fresh = self.sign(now)?;
        let token = self.kept.newer(&self.name, after, fresh).await.map_err(|error| {
            tracing::warn!(%error, "the shared provider token cannot be read");
            Rejected::Storage
        })?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    fn cached(&self) -> Option<IssuedToken> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sign(&self, now: DateTime<Utc>) -> Result<IssuedToken, Rejected> {
        let claims = Claims { iss: &self.team, iat: now.timestamp() };
        let token = encode(&self.header, &claims, &self.key).map_err(|_| Rejected::Signing)?;
        Ok(IssuedToken { token: token.into(), issued_at: now })
    }
}
