//! The words of a broadcast, made for each channel when it is sent.

use chrono::Timelike;
use domain::{Locale, broadcasts::Wording, deliveries::Content};

use super::compose::{Links, personal};
use crate::db::{Due, StoredMessage};

impl StoredMessage {
    /// What a broadcast says in that language; none for a message that is no broadcast.
    pub(super) fn words(&self, locale: Locale) -> Option<&Wording> {
        self.broadcast.as_ref().map(|broadcast| broadcast.draft.texts.in_locale(locale))
    }
}

impl Links {
    /// A broadcast as a letter, with the page where its reader says no to more of them.
    pub(super) fn broadcast(&self, message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
        let (Some(broadcast), Some(words)) = (&message.broadcast, message.words(due.locale)) else {
            return Err("unwritable");
        };
        let link = self.link(message, due)?;
        let mut text = format!("{}\n", words.body);
        for more in &broadcast.draft.links {
            text.push_str(&format!("\n{}: {}\n", more.label, more.url.as_str()));
        }
        let until = broadcast.draft.expires_at;
        let (until, why) = match due.locale {
            Locale::De => (
                format!("Gültig bis {} Uhr (UTC).", until.format("%d.%m.%Y %H:%M")),
                "Sie bekommen das, weil Sie es so gewählt haben. Ändern oder beenden:",
            ),
            Locale::En => (
                format!(
                    "Valid until {} {:02}:{:02} UTC.",
                    until.format("%-d %B %Y"),
                    until.hour(),
                    until.minute()
                ),
                "You get this because you chose to. Change or end it:",
            ),
        };
        text.push_str(&format!(
            "\n{until}\n\n{}, {}\n\n{why}\n{link}\n",
            broadcast.draft.sender, message.town
        ));
        personal(message, due, (words.title.to_string(), text), &link)
    }
}
