//! Events that come back (RFC 5545, RRULE), on the town's clocks: a market at nine stays at nine when the
//! clocks change.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use rrule::{Frequency, RRule, RRuleSet, Unvalidated};
use serde::{Deserialize, Serialize};

use crate::{error::Code, text::BadText};

/// Longest rule, in characters.
const LONGEST: usize = 200;
/// Most occurrences of one event in one window.
pub const MAX_OCCURRENCES: u16 = 400;
/// Most times a rule may count: three years day by day.
const MOST_COUNTED: u32 = 1_000;
/// The longest a rule may not come: what comes on 29 February does so after eight years at the latest. What comes
/// more seldom is looked for day by day, whenever somebody asks what is on.
const RAREST: TimeDelta = TimeDelta::days(3_653);
/// The parts a rule may have. Nothing of a town comes back by the hour, and such rules cost most.
const PARTS: [&str; 9] =
    ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"];
const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];

/// A rule by which an event comes back. It may have no end; it is only ever looked at within a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 10, max_length = 200, example = "FREQ=WEEKLY;BYDAY=TH")]
pub struct Recurrence(String);

/// One time an event takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether it was called off.
    pub cancelled: bool,
}

impl Recurrence {
    /// The rule if it is one that days, weeks, months or years make.
    pub fn parse(text: impl Into<String>) -> Result<Self, Code> {
        let text = text.into();
        if text.len() > LONGEST {
            return Err(Code::TooLong);
        }
        if text.len() < 10 {
            return Err(Code::TooShort);
        }
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or(Code::RecurrenceUnreadable)?;
            if !PARTS.contains(&name) || (name == "FREQ" && !FREQUENCIES.contains(&value)) {
                return Err(Code::RecurrenceUnreadable);
            }
        }
        RRule::<Unvalidated>::from_str(&text).map_err(|_| Code::RecurrenceUnreadable)?;
        Ok(Self(text))
    }

    /// The rule as RFC 5545 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The set of moments, beginning at `first` on the clocks of `zone`; none where the rule does not fit
    /// this beginning. Counted from no earlier than needed to know what comes after `after`.
    fn set(&self, first: DateTime<Utc>, zone: Tz, after: DateTime<Utc>) -> Option<RRuleSet> {
        let rule = RRule::<Unvalidated>::from_str(&self.0).ok()?;
        let begin = later(&rule, first, zone, after).unwrap_or(first).with_timezone(&rrule::Tz::Tz(zone));
        Some(RRuleSet::new(begin).rrule(rule.validate(begin).ok()?))
    }

    /// Whether the rule comes from `first` on, and does not take longer for it than [`RAREST`].
    pub fn fits(&self, first: DateTime<Utc>, zone: Tz) -> bool {
        let Some(set) = self.set(first, zone, first) else { return false };
        if set.get_rrule().iter().any(|rule| rule.get_count().is_some_and(|count| count > MOST_COUNTED)) {
            return false;
        }
        let found = set.all(2);
        let is_endless_search = found.limited && found.dates.len() < 2;
        let mut before = first;
        let mut follows = |moment: DateTime<Utc>| moment - std::mem::replace(&mut before, moment) <= RAREST;
        !found.dates.is_empty()
            && !is_endless_search
            && found.dates.iter().all(|moment| follows(moment.to_utc()))
    }

    /// The moments in `window`, at most [`MAX_OCCURRENCES`].
    pub fn moments(
        &self,
        first: DateTime<Utc>,
        zone: Tz,
        window: (DateTime<Utc>, DateTime<Utc>),
    ) -> Vec<DateTime<Utc>> {
        let clocks = rrule::Tz::Tz(zone);
        let (after, before) = (window.0.with_timezone(&clocks), window.1.with_timezone(&clocks));
        let Some(set) = self.set(first, zone, window.0) else { return Vec::new() };
        set.after(after).before(before).all(MAX_OCCURRENCES).dates.iter().map(DateTime::to_utc).collect()
    }
}

