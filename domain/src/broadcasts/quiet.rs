//! Hours in which only danger wakes anybody.

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::Draft;
use crate::{Error, Result, deliveries::Severity, error::Code};

/// The first hour of the night.
const FROM: u32 = 21;
/// The first hour of the day.
const TO: u32 = 7;

/// When something may be sent that is ready now: at once, or when the night in the town is over. Danger does
/// not wait, and neither does what is to be read today.
pub fn not_before(now: DateTime<Utc>, severity: Severity, zone: Tz) -> DateTime<Utc> {
    if severity == Severity::Information { morning(now, zone) } else { now }
}

/// At once by day; at night, the morning in the town.
pub fn morning(now: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&zone);
    let days = match local.hour() {
        hour if hour >= FROM => 1,
        hour if hour < TO => 0,
        _ => return now,
    };
    let morning = NaiveTime::from_hms_opt(TO, 0, 0).unwrap_or_default();
    let date = local.date_naive().checked_add_days(Days::new(days)).unwrap_or(local.date_naive());
    // The clocks never change at seven.
    let morning = date.and_time(morning).and_local_timezone(zone).earliest();
    morning.map_or(now + TimeDelta::hours(8), |morning| morning.with_timezone(&Utc))
}

/// Checks that a draft is still worth something when the night is over that it waits for.
///
/// # Errors
/// [`Code::EndsAtNight`] at `/expires_at`.
pub fn check(draft: &Draft, now: DateTime<Utc>, zone: Tz) -> Result<()> {
    let ready = draft.send_at.unwrap_or(now).max(now);
    let morning = not_before(ready, draft.severity, zone);
    if morning > ready && (ready..=morning).contains(&draft.expires_at) {
        return Err(Error::invalid("/expires_at", Code::EndsAtNight));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_wait_for_the_town_s_morning_and_danger_does_not() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, morning) in [
            ("2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"),
            ("2026-11-23T19:59:59Z", "2026-11-23T19:59:59Z"),
            ("2026-11-23T20:00:00Z", "2026-11-24T06:00:00Z"),
            ("2026-11-24T05:59:59Z", "2026-11-24T06:00:00Z"),
            ("2026-11-24T06:00:00Z", "2026-11-24T06:00:00Z"),
            // The night in which summer time ends.
            ("2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z"),
        ] {
            assert_eq!(not_before(at(now), Severity::Information, zone), at(morning), "{now}");
            assert_eq!(not_before(at(now), Severity::Important, zone), at(now));
            assert_eq!(not_before(at(now), Severity::Crisis, zone), at(now));
        }
    }
}
