//! One event of an iCalendar file as collections.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::{
    Code,
    text::Line,
    waste::{Column, Fault, Record, Stop, Window},
};

use super::{content_lines::ContentLine, recurrence};

/// A day, and the time where one is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    day: NaiveDate,
    time: Option<NaiveTime>,
}

/// The properties of one event.
#[derive(Debug)]
pub struct Event {
    /// The line it begins on.
    pub line: u32,
    properties: Vec<ContentLine>,
}

impl Event {
    /// An event that begins on a line.
    pub fn new(line: u32) -> Self {
        Self { line, properties: Vec::new() }
    }

    /// Adds a property.
    pub fn add(&mut self, property: ContentLine) {
        self.properties.push(property);
    }

    fn get(&self, name: &str) -> Option<&ContentLine> {
        self.properties.iter().find(|property| property.name == name)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a ContentLine> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// What makes it one of a series.
    pub fn series(&self) -> Option<&str> {
        self.get("UID").map(|uid| uid.value.as_str())
    }

    /// The day of the series it stands in the place of.
    pub fn replaces(&self, zone: Tz) -> Option<NaiveDate> {
        self.get("RECURRENCE-ID").and_then(|line| moment(line, &line.value, zone)).map(|moment| moment.day)
    }

    /// Its days as lines; `replaced` are days of its series that other events stand in the place of. One that
    /// is cancelled has none.
    pub fn records(&self, zone: Tz, window: Window, replaced: &[NaiveDate]) -> Vec<Result<Record, Fault>> {
        if self.get("STATUS").is_some_and(|status| status.value.trim().eq_ignore_ascii_case("CANCELLED")) {
            return Vec::new();
        }
        match self.read(zone, window, replaced) {
            Ok(records) => records.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault)],
        }
    }

    fn read(&self, zone: Tz, window: Window, replaced: &[NaiveDate]) -> Result<Vec<Record>, Fault> {
        let fault = |line: Option<&ContentLine>, column, code| Fault {
            line: line.map_or(self.line, |line| line.number),
            column,
            code,
        };
        let start_line = self.get("DTSTART");
        let start = start_line.ok_or_else(|| fault(None, Column::Date, Code::Required))?;
        let start = moment(start, &start.value, zone)
            .ok_or_else(|| fault(start_line, Column::Date, Code::WrongType))?;
        let summary = self.get("SUMMARY");
        let waste = summary.map(ContentLine::text).unwrap_or_default();
        if waste.is_empty() {
            return Err(fault(summary, Column::Waste, Code::Required));
        }
        let mut days = vec![start.day];
        for rule in self.all("RRULE") {
            let more = recurrence::days(&rule.value, start.day, window);
            days.extend(more.map_err(|code| fault(Some(rule), Column::Recurrence, code))?);
        }
        for line in self.all("RDATE") {
            days.extend(
                each_day(line, zone).ok_or_else(|| fault(Some(line), Column::Recurrence, Code::WrongType))?,
            );
        }
        let mut without = replaced.to_vec();
        for line in self.all("EXDATE") {
            without.extend(
                each_day(line, zone).ok_or_else(|| fault(Some(line), Column::Recurrence, Code::WrongType))?,
            );
        }
        days.sort_unstable();
        days.dedup();
        days.retain(|day| !without.contains(day));
        let stop = self.stop(start, zone).map_err(|code| fault(self.get("LOCATION"), Column::Place, code))?;
        let line = start_line.map_or(self.line, |line| line.number);
        let record = |date| Record { line, waste: waste.clone(), date, section: None, stop: stop.clone() };
        Ok(days.into_iter().map(record).collect())
    }

    /// Where a vehicle stops: a place and a time. A place alone is the address the calendar was made for.
    fn stop(&self, start: Moment, zone: Tz) -> Result<Option<Stop>, Code> {
        let Some(starts) = start.time.filter(|time| *time != NaiveTime::MIN) else { return Ok(None) };
        let place = self.get("LOCATION").map(ContentLine::text).unwrap_or_default().replace('\n', ", ");
        if place.is_empty() {
            return Ok(None);
        }
        let ends = self.get("DTEND").and_then(|line| moment(line, &line.value, zone));
        let ends = ends.filter(|end| end.day == start.day).and_then(|end| end.time);
        Ok(Some(Stop {
            place: Line::parse(place)?,
            starts: Some(starts),
            ends: ends.filter(|end| *end > starts),
        }))
    }
}

/// The days of a list. `EXDATE;VALUE=DATE` in a series with times means the day.
fn each_day(line: &ContentLine, zone: Tz) -> Option<Vec<NaiveDate>> {
    let values = line.value.split(',').map(str::trim).filter(|value| !value.is_empty());
    values.map(|value| moment(line, value, zone).map(|moment| moment.day)).collect()
}

/// A date, or a date with time; by world time it is turned to the town's clocks.
fn moment(line: &ContentLine, value: &str, zone: Tz) -> Option<Moment> {
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
        true => DateTime::<Utc>::from_naive_utc_and_offset(read, Utc).with_timezone(&zone).naive_local(),
        false => read,
    };
    Some(Moment { day: local.date(), time: Some(local.time()) })
}
