//! The port to providers: what is handed to them and what their answers mean.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Channel, Platform, PushEnvironment, Severity};
use crate::{
    Code,
    context::Locale,
    ids::{ContactPointId, MessageId, MunicipalityId},
    phone::Phone,
    text::{EmailAddress, PushToken, Slug},
};

/// An adapter to one provider with one set of credentials.
///
/// `send` may be called many times at once on one gateway, up to [`Gateway::concurrency`]; calls
/// share the provider's connections. It ends within a time the adapter bounds (shorter than a
/// worker's lease), and never panics or fails: every end is an [`Outcome`].
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Names provider and credentials in logs, metrics and pauses: `apns`, `fcm`, `email`, `log`;
    /// with the app appended where an installation has several, `apns:bad-dueben`.
    fn name(&self) -> &str;

    /// The channel it serves.
    fn channel(&self) -> Channel;

    /// How many sends in flight make it fastest; more only wait.
    fn concurrency(&self) -> usize;

    /// One attempt. Attempts of one delivery carry the same ids to the provider, byte for byte.
    async fn send(&self, now: DateTime<Utc>, item: &Outgoing) -> Outcome;
}

/// One delivery, ready for its provider.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The message. With the contact point it names the delivery.
    pub message: MessageId,
    /// The contact point.
    pub contact_point: ContactPointId,
    /// How often the delivery was made due again after it had left: reports on it name it.
    pub generation: u32,
    /// The town hall that speaks.
    pub municipality: MunicipalityId,
    /// Its slug, which apps know it by.
    pub slug: Slug,
    /// How urgent.
    pub severity: Severity,
    /// What it is about, for the app's deep link: a stable word such as `complaint_status`.
    pub kind: String,
    /// The thing it is about, where there is one: the complaint, the broadcast.
    pub subject: Option<Uuid>,
    /// After this it is worthless and the provider throws it away.
    pub expires_at: DateTime<Utc>,
    /// Address and words.
    pub content: Content,
}

impl Outgoing {
    /// What makes a second copy replace the first on a phone: `apns-collapse-id` and Android's
    /// `tag`. The message's id, so different messages never replace each other. 36 bytes.
    pub fn collapse_id(&self) -> String {
        self.message.to_string()
    }
}

/// Address and words, by channel.
#[derive(Clone, Debug)]
pub enum Content {
    /// To an app.
    Push {
        /// Which app.
        to: PushAddress,
        /// What it shows.
        text: PushText,
    },
    /// To a mailbox.
    Mail(Box<Mail>),
    /// To a mobile phone, as text.
    Sms {
        /// The number.
        to: Phone,
        /// The words. A gateway makes them plain and refuses what is too long; nothing is cut.
        text: String,
    },
    /// To a telephone, spoken.
    Call(Box<Spoken>),
}

/// What a call says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The number.
    pub to: Phone,
    /// The language it is read in.
    pub locale: Locale,
    /// The words.
    pub text: String,
    /// What keys do besides repeating with 2.
    pub keys: Keys,
}

/// What keys do during a call, besides 2, which repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// Nothing.
    Nothing,
    /// 1 says that it was heard, 9 that no more calls are wanted.
    Heard,
    /// 1 agrees, 9 refuses.
    Agree,
}

/// Seconds between what a call says and its menu.
pub const PAUSE: u32 = 1;
/// Seconds for which a call waits for a key after its menu, before it says everything once more.
pub const WAITS: u32 = 6;

impl Keys {
    /// What a call says about them.
    pub fn menu(self, locale: Locale) -> &'static str {
        match (locale, self) {
            (Locale::De, Self::Agree) => {
                "Drücken Sie die 1, wenn Sie das möchten, die 2 zum Wiederholen, oder die 9, wenn Sie keine \
                 Anrufe möchten."
            }
            (Locale::En, Self::Agree) => {
                "Press 1 if you want that, 2 to repeat, or 9 if you do not want calls."
            }
            (Locale::De, Self::Heard) => {
                "Drücken Sie die 1, wenn Sie die Nachricht gehört haben, die 2 zum Wiederholen, \
                 oder die 9, wenn Sie nicht mehr angerufen werden möchten."
            }
            (Locale::En, Self::Heard) => {
                "Press 1 if you have heard the message, 2 to repeat it, or 9 if you do not want to be \
                 called any more."
            }
            (Locale::De, Self::Nothing) => "Drücken Sie die 2 zum Wiederholen.",
            (Locale::En, Self::Nothing) => "Press 2 to repeat.",
        }
    }
}

