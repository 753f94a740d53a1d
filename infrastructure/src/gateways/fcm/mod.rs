//! Firebase Cloud Messaging, HTTP v1.
//!
//! Request: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>

mod access;
mod answers;
mod message;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::deliveries::{Channel, Content, Gateway, Outcome, Outgoing, PushAddress, PushText};
use http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::{
    Limits, SetupError,
    http2::{Answer, Http2},
};
use access::{Access, ServiceAccount};
use answers::Meaning;
use message::Envelope;

/// Google's endpoint.
pub const PRODUCTION: &str = "https://fcm.googleapis.com";

/// Settings of one Firebase project.
#[derive(Clone)]
pub struct FcmConfig {
    /// Names the gateway in logs and metrics: `fcm`, or `fcm:` and the app.
    pub name: String,
    /// The service account's JSON file. Its `token_uri` names the OAuth endpoint.
    pub service_account: Vec<u8>,
    /// [`PRODUCTION`], or a simulator.
    pub base_url: Url,
    /// Trusted besides the system's certificate authorities, for both endpoints.
    pub ca_pem: Option<Vec<u8>>,
    /// How much at once.
    pub limits: Limits,
}

/// The gateway to one app's Android phones.
pub struct Fcm {
    name: String,
    path: String,
    pool: Http2,
    access: Access,
    concurrency: usize,
}

impl Fcm {
    /// Nothing is sent or fetched yet.
    pub fn new(config: FcmConfig) -> Result<Self, SetupError> {
        let ca = config.ca_pem.as_deref();
        let account = ServiceAccount::parse(&config.service_account)?;
        Ok(Self {
            path: format!("/v1/projects/{}/messages:send", account.project_id),
            pool: Http2::new(&config.base_url, ca, config.limits)?,
            access: Access::new(account, ca, config.limits.timeout)?,
            concurrency: config.limits.connections.saturating_mul(config.limits.in_flight),
            name: config.name,
        })
    }

    async fn deliver(
        &self,
        now: DateTime<Utc>,
        item: &Outgoing,
        to: &PushAddress,
        text: &PushText,
    ) -> Result<Outcome, Outcome> {
        let body = Envelope::new(item, to, text, now)
            .to_bytes()
            .ok_or(Outcome::Permanent { reason: "unsendable" })?;
        let token = self.access.token(now).await?;
        match answers::meaning(&self.ask(&token, &body).await?, now) {
            Meaning::Settled(outcome) => Ok(outcome),
            Meaning::AccessExpired => {
                let token = self.access.instead_of(&token, now).await?;
                Ok(match answers::meaning(&self.ask(&token, &body).await?, now) {
                    Meaning::Settled(outcome) => outcome,
                    Meaning::AccessExpired => Outcome::StopChannel { reason: "unauthenticated" },
                })
            }
        }
    }

    async fn ask(&self, token: &str, body: &Bytes) -> Result<Answer, Outcome> {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(
            header::AUTHORIZATION,
            HeaderValue::try_from(format!("Bearer {token}"))
                .map_err(|_| Outcome::StopChannel { reason: "access_token_unusable" })?,
        );
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.pool.post(&self.path, headers, body.clone()).await.map_err(|lost| lost.outcome())
    }
}

#[async_trait]
impl Gateway for Fcm {
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
            Ok(outcome) | Err(outcome) => outcome,
        }
    }
}

#[cfg(test)]
mod tests;
