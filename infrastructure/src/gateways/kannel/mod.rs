//! Text messages through Kannel's `sendsms` interface, which other gateways speak as well.
//!
//! <https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html>, chapter 6.3 and 6.4

mod answers;
mod reports;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    deliveries::{Channel, Content, Gateway, Outcome, Outgoing, Severity},
    phone::Phone,
    sms::{Encoding, Sms},
};
use http::{HeaderMap, Method};
use url::Url;

use super::{
    Limits, SetupError,
    callbacks::Callbacks,
    http1::{Http1, once_only},
};

pub use reports::report;

/// Reports wanted: arrived (1), did not (2), waits in the network (4), taken by the network (8),
/// refused by it (16).
const REPORTS: &str = "31";
/// Longest time a network is asked to try, in minutes.
const LONGEST_VALIDITY: i64 = 7 * 24 * 60;

/// Settings of one gateway.
#[derive(Clone)]
pub struct KannelConfig {
    /// Names the gateway in logs and metrics: `sms`.
    pub name: String,
    /// The whole address, such as `http://127.0.0.1:13013/cgi-bin/sendsms`.
    pub url: Url,
    /// The user of its `sendsms-user` group.
    pub user: String,
    /// The password.
    pub password: String,
    /// The sender that phones show: a number, or up to 11 letters.
    pub from: String,
    /// Trusted besides the system's certificate authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// How much at once.
    pub limits: Limits,
    /// Where reports go.
    pub callbacks: Callbacks,
}

/// The gateway.
pub struct Kannel {
    config: KannelConfig,
    http: Http1,
}

impl Kannel {
    /// Nothing is sent yet.
    pub fn new(config: KannelConfig) -> Result<Self, SetupError> {
        if !matches!(config.url.scheme(), "http" | "https") || !config.url.has_host() {
            return Err(SetupError::Gateway(config.url.to_string()));
        }
        Ok(Self { http: Http1::new(config.ca_pem.as_deref(), config.limits)?, config })
    }

    fn address(&self, now: DateTime<Utc>, item: &Outgoing, to: &Phone, sms: &Sms) -> Option<http::Uri> {
        let mut url = self.config.url.clone();
        let validity = (item.expires_at - now).num_minutes().clamp(1, LONGEST_VALIDITY).to_string();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("username", &self.config.user)
                .append_pair("password", &self.config.password)
                .append_pair("from", &self.config.from)
                .append_pair("to", to.as_str())
                .append_pair("charset", "UTF-8")
                .append_pair(
                    "coding",
                    match sms.length().encoding {
                        Encoding::Gsm7 => "0",
                        Encoding::Ucs2 => "2",
                    },
                )
                .append_pair("text", sms.text())
                .append_pair("validity", &validity)
                .append_pair("priority", if item.severity == Severity::Crisis { "3" } else { "1" });
            if let Some(report) = self.config.callbacks.report("kannel", item) {
                query.append_pair("dlr-mask", REPORTS).append_pair("dlr-url", &format!("{report}?status=%d"));
            }
        }
        url.as_str().parse().ok()
    }
}

#[async_trait]
impl Gateway for Kannel {
    fn name(&self) -> &str {
        &self.config.name
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn concurrency(&self) -> usize {
        self.config.limits.in_flight
    }

    async fn send(&self, now: DateTime<Utc>, item: &Outgoing) -> Outcome {
        let Content::Sms { to, text } = &item.content else {
            return Outcome::Permanent { reason: "wrong_channel" };
        };
        if item.expires_at <= now {
            return Outcome::Permanent { reason: "expired" };
        }
        let sms = Sms::new(text);
        if !sms.fits() {
            return Outcome::Permanent { reason: "text_too_long" };
        }
        let Some(address) = self.address(now, item, to, &sms) else {
            return Outcome::Permanent { reason: "unsendable" };
        };
        match self.http.ask(Method::GET, address, HeaderMap::new(), Bytes::new()).await {
            Ok(answer) => answers::meaning(&answer, now),
            Err(lost) => once_only(lost),
        }
    }
}

#[cfg(test)]
mod tests;
