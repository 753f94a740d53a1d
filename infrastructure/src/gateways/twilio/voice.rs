//! Calls: `POST /2010-04-01/Accounts/{sid}/Calls.json`. What they say is fetched from us when somebody
//! answers.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::deliveries::{Channel, Content, Gateway, Outcome, Outgoing};

use super::{Account, SetupError, TwilioConfig};

/// How long it rings, in seconds: an answering machine at home takes over after about 20.
const RINGS_FOR: &str = "40";

/// The gateway.
pub struct TwilioVoice(Account);

impl TwilioVoice {
    /// Nobody is called yet.
    pub fn new(config: TwilioConfig) -> Result<Self, SetupError> {
        Account::new(config, "Calls").map(Self)
    }
}

#[async_trait]
impl Gateway for TwilioVoice {
    fn name(&self) -> &str {
        &self.0.config.name
    }

    fn channel(&self) -> Channel {
        Channel::Voice
    }

    fn concurrency(&self) -> usize {
        self.0.config.limits.in_flight
    }

    async fn send(&self, now: DateTime<Utc>, item: &Outgoing) -> Outcome {
        let Content::Call(spoken) = &item.content else {
            return Outcome::Permanent { reason: "wrong_channel" };
        };
        if item.expires_at <= now {
            return Outcome::Permanent { reason: "expired" };
        }
        let config = &self.0.config;
        let Some(script) = config.callbacks.script(item, spoken, now) else {
            return Outcome::Permanent { reason: "text_too_long" };
        };
        let mut fields = vec![
            ("To", spoken.to.as_str()),
            ("From", config.from.as_str()),
            ("Url", script.as_str()),
            ("Method", "POST"),
            ("Timeout", RINGS_FOR),
            // Tells who answers, and of a machine only when it records: then it gets the whole message.
            ("MachineDetection", "DetectMessageEnd"),
        ];
        let report = config.callbacks.report("twilio", item);
        if let Some(report) = &report {
            fields.extend([
                ("StatusCallback", report.as_str()),
                ("StatusCallbackMethod", "POST"),
                ("StatusCallbackEvent", "answered"),
                ("StatusCallbackEvent", "completed"),
            ]);
        }
        self.0.create(now, &fields).await
    }
}
