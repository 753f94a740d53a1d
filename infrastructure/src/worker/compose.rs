//! Makes the words when a batch is sent, so that rows hold none.

use chrono::{DateTime, Utc};
use domain::{
    deliveries::{
        Basis, Channel, Content, Keys, Mail, MailPart, Outcome, Outgoing, PushAddress, PushText, Spoken,
        Topic, basis, texts,
    },
    phone::Phone,
    text::{EmailAddress, PushToken},
};
use url::Url;

use super::desk_letter::NoLetter;

/// Why nothing is sent where a topic has no words for a channel.
const NO_WORDS: &str = "no_words_for_channel";

use crate::{
    db::{Batch, Due, SqlStore, StoredMessage},
    photos::PhotoStore,
    secrets::{LinkKind, PersonLink, Secrets},
};

/// Finds the words.
#[derive(Clone)]
pub struct Composer {
    /// Signs the links of desks and opens codes.
    pub secrets: Secrets,
    /// Where links lead: `http.public_url`.
    pub public_url: Url,
    /// The staff's web application, where there is one.
    pub staff_url: Option<Url>,
    /// Where pictures are; letters go without them where absent.
    pub photos: Option<PhotoStore>,
}

/// The words of one message.
pub(super) enum Composed {
    /// Made for each phone, in its language.
    Push,
    /// Made for each number, in its language.
    Sms,
    /// The same, read aloud.
    Call,
    /// One letter for every mailbox.
    Letter(Box<Letter>),
    /// Made for each mailbox, in its language.
    Personal(Box<Links>),
    /// None, and what that means for its deliveries.
    Nothing(Outcome),
}

/// A letter without its address.
pub(super) struct Letter {
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub parts: Vec<MailPart>,
}

impl Composer {
    /// Reads what the words of a message are made from, before anything is sent.
    pub(super) async fn prepare(
        &self,
        store: &SqlStore,
        channel: Channel,
        batch: &Batch,
        now: DateTime<Utc>,
    ) -> Composed {
        match channel {
            Channel::Push => Composed::Push,
            Channel::Email if !batch.message.topic.is_for_desks() => {
                Composed::Personal(Box::new(self.links()))
            }
            Channel::Email => match self.desk_letter(store, &batch.message, now).await {
                Ok(letter) => Composed::Letter(Box::new(letter)),
                Err(NoLetter::Gone) => Composed::Nothing(Outcome::Permanent { reason: "subject_gone" }),
                Err(NoLetter::Unwritable) => Composed::Nothing(Outcome::Permanent { reason: "unwritable" }),
                Err(NoLetter::Store(error)) => {
                    tracing::warn!(%error, message = %batch.message.id, "a letter could not be written");
                    Composed::Nothing(Outcome::Retry { after: None, reason: "words_unavailable" })
                }
            },
            Channel::Sms => Composed::Sms,
            Channel::Voice => Composed::Call,
        }
    }
}

