//! Text messages: `POST /2010-04-01/Accounts/{sid}/Messages.json`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    deliveries::{Channel, Content, Gateway, Outcome, Outgoing},
    sms::Sms,
};

use super::{Account, SetupError, TwilioConfig};

/// Longest time the provider tries, in seconds.
const LONGEST_VALIDITY: i64 = 36_000;

/// The gateway.
pub struct TwilioSms(Account);

impl TwilioSms {
    /// Nothing is sent yet.
    pub fn new(config: TwilioConfig) -> Result<Self, SetupError> {
        Account::new(config, "Messages").map(Self)
    }
}

#[async_trait]
impl Gateway for TwilioSms {
    fn name(&self) -> &str {
        &self.0.config.name
    }

    fn channel(&self) -> Channel {
        Channel::Sms
    }

    fn concurrency(&self) -> usize {
        self.0.config.limits.in_flight
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
        let config = &self.0.config;
        let sender = if config.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let validity = (item.expires_at - now).num_seconds().clamp(1, LONGEST_VALIDITY).to_string();
        let mut fields = vec![
            ("To", to.as_str()),
            (sender, config.from.as_str()),
            ("Body", sms.text()),
            ("ValidityPeriod", validity.as_str()),
        ];
        let report = config.callbacks.report("twilio", item);
        if let Some(report) = &report {
            fields.push(("StatusCallback", report));
        }
        self.0.create(now, &fields).await
    }
}
