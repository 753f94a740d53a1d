use super::*;
use strum::IntoEnumIterator;

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Days of the year that are public holidays, computed day by day.
fn year(year: i32, state: FederalState) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
    first
        .iter_days()
        .take_while(|day| day.year() == year)
        .filter(|day| holiday(*day, state).is_some())
        .collect()
}

#[test]
fn easter_of_known_years() {
    for day in [
        "1818-03-22",
        "1943-04-25",
        "1954-04-18",
        "1981-04-19",
        "2000-04-23",
        "2008-03-23",
        "2011-04-24",
        "2019-04-21",
        "2024-03-31",
        "2025-04-20",
        "2026-04-05",
        "2027-03-28",
        "2028-04-16",
        "2038-04-25",
        "2049-04-18",
    ] {
        let day = on(day);
        assert_eq!(easter(day.year()), Some(day));
    }
}

#[test]
fn saxony_2026() {
    let days = [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-01",
        "2026-05-14",
        "2026-05-25",
        "2026-10-03",
        "2026-10-31",
        "2026-11-18",
        "2026-12-25",
        "2026-12-26",
    ];
    assert_eq!(year(2026, FederalState::Sn), days.map(on));
}

#[test]
fn day_of_repentance_is_the_wednesday_before_23_november() {
    for day in ["2022-11-16", "2023-11-22", "2024-11-20", "2025-11-19", "2027-11-17"] {
        assert_eq!(holiday(on(day), FederalState::Sn), Some(Holiday::Repentance));
        assert_eq!(holiday(on(day), FederalState::St), None);
    }
}

#[test]
fn number_of_holidays_per_state_in_2026() {
    use FederalState::*;
    let counts = [
        (Bw, 12),
        (By, 12),
        (Be, 10),
        (Bb, 12),
        (Hb, 10),
        (Hh, 10),
        (He, 10),
        (Mv, 11),
        (Ni, 10),
        (Nw, 11),
        (Rp, 11),
        (Sl, 12),
        (Sn, 11),
        (St, 11),
        (Sh, 10),
        (Th, 11),
    ];
    assert_eq!(counts.len(), FederalState::iter().count());
    for (state, count) in counts {
        assert_eq!(year(2026, state).len(), count, "{state}");
    }
}

#[test]
fn holidays_that_came_or_came_once() {
    use FederalState::*;
    for (day, state, is) in [
        ("2017-10-31", By, true),
        ("2018-10-31", By, false),
        ("2017-10-31", Hh, true),
        ("2016-10-31", Hh, false),
        ("2018-10-31", Hh, true),
        ("2018-03-08", Be, false),
        ("2019-03-08", Be, true),
        ("2022-03-08", Mv, false),
        ("2023-03-08", Mv, true),
        ("2025-05-08", Be, true),
        ("2026-05-08", Be, false),
        ("2018-09-20", Th, false),
        ("2019-09-20", Th, true),
        ("2025-08-15", Sl, true),
        ("2025-08-15", By, false),
        ("2025-06-19", Nw, true),
        ("2025-06-19", Sn, false),
        ("2026-04-05", Bb, true),
    ] {
        assert_eq!(holiday(on(day), state).is_some(), is, "{day} {state}");
    }
    // Ascension and Labour Day on one date, 2008.
    assert!(holiday(on("2008-05-01"), Sn).is_some());
}

#[test]
fn states_are_stored_as_their_codes() {
    for state in FederalState::iter() {
        let text = state.to_string();
        assert_eq!(text.len(), 2);
        assert_eq!(serde_json::to_value(state).unwrap(), serde_json::json!(text));
        assert_eq!(text.parse::<FederalState>().unwrap(), state);
    }
}
