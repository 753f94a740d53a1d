//! One event of an iCalendar file as collections.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use domain::{
    Code,
    text::Line,
    waste::{Column, Fault, Record, Stop, Window},
};

use super::recurrence;
use crate::sources::{ContentLine, Moment, Vevent, each_moment, moment};

/// The days of an event as lines; `replaced` are days of its series that other events stand in the place of.
/// One that is cancelled has none.
pub fn records(
    event: &Vevent,
    zone: Tz,
    window: Window,
    replaced: &[NaiveDate],
) -> Vec<Result<Record, Fault>> {
    if event.is_cancelled() {
        return Vec::new();
    }
    match read(event, zone, window, replaced) {
        Ok(records) => records.into_iter().map(Ok).collect(),
        Err(fault) => vec![Err(fault)],
    }
}

fn read(event: &Vevent, zone: Tz, window: Window, replaced: &[NaiveDate]) -> Result<Vec<Record>, Fault> {
    let fault = |line: Option<&ContentLine>, column, code| Fault {
        line: line.map_or(event.line, |line| line.number),
        column,
        code,
    };
    let start_line = event.get("DTSTART");
    let start = start_line.ok_or_else(|| fault(None, Column::Date, Code::Required))?;
    let start =
        moment(start, &start.value, zone).ok_or_else(|| fault(start_line, Column::Date, Code::WrongType))?;
    let summary = event.get("SUMMARY");
    let waste = summary.map(ContentLine::text).unwrap_or_default();
    if waste.is_empty() {
        return Err(fault(summary, Column::Waste, Code::Required));
    }
    let mut days = vec![start.day];
    for rule in event.all("RRULE") {
        let more = recurrence::days(&rule.value, start.day, window);
        days.extend(more.map_err(|code| fault(Some(rule), Column::Recurrence, code))?);
    }
    for line in event.all("RDATE") {
        days.extend(
            each_day(line, zone).ok_or_else(|| fault(Some(line), Column::Recurrence, Code::WrongType))?,
        );
    }
    let mut without = replaced.to_vec();
    for line in event.all("EXDATE") {
        without.extend(
            each_day(line, zone).ok_or_else(|| fault(Some(line), Column::Recurrence, Code::WrongType))?,
        );
    }
    days.sort_unstable();
    days.dedup();
    days.retain(|day| !without.contains(day));
    let stop = stop(event, start, zone).map_err(|code| fault(event.get("LOCATION"), Column::Place, code))?;
    let line = start_line.map_or(event.line, |line| line.number);
    let record = |date| Record { line, waste: waste.clone(), date, section: None, stop: stop.clone() };
    Ok(days.into_iter().map(record).collect())
}

/// Where a vehicle stops: a place and a time. A place alone is the address the calendar was made for.
fn stop(event: &Vevent, start: Moment, zone: Tz) -> Result<Option<Stop>, Code> {
    let Some(starts) = start.time.filter(|time| *time != NaiveTime::MIN) else { return Ok(None) };
    let place = event.get("LOCATION").map(ContentLine::text).unwrap_or_default().replace('\n', ", ");
    if place.is_empty() {
        return Ok(None);
    }
    let ends = event.get("DTEND").and_then(|line| moment(line, &line.value, zone));
    let ends = ends.filter(|end| end.day == start.day).and_then(|end| end.time);
    Ok(Some(Stop {
        place: Line::parse(place)?,
        starts: Some(starts),
        ends: ends.filter(|end| *end > starts),
    }))
}

/// The days of a list. `EXDATE;VALUE=DATE` in a series with times means the day.
fn each_day(line: &ContentLine, zone: Tz) -> Option<Vec<NaiveDate>> {
    Some(each_moment(line, zone)?.into_iter().map(|moment| moment.day).collect())
}
