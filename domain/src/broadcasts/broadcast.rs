//! One broadcast: what it says, whom it is for, and who answers for it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Attachments, Audience, AudienceTree, BroadcastState, Poll, Texts, placeholder};
use crate::{
    Error, Result, Violation,
    deliveries::Severity,
    error::Code,
    ids::{BroadcastTemplateId, MessageId, StaffId, TopicId},
    text::{Name, Remark, WebAddress},
};

/// How long a broadcast may be worth reading.
pub const LONGEST_LIFE: TimeDelta = TimeDelta::days(60);
/// How far ahead one may be scheduled.
pub const FARTHEST: TimeDelta = TimeDelta::days(366);
/// Links of one broadcast.
pub const MOST_LINKS: usize = 5;

/// A link to more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BroadcastLink)]
pub struct Link {
    /// Where it leads.
    pub url: WebAddress,
    /// What it is called.
    pub label: Name,
}

/// What a broadcast says about an earlier one. It goes to exactly those whom that one reached.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FollowUp {
    /// How things stand now.
    Update,
    /// The first one was wrong.
    Correction,
    /// The danger is over: nobody is called any more because of the first one.
    AllClear,
}

/// What a broadcast is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// How urgent.
    pub severity: Severity,
    /// What it is about. All but a crisis goes only to those who chose the topic.
    pub topic: Option<TopicId>,
    /// The office that speaks.
    pub sender: Name,
    /// The words.
    pub texts: Texts,
    /// The template they were made of and its version; somebody may have changed them since.
    pub template: Option<(BroadcastTemplateId, i64)>,
    /// Links to more.
    pub links: Vec<Link>,
    /// Pictures and documents.
    pub attachments: Attachments,
    /// What those are asked whom it is for.
    pub poll: Option<Poll>,
    /// Whom it is for; none where it follows up.
    pub audience: Option<AudienceTree>,
    /// The first broadcast, and what this one says about it.
    pub follows_up: Option<(MessageId, FollowUp)>,
    /// Whether every step is taken and nobody is reached.
    pub drill: bool,
    /// When it is sent; as soon as it is approved where absent.
    pub send_at: Option<DateTime<Utc>>,
    /// After this it is worthless: nothing of it is sent any more.
    pub expires_at: DateTime<Utc>,
}

impl Draft {
    /// Checks all that can be checked without looking anything up.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(&self, now: DateTime<Utc>) -> Result<()> {
        let mut violations = Vec::new();
        let mut refuse = |pointer: &str, code| violations.push(Violation::new(pointer, code));
        if self.severity == Severity::Notice {
            refuse("/severity", Code::NotAllowed);
        }
        if self.links.len() > MOST_LINKS {
            refuse("/links", Code::TooMany);
        }
        let insecure = self.links.iter().enumerate().filter(|(_, link)| !link.url.is_encrypted());
        insecure.for_each(|(number, _)| refuse(&format!("/links/{number}/url"), Code::NotAllowed));
        let unfilled = self.texts.all().filter(|(_, text)| placeholder::is_unfilled(text));
        unfilled.for_each(|(pointer, _)| refuse(&pointer, Code::PlaceholderUnknown));
        let starts = self.send_at.unwrap_or(now);
        if self.expires_at <= starts.max(now) || self.expires_at > starts.max(now) + LONGEST_LIFE {
            refuse("/expires_at", Code::OutOfRange);
        }
        if self.send_at.is_some_and(|at| at > now + FARTHEST) {
            refuse("/send_at", Code::OutOfRange);
        }
        violations.extend(self.attachments.violations("/attachments"));
        violations.extend(self.poll.iter().flat_map(|poll| poll.violations("/poll")));
        match (&self.audience, &self.follows_up) {
            (Some(tree), None) => {
                violations.extend(Audience::parse(tree, "/audience").err().unwrap_or_default())
            }
            (None, Some(_)) => {}
            _ => violations.push(Violation::new("", Code::ExactlyOne)),
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::violations(violations)) }
    }
}

