//! Calendar files as districts publish them.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::{
    Code, Error, Result,
    waste::{Column, Fault, Record, Source, Window, import::MOST_COLLECTIONS},
};

use super::event;
use crate::sources::vevents;

/// Rules of one file. Each is counted out, also one that yields nothing.
const MOST_RULES: usize = 500;

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
    let (events, broken) = vevents(bytes).ok_or_else(|| Error::invalid("", Code::CalendarUnreadable))?;
    let mut replaced: HashMap<&str, Vec<NaiveDate>> = HashMap::new();
    for event in &events {
        if let (Some(series), Some(day)) = (event.series(), event.replaces(zone)) {
            replaced.entry(series).or_default().push(day);
        }
    }
    let rules = events.iter().map(|event| event.all("RRULE").count()).sum::<usize>();
    if events.len() > MOST_COLLECTIONS || rules > MOST_RULES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let mut records = Vec::new();
    for event in &events {
        let is_exception = event.replaces(zone).is_some();
        let of_series = event.series().filter(|_| !is_exception).and_then(|series| replaced.get(series));
        records.extend(event::records(event, zone, window, of_series.map(Vec::as_slice).unwrap_or_default()));
        if records.len() > MOST_COLLECTIONS {
            return Err(Error::invalid("", Code::TooMany));
        }
    }
    let fault = |line| Fault { line, column: Column::Line, code: Code::CalendarUnreadable };
    records.extend(broken.into_iter().map(|line| Err(fault(line))));
    Ok(records)
}

#[cfg(test)]
#[path = "ics_tests.rs"]
mod tests;

#[cfg(test)]
mod bounds {
    use super::*;

    fn calendar(rule: &str, events: usize) -> Result<Vec<Result<Record, Fault>>> {
        let event =
            format!("BEGIN:VEVENT\nSUMMARY:Rest\nDTSTART;VALUE=DATE:20260105\nRRULE:{rule}\nEND:VEVENT\n");
        let file = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event.repeat(events));
        let window = Window { from: "2026-01-01".parse().unwrap(), until: "2026-02-17".parse().unwrap() };
        records(file.as_bytes(), chrono_tz::Europe::Berlin, window)
    }

    #[test]
    fn rules_that_yield_nothing_count_as_well() {
        assert!(calendar("FREQ=YEARLY;BYMONTH=8", MOST_RULES).unwrap().iter().all(Result::is_ok));
        assert!(calendar("FREQ=YEARLY;BYMONTH=8", MOST_RULES + 1).is_err());
    }
}
