//! One-time codes by e-mail, text message or call. Their rows are their own outbox, so that the digits
//! are stored sealed and only until the provider has them.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Scope, Store, StoreError,
    citizens::{Address, CodeMail, CodePurpose, CodeToSend, code, port::CodeWrites},
    deliveries::{Channel, Content, Mail, Outcome, Outgoing, Severity, Spoken, retry},
    ids::{ContactPointId, MessageId, MunicipalityId},
    municipalities::Municipality,
    text::Slug,
};
use uuid::Uuid;

use super::Shared;

/// Codes sent in one go.
const AT_ONCE: u64 = 20;
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
            let town = match code.municipality {
                Some(id) => self.worker.store.read(Scope::Installation).await?.municipality_by_id(id).await?,
                None => None,
            };
            let item = self.worker.composer.code_message(code, town.as_ref(), now);
            let line = self.worker.lines.find(code.channel, None, None);
            let outcome = match item.zip(line) {
                Some((item, line)) => line.send(&self.worker.now, &item).await,
                None => Outcome::Permanent { reason: "code_unreadable" },
            };
            let db = self.worker.store.transaction(Scope::Installation).await?;
            match next_try(&outcome, code, (self.worker.now)()) {
                None => db.code_sent(code.id).await?,
                Some(again) => db.code_failed(code.id, again).await?,
            }
            db.finish().await?;
        }
        Ok(!codes.is_empty())
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
    /// The message with a code's digits.
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
                    text: match (code.purpose, &self.staff_url) {
                        (CodePurpose::StaffInvitation, Some(url)) => format!("{}\n{url}\n", mail.text),
                        _ => mail.text,
                    },
                    html: None,
                    parts: Vec::new(),
                    headers: Vec::new(),
                }))
            }
            (Address::Phone(to), Channel::Voice) => Content::Call(Box::new(Spoken {
                to: to.clone(),
                locale: code.locale,
                text: code::spoken(code.locale, &digits),
                asks: false,
            })),
            (Address::Phone(to), _) => {
                Content::Sms { to: to.clone(), text: code::text_message(code.locale, &digits, life) }
            }
        };
        Some(Outgoing {
            // The code's id takes the place of the message's: attempts share one Message-ID.
            message: MessageId(code.id.0),
            contact_point: ContactPointId(code.id.0),
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
