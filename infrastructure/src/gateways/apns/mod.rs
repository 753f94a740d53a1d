//! Apple Push Notification service over HTTP/2 with a provider token.
//!
//! Requests: <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>

mod answers;
mod payload;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::deliveries::{
    Channel, Content, Gateway, Outcome, Outgoing, PushAddress, PushEnvironment, PushText, Severity,
};
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    Limits, SetupError, delivery_id,
    http2::{Answer, Http2, Lost},
};
use answers::Meaning;
use payload::Payload;
use token::{ProviderToken, Rejected};

pub use token::{IssuedToken, ProcessTokens, ProviderTokens};

/// Apps from the store and from TestFlight.
pub const PRODUCTION: &str = "https://api.push.apple.com";
/// Its host.
pub const PRODUCTION_HOST: &str = "api.push.apple.com";
/// Apps started from Xcode.
pub const SANDBOX: &str = "https://api.sandbox.push.apple.com";

/// Settings of one app at Apple.
#[derive(Clone)]
pub struct ApnsConfig {
    /// Names the gateway in logs and metrics: `apns`, or `apns:` and the app.
    pub name: String,
    /// The authentication key, `AuthKey_….p8`.
    pub key_pem: Vec<u8>,
    /// The key's id, ten characters.
    pub key_id: String,
    /// The developer team's id, ten characters.
    pub team_id: String,
    /// The app's bundle id.
    pub topic: String,
    /// [`PRODUCTION`], or a simulator.
    pub base_url: Url,
    /// [`SANDBOX`] where developers' phones are to be reached as well.
    pub sandbox_url: Option<Url>,
    /// Trusted besides the system's certificate authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// Whether Apple granted the app the entitlement for critical alerts, which sound through
    /// silence. Without it a crisis is time-sensitive.
    pub critical_alerts: bool,
    /// How much at once.
    pub limits: Limits,
}

/// The gateway to one app's iPhones and iPads.
pub struct Apns {
    name: String,
    topic: HeaderValue,
    critical_alerts: bool,
    production: Http2,
    sandbox: Option<Http2>,
    token: ProviderToken,
    concurrency: usize,
}

impl Apns {
    /// `tokens` is where all gateways of a team share their provider token.
    pub fn new(config: ApnsConfig, tokens: Arc<dyn ProviderTokens>) -> Result<Self, SetupError> {
        let ca = config.ca_pem.as_deref();
        let pool = |url: &Url| Http2::new(url, ca, config.limits);
        Ok(Self {
            topic: HeaderValue::from_str(&config.topic).map_err(|_| SetupError::ApnsNames)?,
            critical_alerts: config.critical_alerts,
            production: pool(&config.base_url)?,
            sandbox: config.sandbox_url.as_ref().map(pool).transpose()?,
            token: ProviderToken::new(&config.key_pem, &config.key_id, &config.team_id, tokens)?,
            concurrency: config.limits.connections.saturating_mul(config.limits.in_flight),
            name: config.name,
        })
    }

