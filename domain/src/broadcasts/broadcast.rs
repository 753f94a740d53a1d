//! One broadcast: what it says, whom it is for, and who answers for it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Attachments, Audience, AudienceTree, BroadcastState, Ladder, Poll, Texts, TownLadders, Waits, placeholder,
};
use crate::{
    Error, Result, Violation,
    deliveries::Severity,
    error::Code,
    ids::{BroadcastTemplateId, MessageId, StaffId, TopicId},
    text::{Name, Remark, WebAddress},
    time::is_reckoned_with,
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
    /// The danger is over: nobody is called any more because of the first one, nor of what followed it.
    AllClear,
}

/// What a broadcast and all that follow it up are about, by the one it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The broadcast it began with.
    pub first: MessageId,
    /// How urgent that one was.
    pub severity: Severity,
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
        let starts = self.send_at.unwrap_or(now).max(now);
        // Both moments may be as far away as a calendar reaches.
        if self.expires_at <= starts || self.expires_at - starts > LONGEST_LIFE {
            refuse("/expires_at", Code::OutOfRange);
        }
        if self.send_at.is_some_and(|at| at > now + FARTHEST || !is_reckoned_with(at)) {
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
    /// How urgent it is.
    pub severity: Severity,
    /// By their consent to which they are reached.
    pub consent: Severity,
}

/// A filter, or the people whom earlier broadcasts reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// Those for whom it holds.
    Audience(Audience),
    /// Those whom any broadcast about the incident reached that began with this one.
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
    /// The incident it is about, where it follows up another one; else it begins one.
    pub incident: Option<Incident>,
    /// The all-clear since which nothing of it leaves any more.
    pub ended_by: Option<MessageId>,
    /// When it began to be sent.
    pub sending_at: Option<DateTime<Utc>>,
    /// When nothing was left to do.
    pub ended_at: Option<DateTime<Utc>>,
    /// The ladder people climb, as it was when it began.
    pub ladder: Option<Ladder>,
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
            incident: None,
            ended_by: None,
            sending_at: None,
            ended_at: None,
            ladder: None,
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
            (Some((first, _)), _) => Who::ReachedBy(self.incident.map_or(*first, |incident| incident.first)),
            (None, Some(tree)) => {
                Who::Audience(Audience::parse(tree, "/audience").map_err(Error::violations)?)
            }
            (None, None) => return Err(Error::invalid("/audience", Code::Required)),
        };
        let severity = self.draft.severity;
        // Danger is everybody's business, and whoever was told must hear that it is over.
        let topic = self.draft.topic.filter(|_| severity.is_routine() && matches!(who, Who::Audience(_)));
        Ok(Whom { who, topic, severity, consent: self.consent() })
    }

    /// By the consent to which people are reached. Whoever was told must hear how it goes on: that is by their
    /// consent to what it began with, and by that to danger where it is a danger now.
    pub fn consent(&self) -> Severity {
        match self.incident {
            Some(incident) if self.draft.severity.is_routine() => incident.severity,
            _ => self.draft.severity,
        }
    }

    /// The broadcast with which the incident began that it is about.
    pub fn incident_id(&self) -> MessageId {
        self.incident.map_or(self.id, |incident| incident.first)
    }

    /// Whether it says that the incident is over, which ends what was sent about it.
    pub fn is_all_clear(&self) -> bool {
        matches!(self.draft.follows_up, Some((_, FollowUp::AllClear)))
    }

    /// What is to be done about it now.
    pub fn next_step(&self, now: DateTime<Utc>) -> Step {
        match self.state {
            BroadcastState::Sent | BroadcastState::Expired => Step::Nothing,
            BroadcastState::Cancelled => Step::Stop,
            _ if now >= self.draft.expires_at => Step::Expire,
            BroadcastState::Draft | BroadcastState::Submitted => Step::Wait(self.draft.expires_at),
            BroadcastState::Approved | BroadcastState::Sending if self.ended_by.is_some() => Step::Stop,
            BroadcastState::Approved => match self.draft.send_at.filter(|at| *at > now) {
                Some(at) => Step::Wait(at.min(self.draft.expires_at)),
                None => Step::Begin,
            },
            BroadcastState::Sending if !self.planned => Step::Plan,
            BroadcastState::Sending => Step::Climb,
        }
    }

    /// The state of it when all of it was stopped: what an all-clear ended has been sent as far as it was.
    ///
    /// # Errors
    /// None, as long as only what is to be stopped is.
    pub fn stopped(&self) -> Result<BroadcastState> {
        match self.state {
            BroadcastState::Sending => self.state.step(BroadcastState::Sent),
            BroadcastState::Approved => self.state.step(BroadcastState::Cancelled),
            state => Ok(state),
        }
    }

    /// The ladder people climb. A crisis that began before ladders were kept climbs the usual one.
    pub fn climbs(&self, waits: Waits) -> Option<Ladder> {
        self.ladder.clone().or_else(|| Ladder::of(self.draft.severity, waits, &TownLadders::default()))
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

#[cfg(test)]
#[path = "broadcast_tests.rs"]
mod tests;
