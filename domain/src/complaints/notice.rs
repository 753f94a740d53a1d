//! Who hears of a complaint's steps: the reporter's phones, a department's mailbox.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Action, Complaint, Step};
use crate::{
    Result, Tx,
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::MessageId,
    municipalities::Department,
    staff::Role,
    text::EmailAddress,
};

/// How long a notice to a phone is worth delivering; the app shows the state anyway.
pub const NOTICE_LIFE: TimeDelta = TimeDelta::days(3);

impl Step {
    /// What the reporter is told of the step; nothing where it is the town hall's own business.
    pub fn topic(&self) -> Option<Topic> {
        match (self.action, self.to) {
            (Action::Moved | Action::Rerouted, Some(status)) => {
                Some(Topic::ComplaintStatus { complaint: self.complaint, status, step: self.id })
            }
            _ if self.public_text.is_some() => {
                Some(Topic::ComplaintComment { complaint: self.complaint, step: self.id })
            }
            _ => None,
        }
    }
}

/// The notice of `topic` to the reporter's phones; none where nobody knows who reported.
pub fn to_reporter(
    complaint: &Complaint,
    topic: Topic,
    id: MessageId,
    now: DateTime<Utc>,
) -> Option<NewMessage> {
    Some(NewMessage {
        id,
        severity: Severity::Notice,
        topic,
        expires_at: now + NOTICE_LIFE,
        to: Recipients::Devices(complaint.reporter?),
    })
}

/// The e-mail of `topic` to a department's desk; none where nobody at the town hall has a mailbox.
///
/// # Errors
/// Those of the database.
pub async fn to_desk(
    tx: &dyn Tx,
    department: &Department,
    topic: Topic,
    id: MessageId,
    expires_at: DateTime<Utc>,
) -> Result<Option<NewMessage>> {
    Ok(NewMessage::to_mailboxes(mailboxes(tx, department).await?, topic, id, expires_at))
}

/// The e-mail of `topic` to whoever leads a department; to its desk where no lead is named.
///
/// # Errors
/// Those of the database.
pub async fn to_lead(
    tx: &dyn Tx,
    department: &Department,
    topic: Topic,
    id: MessageId,
    expires_at: DateTime<Utc>,
) -> Result<Option<NewMessage>> {
    match &department.lead_email {
        Some(lead) => Ok(NewMessage::to_mailboxes([lead.clone()], topic, id, expires_at)),
        None => to_desk(tx, department, topic, id, expires_at).await,
    }
}

/// Where a department's desk reads. Of one without a mailbox: where they read who get what no rule places, or else
/// the admins, who can give it one. No matter reaches nobody.
///
/// # Errors
/// Those of the database.
pub(super) async fn mailboxes(tx: &dyn Tx, department: &Department) -> Result<Vec<EmailAddress>> {
    if let Some(own) = &department.email {
        return Ok(vec![own.clone()]);
    }
    if let Some(mailbox) = tx.default_department().await?.email {
        return Ok(vec![mailbox]);
    }
    let admins = tx.staff().await?.into_iter().filter(|member| member.active && member.role == Role::Admin);
    Ok(admins.map(|member| member.email).collect())
}
