//! Events out of calendar files (RFC 5545).

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Code, Error, Result,
    content::{
        Event, Kind, Recurrence, Sheet,
        sources::{Fault, Item, import::MOST_ITEMS},
    },
    geo::Point,
    text::{AddressLine, Line},
};

use super::words::{german, key, link, on_one_line};
use crate::sources::{ContentLine, Moment, Vevent, each_moment, moment, vevents};

/// The longest an event may be said to last. Whether that is too long for one, is seen later.
const LONGEST: TimeDelta = TimeDelta::weeks(1_000);

/// The events of a file.
///
/// # Errors
/// [`Code::CalendarUnreadable`] for what is no calendar; [`Code::TooMany`].
pub fn items(bytes: &[u8], zone: Tz) -> Result<Vec<Result<Item, Fault>>> {
    let (events, broken) = vevents(bytes).ok_or_else(|| Error::invalid("", Code::CalendarUnreadable))?;
    let mut replaced: HashMap<&str, Vec<NaiveDate>> = HashMap::new();
    for event in &events {
        if let (Some(series), Some(day)) = (event.series(), event.replaces(zone)) {
            replaced.entry(series).or_default().push(day);
        }
    }
    let mut items = Vec::new();
    for event in &events {
        let is_exception = event.replaces(zone).is_some();
        let of_series = event.series().filter(|_| !is_exception).and_then(|series| replaced.get(series));
        match read(event, zone, of_series.map(Vec::as_slice).unwrap_or_default()) {
            Ok(read) => items.extend(read.into_iter().map(Ok)),
            Err(fault) => items.push(Err(fault)),
        }
        if items.len() > MOST_ITEMS {
            return Err(Error::invalid("", Code::TooMany));
        }
    }
    let fault = |line| Fault { line, pointer: String::new(), code: Code::CalendarUnreadable };
    items.extend(broken.into_iter().map(|line| Err(fault(line))));
    Ok(items)
}

/// An event, and one more for each further date it names one by one.
fn read(event: &Vevent, zone: Tz, replaced: &[NaiveDate]) -> Result<Vec<Item>, Fault> {
    let fault = |line: Option<&ContentLine>, pointer: &str, code| Fault {
        line: line.map_or(event.line, |line| line.number),
        pointer: pointer.to_owned(),
        code,
    };
    let text = |name| event.get(name).map(ContentLine::text).unwrap_or_default();
    let begins = event.get("DTSTART");
    let start = begins.ok_or_else(|| fault(None, "/dtstart", Code::Required))?;
    let start =
        moment(start, &start.value, zone).ok_or_else(|| fault(begins, "/dtstart", Code::WrongType))?;
    let summary = event.get("SUMMARY");
    let words = german(&text("SUMMARY"), "", &text("DESCRIPTION"));
    let words = words.map_err(|_| fault(summary, "/summary", Code::Required))?;
    let lasts = lasting(event, start, zone).map_err(|line| fault(Some(line), "/dtend", Code::WrongType))?;
    let unreadable = |line| fault(Some(line), "/recurrence", Code::RecurrenceUnreadable);
    let rule = event.get("RRULE");
    let recurrence = rule.map(|line| recurring(&line.value, zone).map_err(|_| unreadable(line)));
    let mut off: HashSet<NaiveDate> = replaced.iter().copied().collect();
    for line in event.all("EXDATE") {
        let days = each_moment(line, zone).ok_or_else(|| fault(Some(line), "/exdate", Code::WrongType))?;
        off.extend(days.into_iter().map(|moment| moment.day));
    }
    let mut others = Vec::new();
    for line in event.all("RDATE") {
        let more = each_moment(line, zone).ok_or_else(|| fault(Some(line), "/rdate", Code::WrongType))?;
        others
            .extend(more.into_iter().filter(|moment| moment.day != start.day && !off.contains(&moment.day)));
        // Each is a copy of the whole event: before there are more than a source may have.
        if others.len() > MOST_ITEMS {
            return Err(fault(Some(line), "/rdate", Code::TooMany));
        }
    }
    // A date that was called off is said only where there are others.
    let recurrence = recurrence.transpose()?;
    let mut off: Vec<_> = off.into_iter().filter(|_| recurrence.is_some()).collect();
    off.sort_unstable();

    let mut sheet = Sheet::of(words);
    sheet.location = event.get("GEO").and_then(place);
    sheet.address = AddressLine::parse(on_one_line(&text("LOCATION"), AddressLine::MAX)).ok();
    sheet.links.extend(event.get("URL").and_then(|line| link("Mehr dazu", &line.value)));
    let starts_at = start.instant(zone);
    sheet.event = Some(Event {
        starts_at,
        ends_at: lasts.map(|lasts| starts_at + lasts),
        recurrence,
        cancelled: event.is_cancelled(),
        cancelled_dates: off,
        organizer: organizer(event),
        price: None,
    });
    let key = match (event.series(), event.replaces(zone)) {
        (Some(series), Some(day)) => key(&format!("{series}/{day}")),
        (Some(series), None) => key(series),
        // Without a name of its own it is the one of this name at this time.
        (None, _) => key(&format!("{starts_at}/{}", text("SUMMARY"))),
    };
    let item = Item { line: event.line, key, kind: Kind::Event, sheet, dated: None };
    let again = |other: Moment| {
        let mut again = item.clone();
        again.key = super::words::key(&format!("{}/{}", item.key, other.day));
        let starts_at = Moment { time: other.time.or(start.time), ..other }.instant(zone);
        if let Some(event) = &mut again.sheet.event {
            (event.starts_at, event.ends_at) = (starts_at, lasts.map(|lasts| starts_at + lasts));
            (event.recurrence, event.cancelled_dates) = (None, Vec::new());
        }
        again
    };
    let again: Vec<_> = others.into_iter().map(again).collect();
    Ok(std::iter::once(item).chain(again).collect())
}

