//! Text messages and calls through Twilio's REST interface, which other providers speak as well.
//!
//! <https://www.twilio.com/docs/usage/api>

mod answers;
mod reports;
mod signature;
mod sms;
mod voice;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::deliveries::Outcome;
use http::{HeaderMap, HeaderValue, Method, header};
use url::{Url, form_urlencoded};

use super::{
    Limits, SetupError,
    callbacks::Callbacks,
    http1::{Http1, once_only},
};

pub use reports::{answered_report, call_report, message_report};
pub use signature::{HEADER as SIGNATURE_HEADER, is_signed, signature};
pub use sms::TwilioSms;
pub use voice::TwilioVoice;

/// Twilio's endpoint.
pub const PRODUCTION: &str = "https://api.twilio.com";

/// Settings of one account.
#[derive(Clone)]
pub struct TwilioConfig {
    /// Names the gateway in logs and metrics: `sms`, `voice`.
    pub name: String,
    /// The account, `AC…`.
    pub account_sid: String,
    /// Its token. Signs callbacks as well.
    pub auth_token: String,
    /// The number, letters or messaging service (`MG…`) that speaks.
    pub from: String,
    /// [`PRODUCTION`], a provider that speaks the same, or a simulator.
    pub base_url: Url,
    /// Trusted besides the system's certificate authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// How much at once.
    pub limits: Limits,
    /// Where reports go and calls get their words.
    pub callbacks: Callbacks,
}

/// An account that can be asked.
struct Account {
    config: TwilioConfig,
    address: http::Uri,
    authorization: HeaderValue,
    http: Http1,
}

impl Account {
    /// For one resource: `Messages` or `Calls`.
    fn new(config: TwilioConfig, resource: &str) -> Result<Self, SetupError> {
        let unusable = || SetupError::Gateway(config.base_url.to_string());
        if !matches!(config.base_url.scheme(), "http" | "https") || !config.base_url.has_host() {
            return Err(unusable());
        }
        let mut url = config.base_url.clone();
        url.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().extend([
            "2010-04-01",
            "Accounts",
            &config.account_sid,
            &format!("{resource}.json"),
        ]);
        let credentials = STANDARD.encode(format!("{}:{}", config.account_sid, config.auth_token));
        let mut authorization =
            HeaderValue::try_from(format!("Basic {credentials}")).map_err(|_| unusable())?;
        authorization.set_sensitive(true);
        Ok(Self {
            address: url.as_str().parse().map_err(|_| unusable())?,
            authorization,
            http: Http1::new(config.ca_pem.as_deref(), config.limits)?,
            config,
        })
    }

    async fn create(&self, now: DateTime<Utc>, fields: &[(&str, &str)]) -> Outcome {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        match self.http.ask(Method::POST, self.address.clone(), headers, Bytes::from(form)).await {
            Ok(answer) => answers::meaning(&answer, now),
            Err(lost) => once_only(lost),
        }
    }
}

#[cfg(test)]
mod tests;
