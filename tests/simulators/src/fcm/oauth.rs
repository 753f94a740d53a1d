//! The token endpoint: a JWT signed by the service account (RFC 7523) for an access token.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use chrono::{DateTime, Duration, Utc};
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::json;

use super::{ServiceAccount, answer::json_reply};
use crate::{StartError, clock, http2, record::unpoisoned};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
const MAX_LIFETIME: i64 = 3600;
/// Two clocks are never the same.
const SKEW: i64 = 5;

/// What the token endpoint answers instead of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OauthError {
    /// 400 `invalid_grant`: the key was withdrawn or the clock is wrong.
    InvalidGrant,
    /// 401 `invalid_client`: there is no such account.
    InvalidClient,
    /// 503 with a page of text.
    Unavailable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assertion {
    iss: String,
    scope: String,
    aud: String,
    iat: i64,
    exp: i64,
    sub: Option<String>,
}

/// Gives out access tokens and knows which are still good.
#[derive(Debug)]
pub(super) struct TokenDesk {
    key: DecodingKey,
    account: ServiceAccount,
    lifetime: RwLock<Duration>,
    issued: RwLock<HashMap<String, DateTime<Utc>>>,
    errors: Mutex<VecDeque<OauthError>>,
    given_out: AtomicU64,
    asked: AtomicU64,
    silent: AtomicBool,
}

