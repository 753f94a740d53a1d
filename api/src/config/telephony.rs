//! Text messages and calls.

use std::path::PathBuf;

use domain::deliveries::budget::Budget;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{DialCodes, Secret, values};

/// Text messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sms {
    /// Kannel, or a gateway that speaks its `sendsms`. Goes before Twilio.
    pub kannel: Option<Kannel>,
    /// Twilio, or a provider that speaks its interface.
    pub twilio: Option<Twilio>,
    /// Countries whose numbers get one-time codes, by text message or call.
    pub dial_codes: DialCodes,
    /// One-time codes by text message and call in a day; then no more are sent.
    pub codes_per_day: u32,
    /// Text messages and calls that one municipality sends in a day, warnings apart; then no more are sent.
    pub messages_per_day: u32,
    /// The same for warnings, which never wait behind anything else.
    pub crisis_per_day: u32,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

impl Default for Sms {
    fn default() -> Self {
        Self {
            kannel: None,
            twilio: None,
            dial_codes: DialCodes::default(),
            codes_per_day: 500,
            messages_per_day: 10_000,
            crisis_per_day: 100_000,
            ca_file: None,
        }
    }
}

impl Sms {
    /// Whether text messages can be sent.
    pub fn is_offered(&self) -> bool {
        self.kannel.is_some() || self.twilio.is_some()
    }

    /// What one municipality may send in a day.
    pub fn budget(&self) -> Budget {
        Budget { routine: self.messages_per_day.into(), crisis: self.crisis_per_day.into() }
    }
}

/// A gateway in one's own house.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kannel {
    /// The whole address of `sendsms`.
    pub url: Url,
    /// Its user.
    pub user: String,
    /// The user's password.
    pub password: Secret,
    /// The sender that phones show: a number, or up to 11 letters.
    pub from: String,
    /// What the gateway names in the address by which it hands on text messages that came in; without one
    /// none are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_key: Option<Secret>,
}

/// An account at a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twilio {
    /// The account, `AC…`.
    pub account_sid: String,
    /// Its token. The provider signs with it what it sends to us.
    pub auth_token: Secret,
    /// The number, letters or messaging service (`MG…`) that speaks.
    pub from: String,
    /// Where to send. Only simulators and other providers need another one.
    #[serde(default = "values::twilio_url")]
    pub base_url: Url,
}

/// Calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Voice {
    /// Twilio, or a provider that speaks its interface.
    pub twilio: Option<Twilio>,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}
