//! The access token: OAuth 2.0 for a service account, by signed assertion (RFC 7523).
//!
//! Flow: <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::deliveries::Outcome;
use http::{HeaderMap, HeaderValue, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::Instant};
use url::{Url, form_urlencoded};

use crate::gateways::{
    Limits, SetupError,
    http2::{Answer, Http2},
};

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google's longest life of an assertion.
const ASSERTION_LIFE: TimeDelta = TimeDelta::hours(1);
/// Tokens live an hour; a new one is fetched this long before while the old one still serves.
const RENEW_BEFORE: TimeDelta = TimeDelta::minutes(5);
/// After a failed fetch nobody fetches for so long. Everybody fails as it did.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What we need of the file that Google's console gives out.
#[derive(Deserialize)]
pub(super) struct ServiceAccount {
    pub project_id: String,
    private_key_id: String,
    private_key: String,
    client_email: String,
    token_uri: Url,
}

impl ServiceAccount {
    pub fn parse(json: &[u8]) -> Result<Self, SetupError> {
        let account: Self = serde_json::from_slice(json).map_err(|error| {
            SetupError::ServiceAccount(match error.classify() {
                serde_json::error::Category::Data => {
                    "project_id, private_key_id, private_key, client_email and token_uri are needed"
                }
                _ => "it is not JSON",
            })
        })?;
        let project = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
        if account.project_id.is_empty() || !account.project_id.bytes().all(project) {
            return Err(SetupError::ServiceAccount("project_id is no project's id"));
        }
        Ok(account)
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'static str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: i64,
}

#[derive(Default, Deserialize)]
struct Refused {
    #[serde(default)]
    error: String,
}

#[derive(Clone)]
struct Held {
    token: Arc<str>,
    expires_at: DateTime<Utc>,
}

/// A fetch that brought no token.
#[derive(Clone)]
struct Failure {
    at: Instant,
    outcome: Outcome,
}

/// The current access token of one service account.
pub(super) struct Access {
    key: EncodingKey,
    header: Header,
    account: ServiceAccount,
    pool: Http2,
    path: String,
    held: RwLock<Option<Held>>,
    /// Held while fetching; how the last fetch failed, and when.
    fetching: Mutex<Option<Failure>>,
}

impl Access {
    pub fn new(
        account: ServiceAccount,
        ca_pem: Option<&[u8]>,
        timeout: Duration,
    ) -> Result<Self, SetupError> {
        let limits = Limits { connections: 1, in_flight: 1, timeout };
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(account.private_key_id.clone());
        Ok(Self {
            key: EncodingKey::from_rsa_pem(account.private_key.as_bytes())
                .map_err(|_| SetupError::ServiceAccount("private_key is not an RSA key in PEM form"))?,
            header,
            pool: Http2::new(&account.token_uri, ca_pem, limits)?,
            path: account.token_uri.path().to_owned(),
            account,
            held: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// A valid token. One fetch at a time; while the old token is valid nobody waits for it.
    pub async fn token(&self, now: DateTime<Utc>) -> Result<Arc<str>, Outcome> {
        let held = self.held().filter(|held| held.expires_at > now);
        let fresh = |held: &Held| held.expires_at > now + RENEW_BEFORE;
        match held {
            Some(held) if fresh(&held) => Ok(held.token),
            Some(held) => match self.fetching.try_lock() {
                Ok(mut last) if self.held().is_none_or(|held| !fresh(&held)) => {
                    Ok(self.try_fetch(&mut last, Instant::now(), now).await.unwrap_or(held.token))
                }
                _ => Ok(held.token),
            },
            None => {
                let since = Instant::now();
                let mut last = self.fetching.lock().await;
                match self.held().filter(|held| held.expires_at > now) {
                    Some(held) => Ok(held.token),
                    None => self.try_fetch(&mut last, since, now).await,
                }
            }
        }
    }

    /// Another token than one that Google no longer takes.
    pub async fn instead_of(&self, refused: &str, now: DateTime<Utc>) -> Result<Arc<str>, Outcome> {
        let since = Instant::now();
        let mut last = self.fetching.lock().await;
        match self.held().filter(|held| &*held.token != refused) {
            Some(held) => Ok(held.token),
            None => self.try_fetch(&mut last, since, now).await,
        }
    }

    /// Fetches for everybody who waits. Whoever waited `since` before a fetch failed shares its outcome
    /// instead of trying again, one after the other, an endpoint that does not answer.
    async fn try_fetch(
        &self,
        last: &mut Option<Failure>,
        since: Instant,
        now: DateTime<Utc>,
    ) -> Result<Arc<str>, Outcome> {
        if let Some(Failure { at, outcome }) = last
            && (*at >= since || at.elapsed() < REST_AFTER_FAILURE)
        {
            return Err(outcome.clone());
        }
        let fetched = self.fetch(now).await;
        *last =
            fetched.as_ref().err().map(|outcome| Failure { at: Instant::now(), outcome: outcome.clone() });
        fetched
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self, now: DateTime<Utc>) -> Result<Arc<str>, Outcome> {
        let claims = Claims {
            iss: &self.account.client_email,
            scope: SCOPE,
            aud: self.account.token_uri.as_str(),
            iat: now.timestamp(),
            exp: (now + ASSERTION_LIFE).timestamp(),
        };
        let assertion = encode(&self.header, &claims, &self.key)
            .map_err(|_| Outcome::StopChannel { reason: "assertion_unsigned" })?;
        let form: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", GRANT)
            .append_pair("assertion", &assertion)
            .finish();
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer =
            self.pool.post(&self.path, headers, Bytes::from(form)).await.map_err(|lost| lost.outcome())?;
        let granted = granted(&answer, now).inspect_err(|outcome| {
            tracing::warn!(reason = outcome.reason(), "Google gave no access token");
        })?;
        let token: Arc<str> = granted.access_token.into();
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Held {
            token: token.clone(),
            expires_at: now + TimeDelta::seconds(granted.expires_in.clamp(0, 86_400)),
        });
        Ok(token)
    }
}

/// What the OAuth endpoint's answer means (RFC 6749, section 5).
fn granted(answer: &Answer, now: DateTime<Utc>) -> Result<Granted, Outcome> {
    let refused: Refused = serde_json::from_slice(&answer.body).unwrap_or_default();
    let stop = |reason| Err(Outcome::StopChannel { reason });
    match (answer.status.as_u16(), refused.error.as_str()) {
        (200, _) => serde_json::from_slice(&answer.body)
            .map_err(|_| Outcome::Retry { after: None, reason: "oauth_unreadable" }),
        // The key was withdrawn, or our clock is wrong.
        (_, "invalid_grant") => stop("oauth_invalid_grant"),
        (_, "invalid_client" | "unauthorized_client") => stop("oauth_invalid_client"),
        (_, "invalid_scope" | "invalid_request" | "unsupported_grant_type") => stop("oauth_invalid_request"),
        (429, _) => Err(Outcome::Retry { after: answer.retry_after(now), reason: "oauth_too_many_requests" }),
        (400..500, _) => stop("oauth_refused"),
        _ => Err(Outcome::Retry { after: answer.retry_after(now), reason: "oauth_fault" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::tests::noon;
    use http::StatusCode;

    #[test]
    fn answers_of_the_oauth_endpoint() {
        let reason = |status, body: &str| {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::copy_from_slice(body.as_bytes()),
            };
            match granted(&answer, noon()) {
                Ok(granted) => granted.access_token,
                Err(Outcome::StopChannel { reason }) => format!("stop {reason}"),
                Err(Outcome::Retry { reason, .. }) => format!("retry {reason}"),
                Err(other) => panic!("{other:?}"),
            }
        };
        let good = r#"{"access_token":"ya29.x","expires_in":3599,"token_type":"Bearer"}"#;
        assert_eq!(reason(200, good), "ya29.x");
        assert_eq!(reason(200, "<html>"), "retry oauth_unreadable");
        assert_eq!(reason(400, r#"{"error":"invalid_grant"}"#), "stop oauth_invalid_grant");
        assert_eq!(reason(401, r#"{"error":"invalid_client"}"#), "stop oauth_invalid_client");
        assert_eq!(reason(400, r#"{"error":"invalid_scope"}"#), "stop oauth_invalid_request");
        assert_eq!(reason(403, "no"), "stop oauth_refused");
        assert_eq!(reason(429, ""), "retry oauth_too_many_requests");
        assert_eq!(reason(502, "<html>Bad Gateway"), "retry oauth_fault");
    }

    #[test]
    fn a_wrong_file_is_named() {
        assert!(ServiceAccount::parse(b"{").is_err());
        assert!(ServiceAccount::parse(br#"{"project_id":"x"}"#).is_err());
    }
}
