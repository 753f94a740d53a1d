//! Working days and public holidays, in the town's own time zone.

mod holidays;

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

pub use holidays::{FederalState, Holiday, easter, holiday};

/// The years a town reckons with. What lies outside is a slip of the pen, and where time ends nothing can be added to
/// it.
const YEARS: RangeInclusive<i32> = 2000..=2100;

/// Whether a date is one a town reckons with.
pub fn is_reckoned_with(date: impl Datelike) -> bool {
    YEARS.contains(&date.year())
}

/// When a town hall works: Monday to Friday, except public holidays of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TownCalendar {
    /// The state whose holidays hold.
    pub state: FederalState,
    /// The time zone that says which day it is.
    pub zone: Tz,
}

impl TownCalendar {
    /// The moment on the town's clocks.
    pub fn local(self, moment: DateTime<Utc>) -> DateTime<Tz> {
        moment.with_timezone(&self.zone)
    }

    /// The town's date at this moment.
    pub fn date(self, moment: DateTime<Utc>) -> NaiveDate {
        self.local(moment).date_naive()
    }

    /// The public holiday on a date.
    pub fn holiday(self, date: NaiveDate) -> Option<Holiday> {
        holiday(date, self.state)
    }

    /// Whether the town hall works on a date.
    pub fn is_working_day(self, date: NaiveDate) -> bool {
        let weekend = matches!(date.weekday(), chrono::Weekday::Sat | chrono::Weekday::Sun);
        !weekend && self.holiday(date).is_none()
    }

    /// The end of the `days`th working day after the town's date at `from`. That date itself does
    /// not count (§ 187 BGB); with 0 days it is the end of that date, or of the next working day.
    ///
    /// The end of a day is its last whole second, 23:59:59 on the town's clocks, so that the moment
    /// shows the right date.
    pub fn add_working_days(self, from: DateTime<Utc>, days: u16) -> DateTime<Utc> {
        let start = self.date(from);
        let mut date = start;
        let mut left = days;
        while left > 0 || !self.is_working_day(date) {
            let Some(next) = date.succ_opt() else { break };
            date = next;
            if left > 0 && self.is_working_day(date) {
                left -= 1;
            }
        }
        self.end_of(date)
    }

    /// Working days after the town's date at `from`, up to and including its date at `to`.
    pub fn working_days_between(self, from: DateTime<Utc>, to: DateTime<Utc>) -> u16 {
        let end = self.date(to);
        let count = self
            .date(from)
            .iter_days()
            .skip(1)
            .take_while(|date| *date <= end)
            .filter(|date| self.is_working_day(*date))
            .count();
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// The last working day before the town's date at `moment`, at `time` on the town's clocks.
    pub fn working_day_before(self, moment: DateTime<Utc>, time: NaiveTime) -> DateTime<Utc> {
        let mut date = self.date(moment);
        while let Some(previous) = date.pred_opt() {
            date = previous;
            if self.is_working_day(date) {
                break;
            }
        }
        self.at(date, time)
    }

    /// The last whole second of a date.
    pub fn end_of(self, date: NaiveDate) -> DateTime<Utc> {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
        self.at(next, NaiveTime::MIN) - Duration::seconds(1)
    }

    /// A time on the town's clocks. Where the clocks show it twice, the first; where they skip it,
    /// the moment they skip to.
    pub fn at(self, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
        let local = date.and_time(time);
        // No zone has ever skipped more than a day.
        (0..=24 * 4)
            .find_map(|quarter| {
                (local + Duration::minutes(15 * quarter)).and_local_timezone(self.zone).earliest()
            })
            .map_or_else(|| local.and_utc(), |moment| moment.to_utc())
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