/// Whom a broadcast is for, ready to be looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Whom {
    /// The filter, or the broadcast whose people are meant.
    pub who: Who,
    /// Only those who chose this topic.
    pub topic: Option<TopicId>,
    /// By which consent they are reached.
    pub severity: Severity,
}

/// A filter, or the people an earlier broadcast reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Those for whom it holds.
    Audience(Audience),
    /// Those whom that broadcast reached.
    ReachedBy(MessageId),
}

/// What a worker does about a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing any more.
    Nothing,
    /// Come back then.
    Wait(DateTime<Utc>),
    /// Its time ran out.
    Expire,
    /// It begins.
    Begin,
    /// Deliveries are planned.
    Plan,
    /// Deliveries are sent by others; the ladder is looked after until it ends.
    Climb,
    /// What has not left is stopped.
    Stop,
}

/// A broadcast.
#[derive(Clone, Debug, PartialEq)]
pub struct Broadcast {
    /// Its identifier, which is that of the message made of it.
    pub id: MessageId,
    /// How far it has come.
    pub state: BroadcastState,
    /// What it is made of.
    pub draft: Draft,
    /// Who wrote it.
    pub created_by: StaffId,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who submitted it, and when.
    pub submitted: Option<(StaffId, DateTime<Utc>)>,
    /// Who approved it, and when.
    pub approved: Option<(StaffId, DateTime<Utc>)>,
    /// Why nobody else approved it.
    pub glass_broken: Option<Remark>,
    /// When it began to be sent.
    pub sending_at: Option<DateTime<Utc>>,
    /// When nothing was left to do.
    pub ended_at: Option<DateTime<Utc>>,
    /// People planned so far.
    pub people: u64,
    /// Whether those are all it is for.
    pub planned: bool,
    /// Raised by every change of it that staff make.
    pub version: i64,
}

impl Broadcast {
    /// A new one.
    pub fn new(id: MessageId, now: DateTime<Utc>, by: StaffId, draft: Draft) -> Self {
        Self {
            id,
            state: BroadcastState::Draft,
            draft,
            created_by: by,
            created_at: now,
            submitted: None,
            approved: None,
            glass_broken: None,
            sending_at: None,
            ended_at: None,
            people: 0,
            planned: false,
            version: 1,
        }
    }

    /// Whom it is for.
    ///
    /// # Errors
    /// Violations where the stored filter breaks today's bounds.
    pub fn whom(&self) -> Result<Whom> {
        let who = match (&self.draft.follows_up, &self.draft.audience) {
            (Some((first, _)), _) => Who::ReachedBy(*first),
            (None, Some(tree)) => {
                Who::Audience(Audience::parse(tree, "/audience").map_err(Error::violations)?)
            }
            (None, None) => return Err(Error::invalid("/audience", Code::Required)),
        };
        let severity = self.draft.severity;
        // Danger is everybody's business, and whoever was told must hear that it is over.
        let topic = self.draft.topic.filter(|_| severity.is_routine() && matches!(who, Who::Audience(_)));
        Ok(Whom { who, topic, severity })
    }

    /// What is to be done about it now.
    pub fn next_step(&self, now: DateTime<Utc>) -> Step {
        match self.state {
            BroadcastState::Sent | BroadcastState::Expired => Step::Nothing,
            BroadcastState::Cancelled => Step::Stop,
            _ if now >= self.draft.expires_at => Step::Expire,
            BroadcastState::Draft | BroadcastState::Submitted => Step::Wait(self.draft.expires_at),
            BroadcastState::Approved => match self.draft.send_at.filter(|at| *at > now) {
                Some(at) => Step::Wait(at.min(self.draft.expires_at)),
                None => Step::Begin,
            },
            BroadcastState::Sending if !self.planned => Step::Plan,
            BroadcastState::Sending => Step::Climb,
        }
    }

    /// Whether nobody may approve it who submitted it.
    pub fn needs_second_person(&self) -> bool {
        self.draft.severity == Severity::Crisis
    }

    /// Whether people see it among their messages.
    pub fn is_shown(&self) -> bool {
        !self.draft.drill && self.state.has_begun(self.sending_at.is_some())
    }
}
