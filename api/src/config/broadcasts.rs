//! Settings of broadcasts.

use serde::{Deserialize, Serialize};

/// Broadcasts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Broadcasts {
    /// A broadcast to more people than this is approved only with their number confirmed.
    pub usual_people: u64,
    /// Seconds until a crisis that nobody acknowledged by the app goes on by text message.
    pub push_wait_seconds: u32,
    /// Seconds until one that nobody acknowledged by text message goes on by a call.
    pub sms_wait_seconds: u32,
    /// Seconds after each call until the next one, and then until a representative is told.
    pub voice_wait_seconds: u32,
}

impl Default for Broadcasts {
    fn default() -> Self {
        Self { usual_people: 1_000, push_wait_seconds: 120, sms_wait_seconds: 300, voice_wait_seconds: 300 }
    }
}
