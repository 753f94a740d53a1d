//! The words of a broadcast, made for each channel when it is sent.

use domain::{
    Locale,
    broadcasts::{Attachments, Draft, Wording},
    content::{FileKind, Language, in_language},
    deliveries::Content,
    ids::ContentFileId,
};

use url::Url;

use super::compose::{Letter, Links, personal};
use crate::{
    db::{Due, StoredMessage},
    secrets::AcknowledgementLink,
};

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
        text.push_str(&self.more(message, &broadcast.draft, due.locale)?);
        let until = broadcast.draft.expires_at.with_timezone(&message.zone);
        let (until, known, why) = match due.locale {
            Locale::De => (
                format!("Gültig bis {} Uhr.", until.format("%d.%m.%Y %H:%M")),
                "Bitte bestätigen Sie, dass Sie das gelesen haben:",
                "Sie bekommen das, weil Sie es so gewählt haben. Ändern oder beenden:",
            ),
            Locale::En => (
                format!("Valid until {} ({}).", until.format("%-d %B %Y %H:%M"), until.format("%Z")),
                "Please acknowledge that you have read this:",
                "You get this because you chose to. Change or end it:",
            ),
        };
        if !message.severity.is_routine() {
            text.push_str(&format!("\n{known}\n{}\n", self.acknowledgement(message, due)?));
        }
        text.push_str(&format!(
            "\n{until}\n\n{}, {}\n\n{why}\n{link}\n",
            broadcast.draft.sender, message.town
        ));
        personal(message, due, (words.title.to_string(), text), &link)
    }

    /// Where its reader finds more: pages elsewhere, pictures and documents.
    fn more(&self, message: &StoredMessage, draft: &Draft, locale: Locale) -> Result<String, &'static str> {
        let mut more = links_of(draft);
        for (kind, id, label) in named(&draft.attachments, locale) {
            let path = kind.path(&message.slug, id);
            let url = self.public_url.join(path.trim_start_matches('/')).map_err(|_| "unwritable")?;
            more.push_str(&format!("\n{label}: {url}\n"));
        }
        Ok(more)
    }

    /// The page where its reader says that they know.
    fn acknowledgement(&self, message: &StoredMessage, due: &Due) -> Result<Url, &'static str> {
        const UNWRITABLE: &str = "unwritable";
        let link = AcknowledgementLink {
            municipality: message.municipality,
            message: message.id,
            contact: due.contact_point,
        };
        let path = link.token(&self.secrets, message.expires_at).map_err(|_| UNWRITABLE)?;
        self.public_url.join(&path).map_err(|_| UNWRITABLE)
    }
}

/// Pages elsewhere.
fn links_of(draft: &Draft) -> String {
    draft.links.iter().map(|more| format!("\n{}: {}\n", more.label, more.url.as_str())).collect()
}

/// Pictures and documents with what they are called in that language.
fn named(attachments: &Attachments, locale: Locale) -> Vec<(FileKind, ContentFileId, String)> {
    let pictures = attachments.pictures.iter().filter_map(|picture| {
        let shows = in_language(&picture.alternatives, &Language::from(locale))?;
        Some((FileKind::Picture, picture.id, shows.text.to_string()))
    });
    let documents = attachments.documents.iter();
    let documents = documents.map(|one| (FileKind::Document, one.id, one.label.to_string()));
    pictures.chain(documents).collect()
}

/// A draft as a letter to those who want to see it before anybody else does.
pub(super) fn test_letter(message: &StoredMessage, locale: Locale) -> Option<Letter> {
    let broadcast = message.broadcast.as_ref()?;
    let words = broadcast.draft.texts.in_locale(locale);
    let (mark, note) = match locale {
        Locale::De => ("Test", "Das ist ein Test. Nur Beschäftigte bekommen ihn."),
        Locale::En => ("Test", "This is a test. Only staff get it."),
    };
    let mut text = format!("{note}\n\n{}\n", words.body);
    text.push_str(&links_of(&broadcast.draft));
    // Nobody can open them before it is sent.
    for (_, _, label) in named(&broadcast.draft.attachments, locale) {
        text.push_str(&format!("\n{label}\n"));
    }
    if let Some(short) = &words.short {
        text.push_str(&format!("\nSMS: {short}\n"));
    }
    text.push_str(&format!("\n{}, {}\n", broadcast.draft.sender, message.town));
    Some(Letter { subject: format!("[{mark}] {}", words.title), text, html: None, parts: Vec::new() })
}
