//! What an Android phone is given.
//!
//! Fields: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages>

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::deliveries::{Outgoing, PushAddress, PushText, Severity};
use serde::Serialize;

use crate::gateways::push::Data;

/// Google keeps a message no longer than four weeks.
const LONGEST_LIFE: i64 = 2_419_200;
/// Google takes no more payload than this; the token and the names of the fields do not count.
const LONGEST_PAYLOAD: usize = 4096;

#[derive(Serialize)]
pub(super) struct Envelope<'a> {
    message: Message<'a>,
}

// No `collapse_key`: Google keeps four per phone and drops the rest, so a phone that was off would
// miss messages. `tag` replaces what is shown already, which is all a second copy may do.
#[derive(Serialize)]
struct Message<'a> {
    token: &'a str,
    notification: Notification<'a>,
    data: Data,
    android: Android,
}

#[derive(Serialize)]
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Serialize)]
struct Android {
    priority: &'static str,
    ttl: String,
    notification: AndroidNotification,
}

#[derive(Serialize)]
struct AndroidNotification {
    tag: String,
    /// The app makes one notification channel per severity, with the severity's name.
    channel_id: &'static str,
}

impl<'a> Envelope<'a> {
    pub fn new(item: &Outgoing, to: &'a PushAddress, text: &'a PushText, now: DateTime<Utc>) -> Self {
        let life = item.expires_at.signed_duration_since(now).num_seconds();
        Self {
            message: Message {
                token: to.token.as_str(),
                notification: Notification { title: &text.title, body: &text.body },
                data: Data::new(item),
                android: Android {
                    priority: match item.severity {
                        Severity::Information => "NORMAL",
                        Severity::Important | Severity::Crisis | Severity::Notice => "HIGH",
                    },
                    ttl: format!("{}s", life.clamp(0, LONGEST_LIFE)),
                    notification: AndroidNotification {
                        tag: item.collapse_id(),
                        channel_id: item.severity.into(),
                    },
                },
            },
        }
    }

    /// The body, none where it is too long for Google.
    pub fn to_bytes(&self) -> Option<Bytes> {
        let payload = serde_json::to_vec(&(&self.message.notification, &self.message.data)).ok()?;
        let body = serde_json::to_vec(self).ok()?;
        (payload.len() <= LONGEST_PAYLOAD).then(|| body.into())
    }
}