type Refusal = (StatusCode, &'static str, String);

impl TokenDesk {
    pub(super) fn new(account: ServiceAccount, lifetime: Duration) -> Result<Self, StartError> {
        Ok(Self {
            key: DecodingKey::from_rsa_pem(account.public_key_pem()?.as_bytes())?,
            account,
            lifetime: RwLock::new(lifetime),
            issued: RwLock::default(),
            errors: Mutex::default(),
            given_out: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            silent: AtomicBool::new(false),
        })
    }

    pub(super) fn script(&self, errors: impl IntoIterator<Item = OauthError>) {
        unpoisoned(self.errors.lock()).extend(errors);
    }

    pub(super) fn set_lifetime(&self, lifetime: Duration) {
        *unpoisoned(self.lifetime.write()) = lifetime;
    }

    /// Makes every access token given out so far worthless.
    pub(super) fn revoke_all(&self) {
        unpoisoned(self.issued.write()).clear();
    }

    pub(super) fn given_out(&self) -> u64 {
        self.given_out.load(Ordering::Relaxed)
    }

    /// Whether questions are left without an answer from now on.
    pub(super) fn keep_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    /// Counts a question, and answers nothing as long as it keeps silent.
    pub(super) async fn is_asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether the value of the header `authorization` is a good access token.
    pub(super) fn admits(&self, authorization: Option<&str>, now: DateTime<Utc>) -> Result<(), &'static str> {
        let token = authorization.ok_or("no header authorization")?;
        let token = token.strip_prefix("Bearer ").ok_or("authorization does not begin with 'Bearer '")?;
        match unpoisoned(self.issued.read()).get(token) {
            Some(expires) if *expires > now => Ok(()),
            Some(_) => Err("the access token has expired"),
            None => Err("the access token was not given out here or was revoked"),
        }
    }

    /// Answers `POST /token`.
    pub(super) fn exchange(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> http2::Reply {
        match unpoisoned(self.errors.lock()).pop_front() {
            Some(OauthError::InvalidGrant) => return refuse(bad_grant("Invalid JWT Signature.")),
            Some(OauthError::InvalidClient) => {
                let text = "The OAuth client was not found.".to_owned();
                return refuse((StatusCode::UNAUTHORIZED, "invalid_client", text));
            }
            Some(OauthError::Unavailable) => {
                return http2::Reply::Answer(http2::response(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Service unavailable",
                ));
            }
            None => {}
        }
        match self.check(headers, body, now) {
            Ok(()) => self.give_out(now),
            Err(refusal) => refuse(refusal),
        }
    }

    /// A new access token, good from now on.
    pub(super) fn issue(&self, now: DateTime<Utc>) -> (String, Duration) {
        let lifetime = *unpoisoned(self.lifetime.read());
        let token = format!("ya29.{}{}", clock::random_id().simple(), clock::random_id().simple());
        unpoisoned(self.issued.write()).insert(token.clone(), now + lifetime);
        self.given_out.fetch_add(1, Ordering::Relaxed);
        (token, lifetime)
    }

    fn give_out(&self, now: DateTime<Utc>) -> http2::Reply {
        let (token, lifetime) = self.issue(now);
        json_reply(
            StatusCode::OK,
            &json!({ "access_token": token, "expires_in": lifetime.num_seconds(), "token_type": "Bearer" }),
        )
    }

    fn check(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Refusal> {
        let form = "application/x-www-form-urlencoded";
        if headers.get("content-type").and_then(|value| value.to_str().ok()) != Some(form) {
            return Err(bad_request(format!("content-type is not {form}")));
        }
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.clone().into_owned(), value).is_some() {
                return Err(bad_request(format!("Parameter not allowed twice: {name}")));
            }
        }
        let grant_type = fields.remove("grant_type");
        if grant_type.as_deref() != Some(GRANT_TYPE) {
            let text = format!("Invalid grant_type: {}", grant_type.unwrap_or_default());
            return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type", text));
        }
        let Some(assertion) = fields.remove("assertion") else {
            return Err(bad_request("Missing required parameter: assertion".to_owned()));
        };
        if let Some(name) = fields.keys().next() {
            return Err(bad_request(format!("Parameter not allowed for this message type: {name}")));
        }
        self.check_assertion(&assertion, now)
    }

    fn check_assertion(&self, assertion: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
        let header =
            jsonwebtoken::decode_header(assertion).map_err(|_| bad_grant("The assertion is not a JWT."))?;
        if header.alg != Algorithm::RS256 {
            return Err(bad_grant("Invalid JWT: the algorithm is not RS256."));
        }
        if header.kid.is_some_and(|kid| kid != self.account.private_key_id) {
            return Err(bad_grant("Invalid JWT: kid is not the account's private_key_id."));
        }
        let mut rules = Validation::new(Algorithm::RS256);
        // Judged below, against one clock and with a sentence for each.
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = jsonwebtoken::decode::<Assertion>(assertion, &self.key, &rules)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => bad_grant("Invalid JWT Signature."),
                _ => bad_grant(&format!("Invalid JWT: {error}")),
            })?
            .claims;
        if claims.iss != self.account.client_email {
            return Err(bad_grant("Invalid grant: account not found"));
        }
        if claims.sub.is_some_and(|subject| subject != self.account.client_email) {
            return Err((
                StatusCode::UNAUTHORIZED,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method.".to_owned(),
            ));
        }
        if claims.aud != self.account.token_uri {
            return Err(bad_grant("Invalid JWT: Failed audience check."));
        }
        if claims.scope != SCOPE {
            let text = format!("{:?} is not the scope for messages", claims.scope);
            return Err((StatusCode::BAD_REQUEST, "invalid_scope", text));
        }
        let now = now.timestamp();
        let lifetime = claims.exp.saturating_sub(claims.iat);
        if claims.iat > now + SKEW || claims.exp <= now || !(1..=MAX_LIFETIME).contains(&lifetime) {
            return Err(bad_grant(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
                 Check your iat and exp values in the JWT claim.",
            ));
        }
        Ok(())
    }
}

fn bad_grant(text: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, "invalid_grant", text.to_owned())
}

fn bad_request(text: String) -> Refusal {
    (StatusCode::BAD_REQUEST, "invalid_request", text)
}

fn refuse((status, error, description): Refusal) -> http2::Reply {
    json_reply(status, &json!({ "error": error, "error_description": description }))
}
