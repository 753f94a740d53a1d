//! What an iPhone is given.
//!
//! Keys: <https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification>

use bytes::Bytes;
use domain::deliveries::{Outgoing, PushText, Severity};
use serde::Serialize;

use crate::gateways::push::Data;

/// Apple takes no more than this.
pub(super) const LONGEST: usize = 4096;

#[derive(Serialize)]
pub(super) struct Payload<'a> {
    aps: Aps<'a>,
    data: Data,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Aps<'a> {
    alert: Alert<'a>,
    sound: Sound,
    interruption_level: &'static str,
}

#[derive(Serialize)]
struct Alert<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Sound {
    Named(&'static str),
    Critical { critical: u8, name: &'static str, volume: f32 },
}

impl<'a> Payload<'a> {
    pub fn new(item: &Outgoing, text: &'a PushText, critical_alerts: bool) -> Self {
        let (interruption_level, sound) = match item.severity {
            Severity::Notice | Severity::Information => ("active", Sound::Named("default")),
            Severity::Crisis if critical_alerts => {
                ("critical", Sound::Critical { critical: 1, name: "default", volume: 1.0 })
            }
            Severity::Important | Severity::Crisis => ("time-sensitive", Sound::Named("default")),
        };
        Self {
            aps: Aps { alert: Alert { title: &text.title, body: &text.body }, sound, interruption_level },
            data: Data::new(item),
        }
    }

    /// The body, none where it is too long for Apple.
    pub fn to_bytes(&self) -> Option<Bytes> {
        let body = serde_json::to_vec(self).ok()?;
        (body.len() <= LONGEST).then(|| body.into())
    }
}
