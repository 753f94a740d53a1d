//! Makes the words when a batch is sent, so that rows hold none.

use chrono::{DateTime, Utc};
use domain::{
    deliveries::{Channel, Content, Outcome, Outgoing, PushAddress, texts},
    text::PushToken,
};

use crate::db::{Batch, Due, SqlStore, StoredMessage};

/// Finds the words.
#[derive(Clone, Default)]
pub struct Composer {}

/// The words of one message.
pub(super) enum Composed {
    /// Made for each phone, in its language.
    Push,
}

impl Composer {
    /// Reads what the words of a message are made from, before anything is sent.
    pub(super) async fn prepare(&self, _store: &SqlStore, _batch: &Batch, _now: DateTime<Utc>) -> Composed {
        Composed::Push
    }
}

impl Composed {
    /// The message for one contact point, or what became of it without being sent.
    pub fn letter_for(
        &self,
        message: &StoredMessage,
        channel: Channel,
        due: &Due,
    ) -> Result<Outgoing, Outcome> {
        let content = match channel {
            Channel::Push => push(message, due),
            Channel::Email | Channel::Sms | Channel::Voice => Err("no_words_for_channel"),
        };
        Ok(Outgoing {
            message: message.id,
            contact_point: due.contact_point,
            municipality: message.municipality,
            slug: message.slug.clone(),
            severity: message.severity,
            kind: message.topic.kind().to_owned(),
            subject: message.topic.subject(),
            expires_at: message.expires_at,
            content: content.map_err(|reason| Outcome::Permanent { reason })?,
        })
    }
}

fn push(message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
    let text = texts::push(&message.topic, &message.town, due.locale).ok_or("no_words_for_channel")?;
    let token = PushToken::parse(due.address.as_str()).map_err(|_| "token_malformed")?;
    let platform = due.platform.ok_or("platform_missing")?;
    Ok(Content::Push { to: PushAddress { platform, token, environment: due.environment }, text })
}
