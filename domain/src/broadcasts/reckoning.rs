//! Who is reached how, counted: before a broadcast is sent, and after.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Draft;
use crate::{
    Locale,
    deliveries::Channel,
    ids::{AreaId, MessageId, PersonId, StaffId},
    text::{Name, Slug},
};

/// Contact points on one channel in one language, each counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The channel.
    pub channel: Channel,
    /// The language in which they are told.
    pub locale: Locale,
    /// Whether they are told at once; else when nobody acknowledges.
    pub at_once: bool,
    /// How many.
    pub contact_points: u64,
}

/// Whom a filter finds and how they would be reached now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// People it finds.
    pub people: u64,
    /// Those of them for whom there is a way.
    pub reachable: u64,
    /// The ways.
    pub ways: Vec<Way>,
}

/// Why nothing can be sent to somebody.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Unreachable {
    /// They chose no channel for such messages, or have none any more.
    NoChannel,
    /// They were asked and have not agreed.
    NotAgreed,
    /// Nobody planned anything for them, which should not be: the sweep found them.
    Overlooked,
}

/// How one person stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Standing {
    /// They said so.
    Acknowledged,
    /// A provider says it arrived, or they opened it.
    Delivered,
    /// Something is on its way or left, and nobody knows more.
    NotYet,
    /// It was called back, or an all-clear followed it, before anything of it arrived.
    CalledBack,
    /// Nothing could be sent, or nothing that was sent arrived.
    Unreachable,
}

/// One person a broadcast is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Who.
    pub person: PersonId,
    /// Their name, where the town hall knows it: a ward's.
    pub name: Option<Name>,
    /// Where they live, as they said.
    pub address: Option<String>,
    /// The district.
    pub area: Option<Name>,
    /// How they stand.
    pub standing: Standing,
    /// Why they cannot be reached, or what came of the last try.
    pub reason: Option<String>,
    /// When they acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// How: `app`, `voice`, `sms`, `link`, `staff`.
    pub acknowledged_by: Option<String>,
    /// Who of the staff told them, where somebody did.
    pub informed_by: Option<StaffId>,
    /// When the next rung of the ladder is due.
    pub next_at: Option<DateTime<Utc>>,
}

/// Which of the people of a broadcast are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those who stand so; all where absent.
    pub standing: Option<Standing>,
    /// Those who live in this district; all where absent.
    pub area: Option<AreaId>,
}

/// How the people of one district stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct District {
    /// Its name; none for those whose district is not known.
    pub name: Option<Name>,
    /// People by how they stand.
    pub standings: BTreeMap<Standing, u64>,
}

/// What happened to a broadcast in a span of time. A span is a minute in the first two hours, ten minutes up to the
/// first day, an hour up to the seventh, and half a day after it: there are [`MOST_MOMENTS`] at most, however long
/// it lasts. Those in which nothing happened are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Where it begins, in seconds since the broadcast began.
    pub after: u32,
    /// Messages and calls that a provider took.
    pub sent: u64,
    /// Those of which a provider said that they arrived, and people who opened it.
    pub arrived: u64,
    /// People who acknowledged.
    pub acknowledged: u64,
}

/// Up to how many seconds after the beginning a span is how long, and how long all others are.
pub const SPANS: ([(u32, u32); 3], u32) = ([(7_200, 60), (86_400, 600), (604_800, 3_600)], 43_200);
/// Up to when, in seconds since the beginning, anything is told apart: 60 days.
pub const LAST_MOMENT: u32 = 5_184_000;
/// Spans there may be: 120, 132, 144 and 107.
pub const MOST_MOMENTS: usize = 503;

/// How people acknowledge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Acknowledging {
    /// In the app.
    App,
    /// By a key during a call.
    Voice,
    /// By answering a text message.
    Sms,
    /// By the link of a letter.
    Link,
    /// Somebody of the staff told them and says so.
    Staff,
}

/// What is sent once more to those who were not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentAgain {
    /// People whose next rung is due at once.
    pub ahead: u64,
    /// Deliveries that are tried again.
    pub again: u64,
}

/// What came of a broadcast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// People it is for.
    pub people: u64,
    /// Those for whom there is no delivery, by reason.
    pub unreachable: BTreeMap<String, u64>,
    /// Those who acknowledged, by how they did.
    pub acknowledged: BTreeMap<String, u64>,
    /// Those who opened it in the app.
    pub read: u64,
    /// Those whose representative was told.
    pub proxies_told: u64,
    /// People by how they stand.
    pub standings: BTreeMap<Standing, u64>,
    /// The same by district; none for those whose district is not known.
    pub districts: BTreeMap<Option<AreaId>, District>,
    /// Deliveries by channel and state.
    pub deliveries: BTreeMap<(Channel, String), u64>,
    /// Text messages and calls that a provider took, by language.
    pub said: Vec<(Channel, Locale, u64)>,
}

/// Which broadcasts a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of them.
    All,
    /// Those that came or changed for them after a moment.
    After(DateTime<Utc>),
    /// One.
    One(MessageId),
}

/// A broadcast as one person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The town hall's name in addresses.
    pub municipality: Slug,
    /// The broadcast.
    pub id: MessageId,
    /// What it says, shared by all whom it was told.
    pub draft: Arc<Draft>,
    /// Whether it was called back.
    pub withdrawn: bool,
    /// When it came.
    pub at: DateTime<Utc>,
    /// When it was opened.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// The answer they chose in its poll, from 0.
    pub voted: Option<u16>,
}