/// An app on a phone.
#[derive(Clone, Debug)]
pub struct PushAddress {
    /// Which provider reaches it.
    pub platform: Platform,
    /// Its name at the provider. A secret: never logged.
    pub token: PushToken,
    /// Which of Apple's services knows the token; not known where absent.
    pub environment: Option<PushEnvironment>,
}

impl PushAddress {
    /// Checks what the provider prescribes for a token: Apple's is written in hexadecimal digits and of no
    /// fixed length (Apple, "Registering your app with APNs"), Google's is opaque.
    ///
    /// # Errors
    /// [`Code::DeviceTokenInvalid`].
    pub fn new(
        platform: Platform,
        token: PushToken,
        environment: Option<PushEnvironment>,
    ) -> Result<Self, Code> {
        if platform == Platform::Ios && !token.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Code::DeviceTokenInvalid);
        }
        Ok(Self { platform, token, environment })
    }
}

/// What a phone shows before the app is opened. It passes through Google's and Apple's hands:
/// generic words in the device's language, no name, no address, nothing a citizen wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushText {
    /// The first line.
    pub title: String,
    /// The second.
    pub body: String,
}

/// A letter. The sender's address is the gateway's own.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who gets it.
    pub to: EmailAddress,
    /// Whom it seems to come from, such as the town hall's name.
    pub from_name: String,
    /// Where answers go; to the sender's address where absent.
    pub reply_to: Option<EmailAddress>,
    /// One line.
    pub subject: String,
    /// The words as plain text, always.
    pub text: String,
    /// The same words as HTML.
    pub html: Option<String>,
    /// Pictures shown in the HTML, and attachments.
    pub parts: Vec<MailPart>,
    /// Further headers, such as `List-Unsubscribe`.
    pub headers: Vec<(String, String)>,
}

/// A file in a letter.
#[derive(Clone, Debug)]
pub struct MailPart {
    /// File name.
    pub name: String,
    /// Media type, such as `image/jpeg`.
    pub content_type: String,
    /// Shown where the HTML names `cid:` and this; an attachment where absent.
    pub content_id: Option<String>,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What came of one attempt.
///
/// A `reason` is a short stable word for reports, metrics and the operator. It is one of the
/// adapter's own words, never text from a provider, so it cannot carry personal data.
#[derive(Clone, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The provider took it, which proves nothing about the person.
    Sent {
        /// The provider's name for it, where it gives one.
        provider_id: Option<String>,
    },
    /// Not this time. Where the channel knows copies by their ids (push), the provider may have
    /// taken it all the same.
    Retry {
        /// Not earlier than this from now, where the provider asks for it.
        after: Option<Duration>,
        /// Why.
        reason: &'static str,
    },
    /// The connection broke after the provider had it and before it answered, and a second copy
    /// would reach the person twice. The delivery becomes `unknown`; a crisis message is sent again.
    Unknown {
        /// Why.
        reason: &'static str,
    },
    /// The contact point is dead: remove it and never use it again.
    DropContactPoint {
        /// Why.
        reason: &'static str,
        /// Dead since; keep the contact point if it was registered again later.
        since: Option<DateTime<Utc>>,
    },
    /// This message cannot be sent to anybody in this form; the contact point is fine.
    Permanent {
        /// Why.
        reason: &'static str,
    },
    /// The provider wants no more from us for a while. This delivery stays pending and the attempt
    /// does not count; other providers go on.
    PauseProvider {
        /// How long.
        pause: Duration,
        /// Why.
        reason: &'static str,
    },
    /// Our configuration or credentials are wrong: nothing will get through until the operator acts.
    /// The channel stops and says so loudly; this delivery stays pending.
    StopChannel {
        /// Why.
        reason: &'static str,
    },
}

impl Outcome {
    /// The reason where an answer did not come in time.
    pub const TIMEOUT: &str = "timeout";
    /// The reason where nobody could be asked.
    pub const UNREACHABLE: &str = "unreachable";

    /// Whether the provider said nothing at all, which is no judgement on this delivery.
    pub fn is_silence(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Unknown { .. })
            && matches!(self.reason(), Some(Self::TIMEOUT | Self::UNREACHABLE))
    }

    /// The reason, none where it was sent.
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Sent { .. } => None,
            Self::Retry { reason, .. }
            | Self::Unknown { reason }
            | Self::DropContactPoint { reason, .. }
            | Self::Permanent { reason }
            | Self::PauseProvider { reason, .. }
            | Self::StopChannel { reason } => Some(reason),
        }
    }
}
