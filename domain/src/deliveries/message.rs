//! A message and whom it is for.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Channel, Severity};
use crate::{
    categories::Names,
    complaints::Status,
    ids::{
        CollectionId, ComplaintId, ContactPointId, DepartmentId, HistoryId, MessageId, PersonId,
        RoutingRuleId, WasteCalendarId,
    },
    text::EmailAddress,
};

/// What a message says, as ids and codes only. The words are made when it is sent, in the language
/// of whoever gets it, so the row holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Topic {
    /// To the reporter: the complaint took a public step.
    ComplaintStatus {
        /// The complaint.
        complaint: ComplaintId,
        /// The status it took.
        status: Status,
        /// The step, whose public text the app then fetches.
        step: HistoryId,
    },
    /// To the reporter: the desk wrote something.
    ComplaintComment {
        /// The complaint.
        complaint: ComplaintId,
        /// The step that holds the remark.
        step: HistoryId,
    },
    /// To a department: a complaint came to this desk.
    DeskArrival {
        /// The complaint.
        complaint: ComplaintId,
        /// The department.
        department: DepartmentId,
    },
    /// To a department: the reporter commented, withdrew or objected.
    DeskUpdate {
        /// The complaint.
        complaint: ComplaintId,
        /// The department.
        department: DepartmentId,
        /// What happened.
        step: HistoryId,
    },
    /// To a department: a promise is about to pass.
    DeskReminder {
        /// The complaint.
        complaint: ComplaintId,
        /// The department.
        department: DepartmentId,
    },
    /// To a department's lead: a promise has passed.
    PromisePassed {
        /// The complaint.
        complaint: ComplaintId,
        /// The department.
        department: DepartmentId,
    },
    /// To the town hall's admins: a routing rule can no longer be evaluated.
    RuleBroken {
        /// The rule.
        rule: RoutingRuleId,
    },
    /// To the town hall's admins: somebody approved a warning alone.
    GlassBroken {
        /// The broadcast.
        broadcast: MessageId,
    },
    /// To many: what the town hall says. The words stand with the broadcast.
    Broadcast {
        /// The broadcast, which has the message's own identifier.
        broadcast: MessageId,
        /// Whether nobody is reached.
        drill: bool,
    },
    /// To some of the staff: what a draft would look like.
    BroadcastTest {
        /// The draft.
        broadcast: MessageId,
    },
    /// To whoever represents somebody: they have not acknowledged a warning.
    WardUnreached {
        /// The ward.
        ward: PersonId,
        /// The warning.
        broadcast: MessageId,
    },
    /// To one's own device: a test.
    DeviceTest,
    /// To somebody who was registered by others: what for, and how to say no.
    WardWelcome {
        /// The ward.
        ward: PersonId,
        /// Whether they are asked, or agreed before.
        asked: bool,
    },
    /// To those who had it: a collection is on another day, not at all, or besides the others.
    WasteChanged {
        /// The collection.
        collection: CollectionId,
        /// What the town calls this kind of waste.
        waste: Names,
        /// The day it was; none where it is new.
        from: Option<NaiveDate>,
        /// The day it is; none where it is cancelled.
        to: Option<NaiveDate>,
    },
    /// To those who had its dates: many of a calendar changed.
    WasteCalendarChanged {
        /// The calendar.
        calendar: WasteCalendarId,
        /// How many dates changed.
        changes: u32,
    },
    /// To those who asked for it: something is collected soon.
    WasteReminder {
        /// The day.
        date: NaiveDate,
        /// Its regular day, where it is another.
        moved_from: Option<NaiveDate>,
        /// What the town calls these kinds of waste.
        waste: Vec<Names>,
        /// Whether it comes later than it was asked for.
        late: bool,
    },
    /// To those who asked for a reminder: the dates of a calendar are not known.
    WasteDatesMissing {
        /// The calendar.
        calendar: WasteCalendarId,
        /// What the town calls the kinds of waste that are missing; all of the calendar where empty.
        waste: Vec<Names>,
    },
}

