//! What only one kind of content has.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    OpeningHours, Recurrence,
    recurrence::{Occurrence, Times},
};
use crate::{
    error::{Code, Violation},
    geo::{Point, swapped},
    ids::ContentFileId,
    text::{BadText, DialNumber, EmailAddress, Line, Name, WebAddress},
    time::is_reckoned_with,
};

/// Points a tour may have.
pub const MAX_TOUR_POINTS: usize = 2_000;
/// Entries a table of contents may have.
pub const MAX_ENTRIES: usize = 200;
/// Dates of one event that may be called off.
pub const MAX_CANCELLED: usize = 100;
/// The longest one occurrence of an event may be: an exhibition.
const LONGEST_EVENT: TimeDelta = TimeDelta::days(400);

/// Whether a wheelchair gets there, as OpenStreetMap says it: `yes`, `limited`, `no`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, max_length = 10, pattern = "^(yes|limited|no)$", example = "yes")]
pub struct Wheelchair(String);

impl TryFrom<String> for Wheelchair {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        let known = ["yes", "limited", "no"].contains(&text.as_str());
        if known { Ok(Self(text)) } else { Err(BadText(Code::NotAllowed)) }
    }
}
impl From<Wheelchair> for String {
    fn from(wheelchair: Wheelchair) -> Self {
        wheelchair.0
    }
}

/// What is to know of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceDetails)]
pub struct Place {
    /// When it is open, in OpenStreetMap's syntax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub opening_hours: Option<OpeningHours>,
    /// Whether a wheelchair gets there: `yes`, `limited`, `no`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wheelchair: Option<Wheelchair>,
    /// Whether there is a toilet for wheelchairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wheelchair_toilet: Option<bool>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone: Option<DialNumber>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<EmailAddress>,
    /// What it costs, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Erwachsene 4 Euro, Kinder frei")]
    pub price: Option<Line>,
}

/// What is to know of a tour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TourDetails)]
pub struct Tour {
    /// Where it leads, from its beginning to its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2_000)]
    pub path: Vec<Point>,
    /// Its length in metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 1_000_000, example = 7_400)]
    pub length_m: Option<u32>,
    /// How long it takes, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10_000, example = 120)]
    pub minutes: Option<u32>,
    /// Whether a wheelchair can do it: `yes`, `limited`, `no`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub wheelchair: Option<Wheelchair>,
}

/// How an office or a service is reached. Names of people stand in the text, where they belong at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactDetails)]
pub struct Contact {
    /// When somebody is there, in OpenStreetMap's syntax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub office_hours: Option<OpeningHours>,
    /// Where to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone: Option<DialNumber>,
    /// Where to write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub email: Option<EmailAddress>,
    /// Whether it is for emergencies.
    #[serde(default)]
    pub emergency: bool,
}

/// When something takes place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventDetails)]
pub struct Event {
    /// When it begins; of one that comes back, the first time.
    pub starts_at: DateTime<Utc>,
    /// When it ends; of one that comes back, the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub ends_at: Option<DateTime<Utc>>,
    /// How it comes back (RFC 5545), on the town's clocks, by days, weeks, months or years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub recurrence: Option<Recurrence>,
    /// Whether it was called off, all of it.
    #[serde(default)]
    pub cancelled: bool,
    /// The dates, on the town's clocks, on which it was called off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub cancelled_dates: Vec<NaiveDate>,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Heimatverein")]
    pub organizer: Option<Line>,
    /// What it costs, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Eintritt frei")]
    pub price: Option<Line>,
}

impl Event {
    /// The times it takes place that touch `window`, in order.
    pub fn within(&self, zone: Tz, window: (DateTime<Utc>, DateTime<Utc>)) -> Vec<Occurrence> {
        let Self { starts_at, ends_at, recurrence, cancelled, cancelled_dates, .. } = self;
        let times = Times {
            first: *starts_at,
            end: *ends_at,
            rule: recurrence.as_ref(),
            off: cancelled_dates,
            cancelled: *cancelled,
        };
        times.within(zone, window)
    }

