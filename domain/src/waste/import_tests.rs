use super::*;
use crate::{
    categories::Names,
    ids::WasteCalendarId,
    text::{Line, Name, Slug, Street},
    time::FederalState,
    waste::{HolidayRule, Origin},
};

const TOWN: TownCalendar = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn window(from: &str, until: &str) -> Window {
    Window { from: date(from), until: date(until) }
}

fn calendar(covers: Option<Window>, holidays: HolidayRule) -> WasteCalendar {
    WasteCalendar {
        id: WasteCalendarId(uuid::Uuid::from_u128(7)),
        name: Name::parse("Tour 3").unwrap(),
        origin: Origin::File,
        holidays,
        whole_town: false,
        stale_after_days: 8,
        covers,
        refreshed_at: None,
        failed_at: None,
        version: 1,
    }
}

fn types() -> Vec<WasteType> {
    let kind = |number, code: &str, name: &str| WasteType {
        id: WasteTypeId(uuid::Uuid::from_u128(number)),
        code: Slug::parse(code).unwrap(),
        names: Names { de: Name::parse(name).unwrap(), en: None },
        words: vec![Line::parse(format!("{name}tonne")).unwrap()],
        position: 1,
        version: 1,
    };
    vec![kind(1, "residual", "Restabfall"), kind(2, "organic", "Bio")]
}

fn record(line: u32, waste: &str, day: &str) -> Result<Record, Fault> {
    Ok(Record { line, waste: waste.to_owned(), date: date(day), section: None, stop: None })
}

/// An import on 23 November 2026.
fn take(calendar: &WasteCalendar, known: Vec<Collection>, records: Vec<Result<Record, Fault>>) -> Plan {
    let types = types();
    let ground = Ground {
        calendar,
        sections: &[],
        known,
        types: &types,
        town: TOWN,
        now: "2026-11-23T09:00:00Z".parse().unwrap(),
        window: None,
    };
    let mut last = 100;
    plan(ground, records, || {
        last += 1;
        uuid::Uuid::from_u128(last)
    })
}

fn days(collections: &[Collection]) -> Vec<String> {
    collections.iter().map(|it| format!("{} {} {}", it.regular, it.date, it.status)).collect()
}

#[test]
fn a_first_import_tells_nobody_and_covers_its_months() {
    let calendar = calendar(None, HolidayRule::None);
    let lines = vec![
        record(1, "Restabfall, Biotonne", "2026-12-03"),
        record(2, "Karfreitag", "2026-12-04"),
        record(3, "Bio", "2026-12-03"),
        record(4, "Bio", "2012-12-03"),
    ];
    let plan = take(&calendar, Vec::new(), lines);
    assert_eq!((plan.report.added, plan.report.ignored, plan.report.refused), (2, 3, 0));
    assert_eq!(plan.told, []);
    assert_eq!(plan.covers, Some(window("2026-12-01", "2026-12-31")));
}

#[test]
fn one_wrong_line_and_nothing_is_taken() {
    let calendar = calendar(None, HolidayRule::None);
    let fault = Fault { line: 3, column: Column::Date, code: Code::Required };
    let lines = vec![
        record(1, "Restabfall", "2026-12-03"),
        record(2, "Restabfall, Glas", "2026-12-03"),
        Err(fault),
        record(4, "Bio", "2062-12-03"),
    ];
    let plan = take(&calendar, Vec::new(), lines);
    assert_eq!(plan.put, []);
    assert_eq!(
        plan.report.faults,
        [
            Fault { line: 2, column: Column::Waste, code: Code::WasteUnknown },
            fault,
            Fault { line: 4, column: Column::Date, code: Code::OutOfRange },
        ]
    );
}