impl Composed {
    /// The message for one contact point, or what became of it without being sent.
    pub fn outgoing(&self, message: &StoredMessage, due: &Due) -> Result<Outgoing, Outcome> {
        let content = match self {
            Self::Push => push(message, due),
            Self::Personal(links) if message.broadcast.is_some() => links.broadcast(message, due),
            Self::Sms => sms(message, due),
            Self::Call => call(message, due),
            Self::Letter(letter) => letter.to(message, due),
            Self::Personal(links) => links.letter(message, due),
            Self::Nothing(outcome) => return Err(outcome.clone()),
        };
        Ok(Outgoing {
            message: message.id,
            contact_point: due.contact_point,
            generation: due.generation,
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

impl Letter {
    fn to(&self, message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
        Ok(Content::Mail(Box::new(Mail {
            to: EmailAddress::parse(&due.address).map_err(|_| "address_unusable")?,
            from_name: message.town.clone(),
            reply_to: None,
            subject: self.subject.clone(),
            text: self.text.clone(),
            html: self.html.clone(),
            parts: self.parts.clone(),
            headers: Vec::new(),
        })))
    }
}

/// Makes the links of letters to people.
pub(super) struct Links {
    pub(super) secrets: Secrets,
    pub(super) public_url: Url,
}

impl Composer {
    fn links(&self) -> Links {
        Links { secrets: self.secrets.clone(), public_url: self.public_url.clone() }
    }
}

impl Links {
    fn letter(&self, message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
        let link = self.link(message, due)?;
        let words = texts::letter(&message.topic, &message.town, due.locale, link.as_str());
        personal(message, due, words.ok_or(NO_WORDS)?, &link)
    }

    /// The page of the reader's own where they change what they get.
    pub(super) fn link(&self, message: &StoredMessage, due: &Due) -> Result<Url, &'static str> {
        const UNWRITABLE: &str = "unwritable";
        let person = due.person.ok_or(UNWRITABLE)?;
        let name = PersonLink { municipality: message.municipality, person, contact: due.contact_point };
        let token = name.token(&self.secrets, (kind(message), message.expires_at)).map_err(|_| UNWRITABLE)?;
        self.public_url.join(&token).map_err(|_| UNWRITABLE)
    }
}

/// A letter to one person.
pub(super) fn personal(
    message: &StoredMessage,
    due: &Due,
    (subject, text): (String, String),
    link: &Url,
) -> Result<Content, &'static str> {
    // Mail programs show their own button for these, which has to work at once (RFC 8058).
    let headers = match basis(message.severity, &message.topic) {
        Basis::Consent => vec![
            ("List-Unsubscribe".to_owned(), format!("<{link}>")),
            ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
        ],
        Basis::Work | Basis::Question | Basis::OwnMatter => Vec::new(),
    };
    Ok(Content::Mail(Box::new(Mail {
        to: EmailAddress::parse(&due.address).map_err(|_| "address_unusable")?,
        from_name: message.town.clone(),
        reply_to: None,
        subject,
        text,
        html: None,
        parts: Vec::new(),
        headers,
    })))
}

fn kind(message: &StoredMessage) -> LinkKind {
    match message.topic {
        Topic::WardWelcome { .. } => LinkKind::Ward,
        _ => LinkKind::Unsubscribe,
    }
}

fn sms(message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
    let text = match message.words(due.locale) {
        Some(words) => words.text_message(&message.town, message.severity, due.locale),
        None => texts::line(&message.topic, &message.town, due.locale).ok_or(NO_WORDS)?,
    };
    let to = Phone::stored(due.address.as_str()).map_err(|_| "address_unusable")?;
    Ok(Content::Sms { to, text })
}

fn call(message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
    let text = match message.words(due.locale) {
        Some(words) => words.spoken(&message.town, due.locale),
        None => texts::spoken(&message.topic, &message.town, due.locale).ok_or(NO_WORDS)?,
    };
    let to = Phone::stored(due.address.as_str()).map_err(|_| "address_unusable")?;
    Ok(Content::Call(Box::new(Spoken { to, locale: due.locale, text, keys: keys(&message.topic) })))
}

fn keys(topic: &Topic) -> Keys {
    match topic {
        Topic::WardWelcome { asked: true, .. } => Keys::Agree,
        _ => Keys::Heard,
    }
}

fn push(message: &StoredMessage, due: &Due) -> Result<Content, &'static str> {
    // A broadcast is public: its first line may pass through other people's hands.
    let text = match message.words(due.locale) {
        Some(words) if matches!(message.topic, Topic::BroadcastTest { .. }) => {
            PushText { title: format!("Test: {}", message.town), body: words.title.to_string() }
        }
        Some(words) => PushText { title: message.town.clone(), body: words.title.to_string() },
        None => texts::push(&message.topic, &message.town, due.locale).ok_or(NO_WORDS)?,
    };
    let token = PushToken::parse(due.address.as_str()).map_err(|_| "token_malformed")?;
    let platform = due.platform.ok_or("platform_missing")?;
    Ok(Content::Push { to: PushAddress { platform, token, environment: due.environment }, text })
}