/// A later beginning, before `after`, from which a rule by days or weeks comes at the same times: so many whole
/// repetitions later. What is counted, or comes by months, is counted from its beginning.
fn later(
    rule: &RRule<Unvalidated>,
    first: DateTime<Utc>,
    zone: Tz,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let days = match rule.get_freq() {
        Frequency::Daily => 1,
        Frequency::Weekly => 7,
        _ => return None,
    };
    let every = i64::from(rule.get_interval()) * days;
    let (first, after) = (first.with_timezone(&zone).naive_local(), after.with_timezone(&zone).naive_local());
    let whole = (after.date() - first.date()).num_days().checked_div(every)?;
    if rule.get_count().is_some() {
        return None;
    }
    // A time that the clocks skip or show twice on that day would be another.
    let at = |repetition: i64| {
        let begin = first.checked_add_signed(TimeDelta::try_days(every.checked_mul(repetition)?)?)?;
        zone.from_local_datetime(&begin).single().map(|begin| begin.to_utc())
    };
    (1..=3).map(|fewer| whole - fewer).filter(|repetition| *repetition > 0).find_map(at)
}

impl TryFrom<String> for Recurrence {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(text).map_err(BadText)
    }
}
impl From<Recurrence> for String {
    fn from(rule: Recurrence) -> Self {
        rule.0
    }
}

/// When something takes place.
pub struct Times<'a> {
    /// When it begins the first time.
    pub first: DateTime<Utc>,
    /// When it ends the first time.
    pub end: Option<DateTime<Utc>>,
    /// How it comes back.
    pub rule: Option<&'a Recurrence>,
    /// The dates on which it was called off.
    pub off: &'a [NaiveDate],
    /// Whether all of it was called off.
    pub cancelled: bool,
}

