use super::*;
use crate::{
    categories::Names,
    ids::WasteCalendarId,
    text::{Line, Name, Slug, Street},
    time::FederalState,
    waste::{HolidayRule, Origin, hull},
};

const TOWN: TownCalendar = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn window(from: &str, until: &str) -> Window {
    Window { from: date(from), until: date(until) }
}

fn calendar(holidays: HolidayRule) -> WasteCalendar {
    WasteCalendar {
        id: WasteCalendarId(uuid::Uuid::from_u128(7)),
        name: Name::parse("Tour 3").unwrap(),
        origin: Origin::File,
        holidays,
        whole_town: false,
        stale_after_days: 8,
        covers: None,
        kinds: Coverage::new(),
        refreshed_at: None,
        failed_at: None,
        failure: None,
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
    take_of(Extent::Dates, calendar, known, records)
}

fn take_of(
    extent: Extent,
    calendar: &WasteCalendar,
    known: Vec<Collection>,
    records: Vec<Result<Record, Fault>>,
) -> Plan {
    let types = types();
    let ground = Ground {
        calendar,
        sections: &[],
        known,
        types: &types,
        town: TOWN,
        now: "2026-11-23T09:00:00Z".parse().unwrap(),
        extent,
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
    let calendar = calendar(HolidayRule::None);
    let lines = vec![
        record(1, "Restabfall, Biotonne", "2026-12-03"),
        record(2, "Karfreitag", "2026-12-04"),
        record(3, "Bio", "2026-12-03"),
        record(4, "Bio", "2012-12-03"),
    ];
    let plan = take(&calendar, Vec::new(), lines);
    assert_eq!((plan.report.added, plan.report.ignored, plan.report.refused), (2, 3, 0));
    assert_eq!(plan.told, []);
    assert_eq!(hull(&plan.kinds), Some(window("2026-12-01", "2026-12-31")));
}

#[test]
fn one_wrong_line_and_nothing_is_taken() {
    let calendar = calendar(HolidayRule::None);
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
    let mut calendar = calendar(HolidayRule::None);
    let first = vec![
        record(1, "Bio", "2026-11-20"),
        record(2, "Bio", "2026-12-03"),
        record(3, "Bio", "2026-12-17"),
        record(4, "Restabfall", "2026-12-10"),
    ];
    let first = take(&calendar, Vec::new(), first);
    calendar.kinds = first.kinds.clone();
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
    assert_eq!(hull(&second.kinds), Some(window("2026-11-01", "2027-01-31")));
}

#[test]
fn next_year_cancels_nothing_of_this_one_and_what_staff_did_stays() {
    let mut calendar = calendar(HolidayRule::None);
    let first =
        take(&calendar, Vec::new(), vec![record(1, "Bio", "2026-12-03"), record(2, "Bio", "2026-12-17")]);
    calendar.kinds = first.kinds.clone();
    let next = take(&calendar, first.put.clone(), vec![record(1, "Bio", "2027-01-07")]);
    assert_eq!((next.report.cancelled, next.told.len()), (0, 0));
    assert_eq!(hull(&next.kinds), Some(window("2026-12-01", "2027-01-31")));

    let mut known = first.put;
    let cancel = Change::Cancel(Reason::Weather);
    known[0].change(cancel, "2026-11-23T09:00:00Z".parse().unwrap(), date("2026-11-23")).unwrap();
    let same = take(&calendar, known, vec![record(1, "Bio", "2026-12-03"), record(2, "Bio", "2026-12-17")]);
    assert_eq!((same.report.unchanged, same.put.len()), (2, 0));
}

#[test]
fn the_town_s_rule_moves_collections_in_weeks_with_a_holiday() {
    let calendar = calendar(HolidayRule::Later);
    let plan =
        take(&calendar, Vec::new(), vec![record(1, "Bio", "2026-12-25"), record(2, "Bio", "2026-12-11")]);
    let mut seen = days(&plan.put);
    seen.sort();
    assert_eq!(seen, ["2026-12-11 2026-12-11 planned", "2026-12-25 2026-12-28 moved"]);
}

#[test]
fn lines_with_streets_make_sections_once() {
    let calendar = calendar(HolidayRule::None);
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

/// Every other Thursday from 8 January 2026 on, so many.
fn thursdays(many: u64) -> Vec<Result<Record, Fault>> {
    let day = |number: u64| date("2026-01-08").checked_add_days(Days::new(14 * number)).unwrap();
    let line = |number: u64| record(u32::try_from(number).unwrap(), "Bio", &day(number).to_string());
    (0..many).map(line).collect()
}

#[test]
fn what_the_source_left_out_and_names_again_is_back() {
    let mut calendar = calendar(HolidayRule::Later);
    let all = || vec![record(1, "Bio", "2026-12-04"), record(2, "Bio", "2026-12-25")];
    let first = take(&calendar, Vec::new(), all());
    calendar.kinds = first.kinds.clone();
    let dropped = take(&calendar, first.put.clone(), vec![record(1, "Bio", "2026-12-04")]);
    assert_eq!(days(&dropped.put), ["2026-12-25 2026-12-28 cancelled"]);
    calendar.kinds = dropped.kinds.clone();
    let known = vec![first.put[0].clone(), dropped.put[0].clone()];
    let back = take(&calendar, known.clone(), all());
    assert_eq!(days(&back.put), ["2026-12-25 2026-12-28 moved"]);
    assert_eq!((back.report.added, back.report.unchanged, back.put[0].sequence), (1, 1, 2));
    assert_eq!((back.told[0].from, back.told[0].to), (None, Some(date("2026-12-28"))));
    assert_eq!(back.put[0].reason, Some(Reason::Holiday));

    // What staff cancelled stays so, and what is over too.
    let mut by_staff = known.clone();
    by_staff[1].reason = Some(Reason::Weather);
    assert_eq!(take(&calendar, by_staff, all()).put, []);
    let mut over = known;
    over[1].regular = date("2026-11-20");
    let over = take(&calendar, over, vec![record(1, "Bio", "2026-11-20"), record(2, "Bio", "2026-12-04")]);
    assert_eq!(over.put, []);
}

#[test]
fn a_date_at_the_edge_that_is_dropped_or_moved_does_not_stay_on_show() {
    let mut calendar = calendar(HolidayRule::None);
    let first = take(&calendar, Vec::new(), thursdays(26));
    calendar.kinds = first.kinds.clone();
    let last = |plan: &Plan| days(&plan.put);
    // The two of December are gone.
    let fewer = take(&calendar, first.put.clone(), thursdays(24));
    assert_eq!(last(&fewer), ["2026-12-10 2026-12-10 cancelled", "2026-12-24 2026-12-24 cancelled"]);
    assert_eq!(fewer.kinds, first.kinds, "nothing takes place there, says the source");
    // The last one is before the months of the new file, or after those of the old one.
    let mut moved = thursdays(23);
    moved.push(record(24, "Bio", "2026-11-30"));
    let mut on_edge: Vec<_> = first.put.iter().take(24).cloned().collect();
    (on_edge[23].regular, on_edge[23].date) = (date("2026-12-02"), date("2026-12-02"));
    let moved = take(&calendar, on_edge, moved);
    assert_eq!(last(&moved), ["2026-11-30 2026-11-30 moved"]);
    assert_eq!(moved.put[0].moved_from(), Some(date("2026-12-02")));
    // Part of a year takes nothing from the rest of it.
    let half = take(&calendar, first.put, thursdays(13));
    assert_eq!((half.put.len(), half.report.cancelled, half.kinds), (0, 0, first.kinds));
}

#[test]
fn of_what_a_service_no_longer_names_nothing_is_certain() {
    let mut calendar = calendar(HolidayRule::None);
    let asked = Extent::Asked(window("2026-01-01", "2027-12-31"));
    let mut lines = thursdays(52);
    let rest = ["2026-12-01", "2026-12-15", "2026-12-29", "2027-01-12"];
    lines.extend(rest.iter().map(|day| record(1, "Restabfall", day)));
    let first = take_of(asked, &calendar, Vec::new(), lines);
    assert_eq!(hull(&first.kinds), Some(window("2026-01-01", "2027-12-31")));
    calendar.kinds = first.kinds.clone();
    let second = take_of(asked, &calendar, first.put.clone(), thursdays(25));
    // This year's last one is cancelled; of next year, and of the other kind, nothing is said.
    assert_eq!(days(&second.put), ["2026-12-24 2026-12-24 cancelled"]);
    let [residual, organic] = [1, 2].map(|number| WasteTypeId(uuid::Uuid::from_u128(number)));
    assert_eq!(second.kinds[&organic].hull(), Some(window("2026-01-01", "2026-12-31")));
    assert_eq!(second.kinds[&residual], Spans::default());
    calendar.kinds = second.kinds.clone();
    let sure = |day: &str| {
        let it = first.put.iter().find(|it| it.regular == date(day)).unwrap();
        calendar.is_sure_of(it)
    };
    assert!(sure("2026-12-10") && !sure("2027-01-07") && !sure("2026-12-15"));
}

#[test]
fn a_file_takes_nothing_from_kinds_that_it_does_not_name() {
    let mut calendar = calendar(HolidayRule::None);
    let both = vec![record(1, "Bio", "2026-12-03"), record(2, "Restabfall", "2026-12-10")];
    let first = take(&calendar, Vec::new(), both);
    calendar.kinds = first.kinds.clone();
    let said = Extent::Said(window("2026-12-01", "2026-12-31"));
    for extent in [Extent::Dates, said] {
        let only = take_of(extent, &calendar, first.put.clone(), vec![record(1, "Bio", "2026-12-03")]);
        assert_eq!((only.put.len(), only.report.unchanged), (0, 1));
        assert_eq!(only.kinds, first.kinds);
    }
}

#[test]
fn a_date_that_the_source_moves_into_a_week_with_a_holiday_is_shifted_too() {
    let mut calendar = calendar(HolidayRule::Later);
    let first =
        take(&calendar, Vec::new(), vec![record(1, "Bio", "2026-12-23"), record(2, "Bio", "2026-12-09")]);
    calendar.kinds = first.kinds.clone();
    let moved = take(
        &calendar,
        first.put.clone(),
        vec![record(1, "Bio", "2026-12-25"), record(2, "Bio", "2026-12-09")],
    );
    assert_eq!(days(&moved.put), ["2026-12-25 2026-12-28 moved"]);
    assert_eq!(moved.put[0].moved_from(), Some(date("2026-12-23")));
    assert_eq!(moved.told[0].collection, moved.put[0]);
    // The source shifts it itself: nobody is told what they know.
    calendar.kinds = moved.kinds.clone();
    let known = vec![moved.put[0].clone(), first.put[0].clone()];
    let own = take(&calendar, known, vec![record(1, "Bio", "2026-12-28"), record(2, "Bio", "2026-12-09")]);
    assert_eq!((days(&own.put), own.told), (vec!["2026-12-28 2026-12-28 moved".to_owned()], vec![]));
    assert_eq!((own.report.unchanged, own.report.added), (2, 0));
    assert_eq!(own.put[0].moved_from(), Some(date("2026-12-23")));
}
