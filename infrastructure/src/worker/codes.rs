//! One-time codes by e-mail, text message or call. Their rows are their own outbox, so that the digits
//! are stored sealed and only until the provider has them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Scope, Store, StoreError,
    citizens::{Address, CodeMail, CodePurpose, CodeToSend, code, port::CodeWrites},
    deliveries::{Channel, Content, Keys, Mail, Outcome, Outgoing, Severity, Spoken, retry},
    ids::{ContactPointId, MessageId, MunicipalityId},
    municipalities::Municipality,
    text::Slug,
};
use tokio::time::sleep;
use url::Url;
use uuid::Uuid;

use super::Shared;

/// Codes sent in one go.
const AT_ONCE: u64 = 20;
/// Tries to note what became of a code, and the first pause between them.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How long a code belongs to the worker that took it.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(1);

impl Shared {
    /// Sends the codes that are due. Answers whether there were any.
    pub(super) async fn send_codes(&self) -> Result<bool, StoreError> {
        let now = (self.worker.now)();
        let ways = self.worker.lines.for_codes();
        if ways.is_empty() {
            return Ok(false);
        }
        let db = self.worker.store.transaction(Scope::Installation).await?;
        let codes = db.codes_to_send(now, now + TAKEN_FOR, AT_ONCE, &ways).await?;
        db.finish().await?;
        for code in &codes {
            // Who the letter is from is not worth a minute's delay, to this code or to those behind it.
            let town = self.town_of(code).await.unwrap_or_else(|error| {
                tracing::warn!(%error, code = %code.id, "a code goes without the town hall's name");
                None
            });
            let item = self.worker.composer.code_message(code, town.as_ref(), now);
            let line = self.worker.lines.find(code.channel, None, None);
            let outcome = match item.zip(line) {
                Some((item, line)) => line.send(&self.worker.now, &item, None).await,
                None => Outcome::Permanent { reason: "code_unreadable" },
            };
            self.settle_code(code, &outcome).await;
        }
        Ok(!codes.is_empty())
    }

    async fn town_of(&self, code: &CodeToSend) -> Result<Option<Municipality>, StoreError> {
        match code.municipality {
            Some(id) => self.worker.store.read(Scope::Installation).await?.municipality_by_id(id).await,
            None => Ok(None),
        }
    }

    /// Notes what became of a code, in several tries: the database may be busy for a moment, and a code
    /// whose note is missing is sent again in a minute.
    async fn settle_code(&self, code: &CodeToSend, outcome: &Outcome) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..TRIES {
            match self.try_settle_code(code, outcome).await {
                Ok(()) => return,
                Err(error) => {
                    tracing::warn!(%error, code = %code.id, "what became of a code is not noted yet")
                }
            }
            sleep(pause).await;
            pause *= 2;
        }
        tracing::error!(code = %code.id, "what became of a code could not be noted; it may be sent again");
    }

    async fn try_settle_code(&self, code: &CodeToSend, outcome: &Outcome) -> Result<(), StoreError> {
        let db = self.worker.store.transaction(Scope::Installation).await?;
        match next_try(outcome, code, (self.worker.now)()) {
            None => db.code_sent(code.id).await?,
            Some(again) => db.code_failed(code.id, again).await?,
        }
        db.finish().await
    }
}

/// None where the letter left; otherwise when it is tried again, if ever. Where nobody can say
/// whether it left it is not sent again: its reader asks for another code.
fn next_try(outcome: &Outcome, code: &CodeToSend, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
    let at = match outcome {
        Outcome::Sent { .. } | Outcome::Unknown { .. } => return None,
        Outcome::Retry { after, .. } => {
            let tried = u32::try_from(code.attempts).unwrap_or(u32::MAX);
            let wait = retry::wait(Severity::Notice, tried).max(after.unwrap_or_default());
            TimeDelta::from_std(wait).ok().map(|wait| now + wait)
        }
        Outcome::PauseProvider { pause, .. } => TimeDelta::from_std(*pause).ok().map(|pause| now + pause),
        Outcome::StopChannel { .. } => Some(now + TAKEN_FOR),
        Outcome::DropContactPoint { .. } | Outcome::Permanent { .. } => None,
    };
    Some(at.filter(|at| *at < code.expires_at))
}

impl super::Composer {
    /// Where a code is typed, if that is not where it was asked for. Where there is no application for
    /// staff, the installation has a page.
    fn place_to_type(&self, purpose: CodePurpose) -> Option<Url> {
        match purpose {
            CodePurpose::StaffInvitation | CodePurpose::PasswordReset => {
                self.staff_url.clone().or_else(|| self.public_url.join("staff/password").ok())
            }
            CodePurpose::SignIn
            | CodePurpose::ComplaintConfirmation
            | CodePurpose::AddressChange
            | CodePurpose::AddressChangeAsked
            | CodePurpose::AddressChanged
            | CodePurpose::AddressChangeUndone
            | CodePurpose::TokenCopied
            | CodePurpose::WardMoved => None,
        }
    }

    /// The message with a code's digits, or with the link in their place.
    fn code_message(
        &self,
        code: &CodeToSend,
        town: Option<&Municipality>,
        now: DateTime<Utc>,
    ) -> Option<Outgoing> {
        let digits = self.secrets.open_code(code.id, &code.sealed).ok()?;
        let life = code.expires_at - now;
        let content = match (&code.address, code.channel) {
            (Address::Email(to), _) => {
                let mail = CodeMail::new(code.purpose, code.locale, &digits, life);
                Content::Mail(Box::new(Mail {
                    to: to.clone(),
                    from_name: town.map_or_else(|| "Rathaus".to_owned(), |town| town.name.to_string()),
                    reply_to: None,
                    subject: mail.subject.to_owned(),
                    text: match self.place_to_type(code.purpose) {
                        Some(url) => format!("{}\n{url}\n", mail.text),
                        None => mail.text,
                    },
                    html: None,
                    parts: Vec::new(),
                    headers: Vec::new(),
                }))
            }
            (Address::Phone(to), Channel::Voice) => Content::Call(Box::new(Spoken {
                to: to.clone(),
                locale: code.locale,
                text: code::spoken(code.purpose, code.locale, &digits),
                keys: Keys::Nothing,
            })),
            (Address::Phone(to), _) => Content::Sms {
                to: to.clone(),
                text: code::text_message(code.purpose, code.locale, &digits, life),
            },
        };
        Some(Outgoing {
            // The code's id takes the place of the message's: attempts share one Message-ID.
            message: MessageId(code.id.0),
            contact_point: ContactPointId(code.id.0),
            generation: 0,
            municipality: MunicipalityId(Uuid::nil()),
            slug: Slug::parse("rathaus").ok()?,
            severity: Severity::Notice,
            kind: "one_time_code".to_owned(),
            subject: None,
            expires_at: code.expires_at,
            content,
        })
    }
}