impl Times<'_> {
    /// The times it takes place that touch `window`, in order.
    pub fn within(&self, zone: Tz, window: (DateTime<Utc>, DateTime<Utc>)) -> Vec<Occurrence> {
        let lasts = self.end.map_or(TimeDelta::zero(), |end| end - self.first);
        let moments = match self.rule {
            None => vec![self.first],
            Some(rule) => {
                let since = window.0.checked_sub_signed(lasts).unwrap_or(window.0);
                rule.moments(self.first, zone, (since, window.1))
            }
        };
        let end = |start: DateTime<Utc>| start.checked_add_signed(lasts).unwrap_or(start);
        let touches = |start: &DateTime<Utc>| *start <= window.1 && end(*start) >= window.0;
        moments
            .into_iter()
            .filter(touches)
            .map(|starts_at| Occurrence {
                starts_at,
                ends_at: self.end.map(|_| end(starts_at)),
                cancelled: self.cancelled || self.off.contains(&starts_at.with_timezone(&zone).date_naive()),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn year() -> (DateTime<Utc>, DateTime<Utc>) {
        (at("2026-01-01T00:00:00Z"), at("2026-12-31T23:59:59Z"))
    }

    #[test]
    fn a_market_at_nine_stays_at_nine() {
        let rule = Recurrence::parse("FREQ=WEEKLY;BYDAY=TH").unwrap();
        let window = (at("2026-03-20T00:00:00Z"), at("2026-04-05T00:00:00Z"));
        let moments = rule.moments(at("2026-01-08T08:00:00Z"), Berlin, window);
        assert_eq!(moments, [at("2026-03-26T08:00:00Z"), at("2026-04-02T07:00:00Z")]);
    }

    #[test]
    fn one_that_never_ends_ends_with_the_window() {
        let rule = Recurrence::parse("FREQ=DAILY").unwrap();
        assert_eq!(rule.moments(at("2026-01-01T08:00:00Z"), Berlin, year()).len(), 365);
        let ages = (at("1990-01-01T00:00:00Z"), at("2200-01-01T00:00:00Z"));
        assert_eq!(rule.moments(ages.0, Berlin, ages).len(), usize::from(MAX_OCCURRENCES));
    }

    #[test]
    fn one_that_never_comes_is_told() {
        for text in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        ] {
            let rule = Recurrence::parse(text).unwrap();
            assert!(!rule.fits(at("2026-01-08T08:00:00Z"), Berlin), "{text}");
            assert!(rule.moments(at("2026-01-08T08:00:00Z"), Berlin, year()).is_empty());
        }
    }

    #[test]
    fn one_that_comes_too_seldom_or_is_counted_too_far_is_told() {
        let fits = |text: &str| Recurrence::parse(text).unwrap().fits(at("2028-02-29T08:00:00Z"), Berlin);
        assert!(
            fits("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29")
                && fits("FREQ=DAILY;COUNT=1")
                && fits("FREQ=DAILY;COUNT=1000")
        );
        for text in [
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=TU",
            "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
            "FREQ=DAILY;COUNT=1001",
        ] {
            assert!(!fits(text), "{text}");
        }
    }

    /// What is counted from near the window is what is counted from the beginning.
    #[test]
    fn a_window_far_away_shows_the_same() {
        let firsts =
            ["2001-03-24T01:30:00Z", "2001-10-27T00:30:00Z", "2001-01-03T08:00:00Z", "2026-03-02T08:00:00Z"];
        for (first, rule) in firsts.iter().flat_map(|first| {
            [
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=3",
                "FREQ=WEEKLY",
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
                "FREQ=DAILY;BYMONTH=3;BYDAY=WE",
                "FREQ=WEEKLY;UNTIL=20260328T090000Z",
            ]
            .map(|rule| (at(first), Recurrence::parse(rule).unwrap()))
        }) {
            let clocks = rrule::Tz::Tz(Berlin);
            let plain = RRule::<Unvalidated>::from_str(rule.as_str()).unwrap();
            let plain = plain.validate(first.with_timezone(&clocks)).unwrap();
            let plain = RRuleSet::new(first.with_timezone(&clocks)).rrule(plain);
            let window = (at("2026-03-25T00:00:00Z"), at("2026-04-20T00:00:00Z"));
            let plain = plain.after(window.0.with_timezone(&clocks)).before(window.1.with_timezone(&clocks));
            let wanted: Vec<_> = plain.all(400).dates.iter().map(DateTime::to_utc).collect();
            assert_eq!(rule.moments(first, Berlin, window), wanted, "{} from {first}", rule.as_str());
        }
    }

    #[test]
    fn the_end_of_time_is_survived() {
        let rule = Recurrence::parse("FREQ=DAILY").unwrap();
        let (first, end) = (at("2026-01-08T08:00:00Z"), Some(at("2026-01-08T12:00:00Z")));
        let times = Times { first, end, rule: Some(&rule), off: &[], cancelled: false };
        let one =
            Times { first: DateTime::<Utc>::MAX_UTC, end: None, rule: None, off: &[], cancelled: false };
        assert!(one.within(Berlin, year()).is_empty());
        assert_eq!(times.within(Berlin, (DateTime::<Utc>::MIN_UTC + TimeDelta::days(2), first)).len(), 1);
    }

    #[test]
    fn what_is_no_rule_of_days_is_refused() {
        for text in [
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=5",
            "FREQ=HOURLY;COUNT=3",
            "FREQ=DAILY;BYHOUR=1,2,3",
            "FREQ=DAILY;X-A=1",
            "every thursday",
            "FREQ=DAILY\nEXDATE:20260101",
            "RRULE:FREQ=DAILY",
            "FREQ=WEEKLY;BYDAY=XX",
        ] {
            assert_eq!(Recurrence::parse(text), Err(Code::RecurrenceUnreadable), "{text}");
        }
        assert_eq!(Recurrence::parse("FREQ"), Err(Code::TooShort));
        assert_eq!(Recurrence::parse("F".repeat(201)), Err(Code::TooLong));
    }

    #[test]
    fn what_was_called_off_is_shown_as_such() {
        let rule = Recurrence::parse("FREQ=WEEKLY;COUNT=3").unwrap();
        let off = ["2026-01-15".parse().unwrap()];
        let first = at("2026-01-08T08:00:00Z");
        let end = Some(at("2026-01-08T12:00:00Z"));
        let times = Times { first, end, rule: Some(&rule), off: &off, cancelled: false };
        let all = times.within(Berlin, year());
        assert_eq!(all.iter().map(|one| one.cancelled).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(all[2].ends_at, Some(at("2026-01-22T12:00:00Z")));
        // One that has begun is still there.
        let running = (at("2026-01-08T11:00:00Z"), at("2026-01-08T13:00:00Z"));
        assert_eq!(times.within(Berlin, running).len(), 1);
    }
}
