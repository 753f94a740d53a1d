//! A gateway for installations without credentials: it says that something would be sent.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::deliveries::{Channel, Gateway, Outcome, Outgoing};

/// Writes ids to the log in place of sending.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    channel: Channel,
}

impl Log {
    /// Stands in for `channel`.
    pub fn new(channel: Channel) -> Self {
        Self { channel }
    }
}

#[async_trait]
impl Gateway for Log {
    fn name(&self) -> &str {
        "log"
    }

    fn channel(&self) -> Channel {
        self.channel
    }

    fn concurrency(&self) -> usize {
        100
    }

    async fn send(&self, _now: DateTime<Utc>, item: &Outgoing) -> Outcome {
        tracing::info!(
            channel = %self.channel,
            message = %item.message,
            contact_point = %item.contact_point,
            municipality = %item.municipality,
            severity = %item.severity,
            "not sent: no provider is configured for this channel"
        );
        Outcome::Sent { provider_id: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::tests::{noon, push};
    use domain::deliveries::Platform;

    #[tokio::test]
    async fn counts_as_sent() {
        let outcome = Log::new(Channel::Push).send(noon(), &push(Platform::Ios, "aabbccdd")).await;
        assert_eq!(outcome, Outcome::Sent { provider_id: None });
    }
}
