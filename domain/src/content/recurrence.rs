//! Events that come back (RFC 5545, RRULE), on the town's clocks: a market at nine stays at nine when the
//! clocks change.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use rrule::{RRule, RRuleSet, Unvalidated};
use serde::{Deserialize, Serialize};

use crate::{error::Code, text::BadText};

/// Longest rule, in characters.
const LONGEST: usize = 200;
/// Most occurrences of one event in one window.
pub const MAX_OCCURRENCES: u16 = 400;
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
    /// this beginning or nothing ever comes of it.
    fn set(&self, first: DateTime<Utc>, zone: Tz) -> Option<RRuleSet> {
        let first = first.with_timezone(&rrule::Tz::Tz(zone));
        let rule = RRule::<Unvalidated>::from_str(&self.0).ok()?.validate(first).ok()?;
        Some(RRuleSet::new(first).rrule(rule))
    }

    /// Whether the rule yields at least one moment from `first` on.
    pub fn fits(&self, first: DateTime<Utc>, zone: Tz) -> bool {
        self.set(first, zone).is_some_and(|set| !set.all(1).dates.is_empty())
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
        let Some(set) = self.set(first, zone) else { return Vec::new() };
        set.after(after).before(before).all(MAX_OCCURRENCES).dates.iter().map(DateTime::to_utc).collect()
    }
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
            Some(rule) => rule.moments(self.first, zone, (window.0 - lasts, window.1)),
        };
        let touches = |start: &DateTime<Utc>| *start <= window.1 && *start + lasts >= window.0;
        moments
            .into_iter()
            .filter(touches)
            .map(|starts_at| Occurrence {
                starts_at,
                ends_at: self.end.map(|_| starts_at + lasts),
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
