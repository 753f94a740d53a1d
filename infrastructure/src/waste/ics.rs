//! Calendar files as districts publish them.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    Code, Error, Result,
    waste::{Column, Fault, Record, Source, Window, import::MOST_COLLECTIONS},
};

use super::{
    content_lines::{ContentLine, content_lines, decoded},
    event::Event,
};

/// A calendar file (RFC 5545).
pub struct Ics {
    bytes: Arc<[u8]>,
    zone: Tz,
}

impl Ics {
    /// A file, and the zone of the town's clocks.
    pub fn new(bytes: Vec<u8>, zone: Tz) -> Self {
        Self { bytes: bytes.into(), zone }
    }
}

#[async_trait]
impl Source for Ics {
    async fn read(&self, window: Window) -> Result<Vec<Result<Record, Fault>>> {
        let (bytes, zone) = (self.bytes.clone(), self.zone);
        let records = tokio::task::spawn_blocking(move || records(&bytes, zone, window)).await;
        records.map_err(|_| Error::refused(Code::Internal))?
    }
}

fn records(bytes: &[u8], zone: Tz, window: Window) -> Result<Vec<Result<Record, Fault>>> {
    let (events, faults) = events(bytes)?;
    let mut replaced: HashMap<&str, Vec<NaiveDate>> = HashMap::new();
    for event in &events {
        if let (Some(series), Some(day)) = (event.series(), event.replaces(zone)) {
            replaced.entry(series).or_default().push(day);
        }
    }
    let mut records = Vec::new();
    for event in &events {
        let is_exception = event.replaces(zone).is_some();
        let of_series = event.series().filter(|_| !is_exception).and_then(|series| replaced.get(series));
        records.extend(event.records(zone, window, of_series.map(Vec::as_slice).unwrap_or_default()));
        if records.len() > MOST_COLLECTIONS {
            return Err(Error::invalid("", Code::TooMany));
        }
    }
    records.extend(faults.into_iter().map(Err));
    Ok(records)
}

/// The events of a file, and those that are cut off.
fn events(bytes: &[u8]) -> Result<(Vec<Event>, Vec<Fault>)> {
    let text = decoded(bytes);
    let unreadable = || Error::invalid("", Code::CalendarUnreadable);
    let is_page = text.trim_start().get(..1).is_some_and(|first| first == "<");
    let lines = content_lines(&text);
    let is = |name: &str, value: &str, line: &ContentLine| {
        line.name == name && line.value.trim().eq_ignore_ascii_case(value)
    };
    if is_page || !lines.iter().any(|line| is("BEGIN", "VCALENDAR", line)) {
        return Err(unreadable());
    }
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    let (mut open, mut inside): (Option<Event>, u32) = (None, 0);
    for line in lines {
        let broken =
            |event: Event| Fault { line: event.line, column: Column::Line, code: Code::CalendarUnreadable };
        if is("BEGIN", "VEVENT", &line) {
            faults.extend(open.replace(Event::new(line.number)).map(broken));
            inside = 0;
        } else if is("END", "VEVENT", &line) {
            events.extend(open.take());
        } else if line.name == "BEGIN" {
            inside = inside.saturating_add(1);
        } else if line.name == "END" {
            inside = inside.saturating_sub(1);
        } else if let Some(event) = open.as_mut().filter(|_| inside == 0) {
            event.add(line);
        }
    }
    // A file that was cut off.
    faults.extend(open.map(|event| Fault {
        line: event.line,
        column: Column::Line,
        code: Code::CalendarUnreadable,
    }));
    Ok((events, faults))
}

#[cfg(test)]
#[path = "ics_tests.rs"]
mod tests;