impl Topic {
    /// The stable word apps and rows know it by: the `kind` of its JSON form.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ComplaintStatus { .. } => "complaint_status",
            Self::ComplaintComment { .. } => "complaint_comment",
            Self::DeskArrival { .. } => "desk_arrival",
            Self::DeskUpdate { .. } => "desk_update",
            Self::DeskReminder { .. } => "desk_reminder",
            Self::PromisePassed { .. } => "promise_passed",
            Self::RuleBroken { .. } => "rule_broken",
            Self::GlassBroken { .. } => "glass_broken",
            Self::Broadcast { .. } => "broadcast",
            Self::BroadcastTest { .. } => "broadcast_test",
            Self::WardUnreached { .. } => "ward_unreached",
            Self::DeviceTest => "device_test",
            Self::WardWelcome { .. } => "ward_welcome",
            Self::WasteChanged { .. } => "waste_changed",
            Self::WasteCalendarChanged { .. } => "waste_calendar_changed",
            Self::WasteReminder { .. } => "waste_reminder",
            Self::WasteDatesMissing { .. } => "waste_dates_missing",
        }
    }

    /// The complaint it is about, where it is about one.
    pub fn complaint(&self) -> Option<ComplaintId> {
        match self {
            Self::ComplaintStatus { complaint, .. }
            | Self::ComplaintComment { complaint, .. }
            | Self::DeskArrival { complaint, .. }
            | Self::DeskUpdate { complaint, .. }
            | Self::DeskReminder { complaint, .. }
            | Self::PromisePassed { complaint, .. } => Some(*complaint),
            Self::RuleBroken { .. }
            | Self::GlassBroken { .. }
            | Self::Broadcast { .. }
            | Self::BroadcastTest { .. }
            | Self::WardUnreached { .. }
            | Self::DeviceTest
            | Self::WardWelcome { .. }
            | Self::WasteChanged { .. }
            | Self::WasteCalendarChanged { .. }
            | Self::WasteReminder { .. }
            | Self::WasteDatesMissing { .. } => None,
        }
    }
}

impl Topic {
    /// Whether it goes to the town hall's own people and partners.
    pub fn is_for_desks(&self) -> bool {
        match self {
            Self::DeskArrival { .. }
            | Self::DeskUpdate { .. }
            | Self::DeskReminder { .. }
            | Self::PromisePassed { .. }
            | Self::RuleBroken { .. }
            | Self::GlassBroken { .. }
            | Self::BroadcastTest { .. } => true,
            Self::ComplaintStatus { .. }
            | Self::ComplaintComment { .. }
            | Self::Broadcast { .. }
            | Self::WardUnreached { .. }
            | Self::DeviceTest
            | Self::WardWelcome { .. }
            | Self::WasteChanged { .. }
            | Self::WasteCalendarChanged { .. }
            | Self::WasteReminder { .. }
            | Self::WasteDatesMissing { .. } => false,
        }
    }

    /// The thing it is about: a complaint, a rule, a person.
    pub fn subject(&self) -> Option<Uuid> {
        match self {
            Self::RuleBroken { rule } => Some(rule.0),
            Self::GlassBroken { broadcast }
            | Self::Broadcast { broadcast, .. }
            | Self::BroadcastTest { broadcast } => Some(broadcast.0),
            Self::WardWelcome { ward, .. } | Self::WardUnreached { ward, .. } => Some(ward.0),
            Self::WasteChanged { collection, .. } => Some(collection.0),
            Self::WasteCalendarChanged { calendar, .. } | Self::WasteDatesMissing { calendar, .. } => {
                Some(calendar.0)
            }
            _ => self.complaint().map(Uuid::from),
        }
    }
}

/// How long an e-mail to the town hall is tried; a weekend and a broken mail server lie within.
pub const MAIL_LIFE: TimeDelta = TimeDelta::days(7);

/// A message to be stored with its deliveries, in the transaction of what it tells about.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its identifier.
    pub id: MessageId,
    /// How urgent.
    pub severity: Severity,
    /// What it says.
    pub topic: Topic,
    /// After this it is worthless.
    pub expires_at: DateTime<Utc>,
    /// Whom it is for.
    pub to: Recipients,
}

impl NewMessage {
    /// An e-mail of `topic` to mailboxes, each named once; none where there are none.
    pub fn to_mailboxes(
        mailboxes: impl IntoIterator<Item = EmailAddress>,
        topic: Topic,
        id: MessageId,
        expires_at: DateTime<Utc>,
    ) -> Option<Self> {
        let mut mailboxes: Vec<_> = mailboxes.into_iter().collect();
        mailboxes.sort();
        mailboxes.dedup();
        if mailboxes.is_empty() {
            return None;
        }
        let to = Recipients::Mailboxes(mailboxes);
        Some(Self { id, severity: Severity::Notice, topic, expires_at, to })
    }
}

/// Whom a notice is for.
#[derive(Clone, Debug)]
pub enum Recipients {
    /// Every registered device of one person.
    Devices(PersonId),
    /// One device.
    Device(ContactPointId),
    /// One way of one person, by that channel.
    Contact(ContactPointId, Channel, PersonId),
    /// Ways of people on one channel, at most as many as a worker leases together.
    Ways(Channel, Vec<(ContactPointId, PersonId)>),
    /// One telephone, by text message or call.
    Telephone(ContactPointId, Channel),
    /// Mailboxes of the town hall's own people and partners.
    Mailboxes(Vec<EmailAddress>),
}
