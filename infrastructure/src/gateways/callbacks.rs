//! The addresses providers come back to: under `http.public_url`, outside the document for apps.

use chrono::{DateTime, Utc};
use domain::deliveries::{Outgoing, Spoken};
use url::Url;

use crate::secrets::{CallScript, DeliveryName, Secrets};

/// Makes the addresses.
#[derive(Clone)]
pub struct Callbacks {
    /// `http.public_url`.
    pub public_url: Url,
    /// Signs and seals what stands in them.
    pub secrets: Secrets,
}

impl Callbacks {
    /// Where reports on a delivery go: `/callbacks/{provider}/reports/{token}`. None for one-time
    /// codes, on which nobody waits for a report.
    pub fn report(&self, provider: &str, item: &Outgoing) -> Option<String> {
        let token = DeliveryName::of(item)?.token(&self.secrets, item.expires_at).ok()?;
        Some(self.address(&format!("{provider}/reports/{token}")))
    }

    /// Where a call fetches what it says: `/callbacks/twilio/calls/{script}`. None where the words
    /// are too long for an address.
    pub fn script(&self, item: &Outgoing, spoken: &Spoken, now: DateTime<Utc>) -> Option<String> {
        let script = CallScript::of(item, spoken, now).seal(&self.secrets)?;
        Some(self.address(&format!("twilio/calls/{script}")))
    }

    fn address(&self, path: &str) -> String {
        format!("{}/callbacks/{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}