/// How long an event lasts, where that is said. An end that is no later than the beginning says nothing.
fn lasting(event: &Vevent, start: Moment, zone: Tz) -> Result<Option<TimeDelta>, &ContentLine> {
    if let Some(line) = event.get("DTEND") {
        let end = moment(line, &line.value, zone).ok_or(line)?;
        let lasts = end.instant(zone) - start.instant(zone);
        return Ok(Some(lasts).filter(|lasts| *lasts > TimeDelta::zero()));
    }
    let Some(line) = event.get("DURATION") else {
        // A whole day lasts until the next.
        let tomorrow = start.day.checked_add_days(Days::new(1)).filter(|_| start.time.is_none());
        return Ok(tomorrow.map(|day| Moment { day, time: None }.instant(zone) - start.instant(zone)));
    };
    duration(&line.value).map(Some).ok_or(line)
}

/// `P1DT2H30M`, `P2W` (RFC 5545, 3.3.6).
fn duration(text: &str) -> Option<TimeDelta> {
    let mut rest = text.trim().strip_prefix('+').unwrap_or(text.trim()).strip_prefix('P')?;
    let mut sum = TimeDelta::zero();
    while !rest.is_empty() {
        rest = rest.strip_prefix('T').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at_checked(end)?;
        let number: i64 = number.parse().ok()?;
        let (unit, after) = unit.split_at_checked(1)?;
        let part = match unit {
            "W" => TimeDelta::try_weeks(number),
            "D" => TimeDelta::try_days(number),
            "H" => TimeDelta::try_hours(number),
            "M" => TimeDelta::try_minutes(number),
            "S" => TimeDelta::try_seconds(number),
            _ => None,
        };
        sum = sum.checked_add(&part?).filter(|sum| *sum <= LONGEST)?;
        rest = after;
    }
    Some(sum).filter(|sum| *sum > TimeDelta::zero())
}

/// The rule as it is kept: in capitals, an end by world time, without what only says the time of the
/// beginning once more.
fn recurring(rule: &str, zone: Tz) -> Result<Recurrence, Code> {
    let mut parts = Vec::new();
    for part in rule.trim().trim_end_matches(';').split(';') {
        let (name, value) = part.split_once('=').ok_or(Code::RecurrenceUnreadable)?;
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
        match name.as_str() {
            "UNTIL" => {
                let day: String = value.chars().take(8).collect();
                let day =
                    NaiveDate::parse_from_str(&day, "%Y%m%d").map_err(|_| Code::RecurrenceUnreadable)?;
                let end = match value.ends_with('Z') && value.len() == 16 {
                    true => value,
                    false => {
                        let time = chrono::NaiveTime::from_hms_opt(23, 59, 59);
                        let end: chrono::DateTime<Utc> = Moment { day, time }.instant(zone);
                        end.format("%Y%m%dT%H%M%SZ").to_string()
                    }
                };
                parts.push(format!("UNTIL={end}"));
            }
            _ => parts.push(format!("{name}={value}")),
        }
    }
    Recurrence::parse(parts.join(";"))
}

/// `51.59;12.58` (RFC 5545, 3.8.1.6): latitude first.
fn place(line: &ContentLine) -> Option<Point> {
    let (lat, lon) = line.value.split_once([';', ','])?;
    let round = |text: &str| text.trim().parse().ok().map(super::map::rounded);
    let point = Point { lat: round(lat)?, lon: round(lon)? };
    // Programs write zeros where they know no place.
    Some(point).filter(|point| point.lat != 0.0 || point.lon != 0.0)
}

fn organizer(event: &Vevent) -> Option<Line> {
    let line = event.get("ORGANIZER")?;
    let (_, name) = line.parameters.iter().find(|(name, _)| name == "CN")?;
    Line::parse(on_one_line(name, Line::MAX)).ok()
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