#[test]
fn a_date_that_gave_way_to_another_is_moved_and_others_are_cancelled_or_added() {
    let mut calendar = calendar(None, HolidayRule::None);
    let first = vec![
        record(1, "Bio", "2026-11-20"),
        record(2, "Bio", "2026-12-03"),
        record(3, "Bio", "2026-12-17"),
        record(4, "Restabfall", "2026-12-10"),
    ];
    let first = take(&calendar, Vec::new(), first);
    calendar.covers = first.covers;
    let again = vec![
        record(1, "Bio", "2026-12-04"),
        record(2, "Restabfall", "2026-12-10"),
        record(3, "Bio", "2026-12-29"),
        record(4, "Bio", "2027-01-07"),
    ];
    let second = take(&calendar, first.put.clone(), again);
    let counts = |report: &Report| [report.added, report.moved, report.cancelled, report.unchanged];
    assert_eq!(counts(&second.report), [2, 1, 1, 1]);
    assert_eq!(
        days(&second.put),
        [
            "2026-12-04 2026-12-04 moved",
            "2026-12-17 2026-12-17 cancelled",
            "2026-12-29 2026-12-29 planned",
            "2027-01-07 2027-01-07 planned",
        ]
    );
    let told: Vec<_> = second.told.iter().map(|told| (told.from, told.to)).collect();
    let (third, fourth) = (Some(date("2026-12-03")), Some(date("2026-12-04")));
    assert_eq!(
        told,
        [(third, fourth), (Some(date("2026-12-17")), None), (None, Some(date("2026-12-29")))],
        "next year's dates are no news, and what is over stays"
    );
    assert_eq!(second.put[0].id, first.put[1].id, "it is the same collection");
    assert_eq!(second.put[0].sequence, 1);
    assert_eq!(second.covers, Some(window("2026-11-01", "2027-01-31")));
}

#[test]
fn next_year_cancels_nothing_of_this_one_and_what_staff_did_stays() {
    let mut calendar = calendar(None, HolidayRule::None);
    let first =
        take(&calendar, Vec::new(), vec![record(1, "Bio", "2026-12-03"), record(2, "Bio", "2026-12-17")]);
    calendar.covers = first.covers;
    let next = take(&calendar, first.put.clone(), vec![record(1, "Bio", "2027-01-07")]);
    assert_eq!((next.report.cancelled, next.told.len()), (0, 0));
    assert_eq!(next.covers, Some(window("2026-12-01", "2027-01-31")));

    let mut known = first.put;
    let cancel = Change::Cancel(Reason::Weather);
    known[0].change(cancel, "2026-11-23T09:00:00Z".parse().unwrap(), date("2026-11-23")).unwrap();
    let same = take(&calendar, known, vec![record(1, "Bio", "2026-12-03"), record(2, "Bio", "2026-12-17")]);
    assert_eq!((same.report.unchanged, same.put.len()), (2, 0));
}

#[test]
fn the_town_s_rule_moves_collections_in_weeks_with_a_holiday() {
    let calendar = calendar(None, HolidayRule::Later);
    let plan =
        take(&calendar, Vec::new(), vec![record(1, "Bio", "2026-12-25"), record(2, "Bio", "2026-12-11")]);
    let mut seen = days(&plan.put);
    seen.sort();
    assert_eq!(seen, ["2026-12-11 2026-12-11 planned", "2026-12-25 2026-12-28 moved"]);
}

#[test]
fn lines_with_streets_make_sections_once() {
    let calendar = calendar(None, HolidayRule::None);
    let on = |line, street: &str, houses: &str, day: &str| {
        let section = Some((Street::parse(street).unwrap(), HouseRange::parse(houses).unwrap()));
        Ok(Record { line, waste: "Bio".into(), date: date(day), section, stop: None })
    };
    let lines = vec![
        on(1, "Leipziger Straße", "2-8", "2026-12-03"),
        on(2, "leipziger str.", "2 – 8", "2026-12-17"),
        on(3, "Leipziger Straße", "ungerade", "2026-12-04"),
    ];
    let plan = take(&calendar, Vec::new(), lines);
    assert_eq!(plan.sections.len(), 2);
    assert_eq!(plan.put[0].section, Some(plan.sections[0].id));
    assert!(plan.sections.iter().all(|section| section.named));
    assert_eq!(plan.report.added, 3);
}
