//! Who hears of a complaint's steps: the reporter's phones, a department's mailbox.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Action, Complaint, Step};
use crate::{
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::MessageId,
    municipalities::Department,
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

/// The e-mail of `topic` to a department's desk; none where it has no mailbox.
pub fn to_desk(
    department: &Department,
    topic: Topic,
    id: MessageId,
    expires_at: DateTime<Utc>,
) -> Option<NewMessage> {
    NewMessage::to_mailboxes(department.email.clone(), topic, id, expires_at)
}

/// The e-mail of `topic` to whoever leads a department; to its desk where no lead is named.
pub fn to_lead(
    department: &Department,
    topic: Topic,
    id: MessageId,
    expires_at: DateTime<Utc>,
) -> Option<NewMessage> {
    let lead = department.lead_email.clone().or_else(|| department.email.clone());
    NewMessage::to_mailboxes(lead, topic, id, expires_at)
}