    /// The headers of a delivery, but for the provider token. The same for every attempt.
    fn headers(&self, item: &Outgoing) -> Option<HeaderMap> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert("apns-topic", self.topic.clone());
        headers.insert("apns-push-type", HeaderValue::from_static("alert"));
        headers.insert("apns-id", value(&delivery_id(item).to_string())?);
        headers.insert("apns-collapse-id", value(&item.collapse_id())?);
        headers.insert("apns-expiration", HeaderValue::from(item.expires_at.timestamp()));
        // 5 lets the phone choose a moment that spares its battery.
        headers.insert(
            "apns-priority",
            HeaderValue::from_static(match item.severity {
                Severity::Information => "5",
                Severity::Important | Severity::Crisis | Severity::Notice => "10",
            }),
        );
        Some(headers)
    }

    async fn deliver(
        &self,
        now: DateTime<Utc>,
        item: &Outgoing,
        to: &PushAddress,
        text: &PushText,
    ) -> Result<Outcome, Failure> {
        if !is_device_token(to.token.as_str()) {
            return Err(Failure::Settled(Outcome::DropContactPoint {
                reason: "token_malformed",
                since: None,
            }));
        }
        let headers = self.headers(item).ok_or(Failure::UNSENDABLE)?;
        let body = Payload::new(item, text, self.critical_alerts).to_bytes().ok_or(Failure::UNSENDABLE)?;
        let request = Request { path: format!("/3/device/{}", to.token), headers, body };
        let (first, second) = match (to.environment, &self.sandbox) {
            (Some(PushEnvironment::Sandbox), Some(sandbox)) => (sandbox, None),
            // A device that did not say where it belongs may belong to the other service.
            (None, Some(sandbox)) => (&self.production, Some(sandbox)),
            _ => (&self.production, None),
        };
        let mut meaning = self.ask(now, item, first, &request).await?;
        if let (Meaning::WrongEnvironment, Some(second)) = (&meaning, second) {
            meaning = self.ask(now, item, second, &request).await?;
        }
        Ok(match meaning {
            Meaning::Settled(outcome) => outcome,
            Meaning::WrongEnvironment => {
                Outcome::DropContactPoint { reason: "bad_device_token", since: None }
            }
            Meaning::TokenExpired => Outcome::StopChannel { reason: "expired_provider_token" },
        })
    }

    /// One request, and a second with a new provider token where Apple says that ours is too old.
    async fn ask(
        &self,
        now: DateTime<Utc>,
        item: &Outgoing,
        pool: &Http2,
        request: &Request,
    ) -> Result<Meaning, Failure> {
        let token = self.token.current(now).await?;
        let meaning = answers::meaning(&request.send(pool, &token).await?, item.severity, now);
        if !matches!(meaning, Meaning::TokenExpired) {
            return Ok(meaning);
        }
        let token = self.token.instead_of(&token, now).await?;
        Ok(answers::meaning(&request.send(pool, &token).await?, item.severity, now))
    }
}

#[async_trait]
impl Gateway for Apns {
    fn name(&self) -> &str {
        &self.name
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    async fn send(&self, now: DateTime<Utc>, item: &Outgoing) -> Outcome {
        let Content::Push { to, text } = &item.content else {
            return Outcome::Permanent { reason: "wrong_channel" };
        };
        if item.expires_at <= now {
            return Outcome::Permanent { reason: "expired" };
        }
        match self.deliver(now, item, to, text).await {
            Ok(outcome) | Err(Failure::Settled(outcome)) => outcome,
            Err(Failure::Lost(lost)) => lost.outcome(),
        }
    }
}

/// What ended a send before Apple's answer could.
enum Failure {
    Settled(Outcome),
    Lost(Lost),
}

impl Failure {
    const UNSENDABLE: Self = Self::Settled(Outcome::Permanent { reason: "unsendable" });
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        Self::Lost(lost)
    }
}

impl From<Rejected> for Failure {
    fn from(rejected: Rejected) -> Self {
        Self::Settled(match rejected {
            Rejected::Signing => Outcome::StopChannel { reason: "provider_token_unsigned" },
            Rejected::Storage => Outcome::Retry { after: None, reason: "provider_token_unavailable" },
            Rejected::TooOften(pause) => Outcome::PauseProvider { pause, reason: "expired_provider_token" },
        })
    }
}

struct Request {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    async fn send(&self, pool: &Http2, token: &IssuedToken) -> Result<Answer, Failure> {
        let mut headers = self.headers.clone();
        let bearer = value(&format!("bearer {}", token.token)).ok_or(Failure::UNSENDABLE)?;
        headers.insert(header::AUTHORIZATION, bearer);
        Ok(pool.post(&self.path, headers, self.body.clone()).await?)
    }
}

fn value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(text).ok()
}

/// Device tokens are bytes in hexadecimal. Anything else could reach another path at Apple.
fn is_device_token(text: &str) -> bool {
    text.len().is_multiple_of(2) && text.len() <= 400 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
