//! Days of something that repeats, never more than a calendar can hold.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{Code, waste::Window};
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

/// Days one rule may name within the window: each day of three years.
const MOST: u16 = 1_100;

/// The days of a rule that begins on `first`, within the window. A rule without an end ends there.
///
/// # Errors
/// [`Code::RecurrenceUnreadable`] for what is no rule, and for one that repeats within a day.
pub fn days(rule: &str, first: NaiveDate, window: Window) -> Result<Vec<NaiveDate>, Code> {
    let invalid = |_| Code::RecurrenceUnreadable;
    let rule: RRule<Unvalidated> = whole_days(rule)?.parse().map_err(invalid)?;
    let frequency = rule.get_freq();
    if !matches!(frequency, Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly) {
        return Err(Code::RecurrenceUnreadable);
    }
    let start = midnight(first);
    let set = RRuleSet::new(start).rrule(rule.validate(start).map_err(invalid)?);
    let (from, until) = (window.from.max(first), window.until);
    if from > until {
        return Ok(Vec::new());
    }
    // Both ends are included.
    let found = set.after(midnight(from)).before(midnight(until)).all(MOST);
    if found.limited {
        return Err(Code::RecurrenceUnreadable);
    }
    Ok(found.dates.into_iter().map(|moment| moment.date_naive()).collect())
}

/// The rule with an end at the end of its day, whatever form it was written in, as the library asks for
/// the same form as the beginning's. Nothing within a day.
fn whole_days(rule: &str) -> Result<String, Code> {
    let mut parts = Vec::new();
    for part in rule.trim().trim_end_matches(';').split(';') {
        let (name, value) = part.split_once('=').ok_or(Code::RecurrenceUnreadable)?;
        let (name, value) = (name.trim().to_ascii_uppercase(), value.trim());
        match name.as_str() {
            "UNTIL" => {
                let day: String = value.chars().take(8).collect();
                NaiveDate::parse_from_str(&day, "%Y%m%d").map_err(|_| Code::RecurrenceUnreadable)?;
                parts.push(format!("UNTIL={day}T235959Z"));
            }
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => return Err(Code::RecurrenceUnreadable),
            _ => parts.push(format!("{name}={value}")),
        }
    }
    Ok(parts.join(";"))
}

fn midnight(day: NaiveDate) -> DateTime<Tz> {
    let utc: DateTime<Utc> = day.and_time(NaiveTime::MIN).and_utc();
    utc.with_timezone(&Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(rule: &str, first: &str) -> Result<Vec<String>, Code> {
        let window = Window { from: "2026-01-01".parse().unwrap(), until: "2026-02-10".parse().unwrap() };
        let days = days(rule, first.parse().unwrap(), window)?;
        Ok(days.into_iter().map(|day| day.format("%m-%d").to_string()).collect())
    }

    #[test]
    fn rules_of_districts_are_followed_within_the_window() {
        for (rule, first, wanted) in [
            ("FREQ=WEEKLY;INTERVAL=2", "2026-01-05", vec!["01-05", "01-19", "02-02"]),
            ("FREQ=WEEKLY;INTERVAL=2", "2025-12-22", vec!["01-05", "01-19", "02-02"]),
            ("FREQ=WEEKLY;UNTIL=20260112", "2026-01-05", vec!["01-05", "01-12"]),
            ("FREQ=WEEKLY;UNTIL=20260112T090000Z;", "2026-01-05", vec!["01-05", "01-12"]),
            ("freq=MONTHLY;BYDAY=1TU", "2026-01-06", vec!["01-06", "02-03"]),
            ("FREQ=WEEKLY;COUNT=2;BYDAY=MO", "2026-01-05", vec!["01-05", "01-12"]),
            ("FREQ=YEARLY", "2026-03-01", vec![]),
        ] {
            assert_eq!(seen(rule, first).unwrap(), wanted, "{rule} from {first}");
        }
    }

    #[test]
    fn what_never_ends_ends_with_the_window() {
        assert_eq!(seen("FREQ=DAILY", "1901-01-01").unwrap().len(), 41);
        assert_eq!(seen("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01").unwrap_or_default(), [""; 0]);
    }

    #[test]
    fn what_is_no_rule_of_days_is_refused() {
        for rule in [
            "FREQ=SECONDLY",
            "FREQ=MINUTELY;INTERVAL=1",
            "FREQ=HOURLY",
            "FREQ=WEEKLY;BYSECOND=0,1,2",
            "FREQ=",
            "",
            "WEEKLY",
            "FREQ=WEEKLY;UNTIL=soon",
            "FREQ=WEEKLY;INTERVAL=0x",
            "FREQ=WEEKLY;BYDAY=XX",
        ] {
            assert_eq!(seen(rule, "2026-01-05"), Err(Code::RecurrenceUnreadable), "{rule}");
        }
    }
}