    pub(super) fn faults(&self, zone: Tz) -> Vec<Violation> {
        let mut faults = Vec::new();
        // What comes back is counted from its beginning.
        if !is_reckoned_with(self.starts_at) {
            faults.push(Violation::new("/event/starts_at", Code::OutOfRange));
        }
        if self.ends_at.is_some_and(|end| end < self.starts_at || end - self.starts_at > LONGEST_EVENT) {
            faults.push(Violation::new("/event/ends_at", Code::OutOfRange));
        }
        if self.cancelled_dates.len() > MAX_CANCELLED {
            faults.push(Violation::new("/event/cancelled_dates", Code::TooMany));
        }
        if !self.cancelled_dates.iter().all(|date| is_reckoned_with(*date)) {
            faults.push(Violation::new("/event/cancelled_dates", Code::OutOfRange));
        }
        if self.recurrence.as_ref().is_some_and(|rule| !rule.fits(self.starts_at, zone)) {
            faults.push(Violation::new("/event/recurrence", Code::RecurrenceUnreadable));
        }
        faults
    }
}

/// A line of a table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GazetteEntry {
    /// What it is about.
    #[schema(example = "Satzung über die Straßenreinigung")]
    pub title: Line,
    /// On which page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 9_999, example = 4)]
    pub page: Option<u32>,
}

/// An issue of the official gazette.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GazetteDetails)]
pub struct Gazette {
    /// The day it appears.
    pub date: NaiveDate,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "12/2026")]
    pub issue: Option<Name>,
    /// Its PDF, kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub document: Option<ContentFileId>,
    /// Its PDF, kept elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub document_url: Option<WebAddress>,
    /// What stands in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    pub entries: Vec<GazetteEntry>,
}

impl Gazette {
    pub(super) fn faults(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        if self.document.is_some() == self.document_url.is_some() {
            faults.push(Violation::new("/gazette/document", Code::ExactlyOne));
        }
        if !is_reckoned_with(self.date) {
            faults.push(Violation::new("/gazette/date", Code::OutOfRange));
        }
        if self.entries.len() > MAX_ENTRIES {
            faults.push(Violation::new("/gazette/entries", Code::TooMany));
        }
        let beyond = |entry: &GazetteEntry| entry.page.is_some_and(|page| !(1..=9_999).contains(&page));
        for (number, _) in self.entries.iter().enumerate().filter(|(_, entry)| beyond(entry)) {
            faults.push(Violation::new(format!("/gazette/entries/{number}/page"), Code::OutOfRange));
        }
        faults
    }
}

impl Tour {
    pub(super) fn faults(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        if self.path.len() > MAX_TOUR_POINTS {
            faults.push(Violation::new("/tour/path", Code::TooMany));
        }
        if self.path.len() == 1 {
            faults.push(Violation::new("/tour/path", Code::TooShort));
        }
        for (number, point) in self.path.iter().enumerate() {
            if let Err(code) = sensible(*point) {
                faults.push(Violation::new(format!("/tour/path/{number}"), code));
                break;
            }
        }
        let beyond = |value: Option<u32>, most: u32| value.is_some_and(|value| value == 0 || value > most);
        if beyond(self.length_m, 1_000_000) {
            faults.push(Violation::new("/tour/length_m", Code::OutOfRange));
        }
        if beyond(self.minutes, 10_000) {
            faults.push(Violation::new("/tour/minutes", Code::OutOfRange));
        }
        faults
    }
}

/// A point on the world whose numbers do not stand in each other's place.
pub(super) fn sensible(point: Point) -> Result<(), Code> {
    Point::parse(point.lat, point.lon)?;
    if swapped(point) { Err(Code::AxesSwapped) } else { Ok(()) }
}
