//! When to try again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Severity;

/// Waiting times of routine messages in seconds; the last repeats.
const ROUTINE: [u64; 6] = [10, 60, 300, 1_800, 7_200, 21_600];
/// First waiting time of a crisis message in seconds; each next is twice as long.
const CRISIS_FIRST: u64 = 10;
/// Longest waiting time of a crisis message in seconds.
const CRISIS_LONGEST: u64 = 300;

/// The schedule without chance: how long to wait after `attempts` attempts (at least one) failed.
pub fn wait(severity: Severity, attempts: u32) -> Duration {
    let steps = attempts.saturating_sub(1);
    Duration::from_secs(if severity.is_routine() {
        let step = usize::try_from(steps).unwrap_or(usize::MAX);
        let last = ROUTINE.last().copied().unwrap_or_default();
        ROUTINE.get(step).copied().unwrap_or(last)
    } else {
        2_u64.saturating_pow(steps).saturating_mul(CRISIS_FIRST).min(CRISIS_LONGEST)
    })
}

/// The same with up to 20 % more or less, so that what failed together does not return together.
/// `chance` is any random number.
pub fn jittered(wait: Duration, chance: u32) -> Duration {
    let percent = chance % 41 + 80;
    wait.saturating_mul(percent) / 100
}

/// When to try again after `attempts` attempts failed at `now`: the schedule with jitter, never
/// earlier than the provider asked for. `None` where that is not before `expires_at`: give up.
pub fn next_attempt(
    severity: Severity,
    attempts: u32,
    asked: Option<Duration>,
    chance: u32,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let wait = jittered(wait(severity, attempts), chance).max(asked.unwrap_or_default());
    let at = now.checked_add_signed(TimeDelta::from_std(wait).ok()?)?;
    (at < expires_at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(severity: Severity) -> Vec<u64> {
        (1..=8).map(|attempts| wait(severity, attempts).as_secs()).collect()
    }

    fn noon() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn schedules() {
        let routine = [10, 60, 300, 1_800, 7_200, 21_600, 21_600, 21_600];
        assert_eq!(seconds(Severity::Notice), routine);
        assert_eq!(seconds(Severity::Information), routine);
        assert_eq!(seconds(Severity::Important), routine);
        assert_eq!(seconds(Severity::Crisis), [10, 20, 40, 80, 160, 300, 300, 300]);
        assert_eq!(wait(Severity::Crisis, u32::MAX).as_secs(), 300);
        assert_eq!(wait(Severity::Notice, 0).as_secs(), 10);
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_uses_all_of_it() {
        let waits: Vec<u128> =
            (0..10_000).map(|chance| jittered(Duration::from_secs(10), chance).as_millis()).collect();
        assert_eq!(waits.iter().min(), Some(&8_000));
        assert_eq!(waits.iter().max(), Some(&12_000));
        assert_eq!(jittered(Duration::from_secs(10), u32::MAX).as_secs() / 13, 0);
    }

    #[test]
    fn never_earlier_than_asked() {
        let at = next_attempt(
            Severity::Notice,
            1,
            Some(Duration::from_secs(900)),
            0,
            noon(),
            noon() + TimeDelta::days(1),
        );
        assert_eq!(at, Some(noon() + TimeDelta::seconds(900)));
    }

    #[test]
    fn gives_up_at_expiry() {
        let next = |expires: i64, chance| {
            next_attempt(Severity::Crisis, 1, None, chance, noon(), noon() + TimeDelta::seconds(expires))
        };
        assert_eq!(next(9, 0), Some(noon() + TimeDelta::seconds(8)));
        assert_eq!(next(8, 0), None);
        assert_eq!(next(-1, 0), None);
        assert_eq!(
            next_attempt(Severity::Notice, 1, Some(Duration::MAX), 0, noon(), DateTime::<Utc>::MAX_UTC),
            None
        );
    }
}
