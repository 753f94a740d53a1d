//! Events of an iCalendar file (RFC 5545, 3.6.1) as they are written.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::content_lines::{ContentLine, content_lines, decoded};

/// A day on the town's clocks, and the time where one is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The day.
    pub day: NaiveDate,
    /// The time.
    pub time: Option<NaiveTime>,
}

impl Moment {
    /// The moment by the clocks of a zone; a whole day's is its beginning. What the clocks leave out in
    /// spring is an hour later.
    pub fn instant(self, zone: Tz) -> DateTime<Utc> {
        let local = self.day.and_time(self.time.unwrap_or(NaiveTime::MIN));
        let later = || zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest();
        let moment = zone.from_local_datetime(&local).earliest().or_else(later);
        moment.map_or_else(|| local.and_utc(), |moment| moment.to_utc())
    }
}

/// The properties of one event.
#[derive(Debug)]
pub struct Vevent {
    /// The line it begins on.
    pub line: u32,
    properties: Vec<ContentLine>,
}

impl Vevent {
    /// Its first property of this name.
    pub fn get(&self, name: &str) -> Option<&ContentLine> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// Its properties of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ContentLine> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// What makes it one of a series.
    pub fn series(&self) -> Option<&str> {
        self.get("UID").map(|uid| uid.value.trim()).filter(|uid| !uid.is_empty())
    }

    /// The day of the series it stands in the place of.
    pub fn replaces(&self, zone: Tz) -> Option<NaiveDate> {
        self.get("RECURRENCE-ID").and_then(|line| moment(line, &line.value, zone)).map(|moment| moment.day)
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.get("STATUS").is_some_and(|status| status.value.trim().eq_ignore_ascii_case("CANCELLED"))
    }
}

/// The events of a file, and the lines on which those begin that are cut off; none where it is no calendar.
pub fn vevents(bytes: &[u8]) -> Option<(Vec<Vevent>, Vec<u32>)> {
    let text = decoded(bytes);
    let is_page = text.trim_start().starts_with('<');
    let lines = content_lines(&text);
    let is = |name: &str, value: &str, line: &ContentLine| {
        line.name == name && line.value.trim().eq_ignore_ascii_case(value)
    };
    if is_page || !lines.iter().any(|line| is("BEGIN", "VCALENDAR", line)) {
        return None;
    }
    let (mut events, mut broken) = (Vec::new(), Vec::new());
    let (mut open, mut inside): (Option<Vevent>, u32) = (None, 0);
    for line in lines {
        if is("BEGIN", "VEVENT", &line) {
            let event = Vevent { line: line.number, properties: Vec::new() };
            broken.extend(open.replace(event).map(|event| event.line));
            inside = 0;
        } else if is("END", "VEVENT", &line) {
            events.extend(open.take());
        } else if line.name == "BEGIN" {
            inside = inside.saturating_add(1);
        } else if line.name == "END" {
            inside = inside.saturating_sub(1);
        } else if let Some(event) = open.as_mut().filter(|_| inside == 0) {
            event.properties.push(line);
        }
    }
    // A file that was cut off.
    broken.extend(open.map(|event| event.line));
    Some((events, broken))
}

/// The moments of a list, such as `EXDATE`.
pub fn each_moment(line: &ContentLine, zone: Tz) -> Option<Vec<Moment>> {
    let values = line.value.split(',').map(str::trim).filter(|value| !value.is_empty());
    values.map(|value| moment(line, value, zone)).collect()
}

/// A date, or a date with time; by world time or by the clocks of another zone it is turned to the town's.
/// A zone that nobody knows is the town's, as programs give theirs names of their own.
pub fn moment(line: &ContentLine, value: &str, zone: Tz) -> Option<Moment> {
    // A period's beginning.
    let value = value.trim().split('/').next().unwrap_or_default();
    let whole_day = |value: &str| NaiveDate::parse_from_str(value, "%Y%m%d").ok();
    if value.len() == 8 || line.parameter("VALUE").as_deref() == Some("DATE") {
        return Some(Moment { day: whole_day(value.get(..8)?)?, time: None });
    }
    let (local, is_utc) = match value.strip_suffix(['Z', 'z']) {
        Some(local) => (local, true),
        None => (value, false),
    };
    let read = |form| NaiveDateTime::parse_from_str(local, form).ok();
    let read = read("%Y%m%dT%H%M%S").or_else(|| read("%Y%m%dT%H%M"))?;
    let local = match is_utc {
        true => read.and_utc().with_timezone(&zone).naive_local(),
        false => elsewhere(line, read, zone).unwrap_or(read),
    };
    Some(Moment { day: local.date(), time: Some(local.time()) })
}

fn elsewhere(line: &ContentLine, local: NaiveDateTime, zone: Tz) -> Option<NaiveDateTime> {
    let (_, name) = line.parameters.iter().find(|(name, _)| name == "TZID")?;
    let theirs: Tz = name.parse().ok().filter(|theirs| *theirs != zone)?;
    Some(theirs.from_local_datetime(&local).earliest()?.with_timezone(&zone).naive_local())
}
