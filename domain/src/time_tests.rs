use chrono::TimeZone;
use proptest::prelude::*;

use super::*;

const SAXONY: TownCalendar = TownCalendar { state: FederalState::Sn, zone: Tz::Europe__Berlin };

/// A moment on clocks in Saxony.
fn local(text: &str) -> DateTime<Utc> {
    let naive = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap();
    Tz::Europe__Berlin.from_local_datetime(&naive).unwrap().to_utc()
}

#[test]
fn due_dates_skip_weekends_and_holidays() {
    for (from, days, due) in [
        // An ordinary week.
        ("2026-11-23 10:00:00", 1, "2026-11-24"),
        ("2026-11-23 10:00:00", 5, "2026-11-30"),
        // The Day of Repentance, a Wednesday.
        ("2026-11-17 10:00:00", 1, "2026-11-19"),
        // Friday evening, Saturday, Sunday: the count starts on Monday.
        ("2026-11-20 23:30:00", 1, "2026-11-23"),
        ("2026-11-21 09:00:00", 1, "2026-11-23"),
        ("2026-11-22 09:00:00", 1, "2026-11-23"),
        // Over Christmas 2026: the 25th is a Friday, the 26th a Saturday, 1 January a Friday.
        ("2026-12-23 12:00:00", 3, "2026-12-29"),
        ("2026-12-30 12:00:00", 2, "2027-01-04"),
        // Over Easter 2026.
        ("2026-04-02 12:00:00", 1, "2026-04-07"),
        // Reformation Day 2025, a Friday.
        ("2025-10-30 12:00:00", 1, "2025-11-03"),
        // No day at all: today, or the next working day.
        ("2026-11-23 10:00:00", 0, "2026-11-23"),
        ("2026-11-18 10:00:00", 0, "2026-11-19"),
    ] {
        assert_eq!(
            SAXONY.add_working_days(local(from), days),
            local(&format!("{due} 23:59:59")),
            "{from} + {days}"
        );
    }
}

#[test]
fn neighbours_keep_other_holidays() {
    let berlin = TownCalendar { state: FederalState::Be, ..SAXONY };
    assert_eq!(berlin.add_working_days(local("2026-11-17 10:00:00"), 1), local("2026-11-18 23:59:59"));
}

#[test]
fn the_town_s_date_counts_not_the_date_in_greenwich() {
    // 00:30 on Tuesday in Saxony is still Monday in Greenwich.
    let moment = local("2026-11-24 00:30:00");
    assert_eq!(moment.date_naive().to_string(), "2026-11-23");
    assert_eq!(SAXONY.add_working_days(moment, 1), local("2026-11-25 23:59:59"));
}

#[test]
fn days_end_on_the_town_s_clocks_across_both_changes() {
    // To summer time on 29 March 2026, a Sunday: 23:59:59 is 22:59:59Z before and 21:59:59Z after.
    let before = SAXONY.add_working_days(local("2026-03-26 10:00:00"), 1);
    let after = SAXONY.add_working_days(local("2026-03-27 10:00:00"), 1);
    assert_eq!(before.to_rfc3339(), "2026-03-27T22:59:59+00:00");
    assert_eq!(after.to_rfc3339(), "2026-03-30T21:59:59+00:00");
    // Back on 25 October 2026, a Sunday.
    let before = SAXONY.add_working_days(local("2026-10-22 10:00:00"), 1);
    let after = SAXONY.add_working_days(local("2026-10-23 10:00:00"), 1);
    assert_eq!(before.to_rfc3339(), "2026-10-23T21:59:59+00:00");
    assert_eq!(after.to_rfc3339(), "2026-10-26T22:59:59+00:00");
}

#[test]
fn clocks_that_skip_midnight() {
    // Beirut skips from 00:00 to 01:00 on 26 March 2023.
    let beirut = TownCalendar { zone: Tz::Asia__Beirut, ..SAXONY };
    let date = NaiveDate::from_ymd_opt(2023, 3, 25).unwrap();
    assert_eq!(beirut.local(beirut.end_of(date)).date_naive(), date);
}

#[test]
fn the_working_day_before() {
    let eight = NaiveTime::from_hms_opt(8, 0, 0).unwrap();
    for (due, before) in [
        ("2026-11-25 23:59:59", "2026-11-24 08:00:00"),
        ("2026-11-23 23:59:59", "2026-11-20 08:00:00"),
        ("2026-11-19 23:59:59", "2026-11-17 08:00:00"),
    ] {
        assert_eq!(SAXONY.working_day_before(local(due), eight), local(before));
    }
}

#[test]
fn the_end_of_time_is_survived() {
    let end = DateTime::<Utc>::MAX_UTC - Duration::days(2);
    let _ = SAXONY.add_working_days(end, u16::MAX);
}

proptest! {
    #[test]
    fn adding_and_counting_are_inverse(day in 0i64..20_000, minute in 0i64..1440, days in 1u16..300) {
        let from = Utc.with_ymd_and_hms(2000, 1, 1, 0, 0, 0).unwrap() + Duration::days(day) + Duration::minutes(minute);
        let due = SAXONY.add_working_days(from, days);
        prop_assert_eq!(SAXONY.working_days_between(from, due), days);
        prop_assert!(SAXONY.is_working_day(SAXONY.date(due)));
        prop_assert!(due > from);
    }
}
