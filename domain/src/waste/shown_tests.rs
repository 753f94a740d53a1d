use super::*;
use crate::{
    ids::{CollectionId, WasteCalendarId, WasteSectionId, WasteTypeId},
    text::{Name, Slug, Street},
    waste::{AbfallIo, Coverage, HolidayRule, HouseRange, Origin, Status},
};

fn window(from: &str, until: &str) -> Window {
    Window { from: from.parse().unwrap(), until: until.parse().unwrap() }
}

fn now() -> DateTime<Utc> {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

fn calendar(number: u128, whole_town: bool, covers: Option<Window>) -> WasteCalendar {
    WasteCalendar {
        id: WasteCalendarId(uuid::Uuid::from_u128(number)),
        name: Name::parse(format!("Tour {number}")).unwrap(),
        origin: Origin::File,
        holidays: HolidayRule::None,
        whole_town,
        stale_after_days: 8,
        covers,
        kinds: Coverage::new(),
        refreshed_at: covers.map(|_| now()),
        failed_at: None,
        failure: None,
        version: 1,
    }
}

fn section(number: u128, calendar: &WasteCalendar, houses: &str, named: bool) -> Section {
    Section {
        id: WasteSectionId(uuid::Uuid::from_u128(number)),
        calendar: calendar.id,
        street: Street::parse("Leipziger Straße").unwrap(),
        houses: HouseRange::parse(houses).unwrap(),
        named,
    }
}

fn on(number: u128, calendar: &WasteCalendar, section: Option<&Section>, day: &str) -> Collection {
    Collection {
        id: CollectionId(uuid::Uuid::from_u128(number)),
        calendar: calendar.id,
        section: section.map(|section| section.id),
        waste_type: WasteTypeId(uuid::Uuid::from_u128(1)),
        regular: day.parse().unwrap(),
        date: day.parse().unwrap(),
        before: None,
        status: Status::Planned,
        reason: None,
        stop: None,
        sequence: 0,
        changed_at: now(),
    }
}

/// The days shown to a house, and the gaps.
fn seen(
    calendars: &[WasteCalendar],
    sections: &[Section],
    collections: &[Collection],
    house: Option<&str>,
) -> (Vec<String>, Vec<String>) {
    let house = house.map(|house| House::parse(house).unwrap());
    let here = ("leipzigerstr", house.as_ref());
    let asked = window("2026-12-01", "2027-01-31");
    let answer = answer(calendars, sections, collections.to_vec(), here, asked, now());
    let days = answer.collections.iter().map(|shown| shown.collection.date.to_string()).collect();
    let gaps =
        answer.gaps.iter().map(|gap| format!("{} {} {}", gap.reason, gap.window.from, gap.window.until));
    (days, gaps.collect())
}

#[test]
fn a_split_street_shows_each_house_its_own_days_and_those_of_the_town() {
    let year = Some(window("2026-01-01", "2027-12-31"));
    let (even, odd, town) = (calendar(1, false, year), calendar(2, false, year), calendar(3, true, year));
    let sections = [section(11, &even, "even", false), section(12, &odd, "odd", false)];
    let collections =
        [on(1, &even, None, "2026-12-03"), on(2, &odd, None, "2026-12-04"), on(3, &town, None, "2026-12-09")];
    let calendars = [even, odd, town];
    let none: Vec<String> = Vec::new();
    assert_eq!(
        seen(&calendars, &sections, &collections, Some("2a")),
        (vec!["2026-12-03".into(), "2026-12-09".into()], none.clone())
    );
    assert_eq!(
        seen(&calendars, &sections, &collections, Some("3")),
        (vec!["2026-12-04".into(), "2026-12-09".into()], none.clone())
    );
    assert_eq!(seen(&calendars, &sections, &collections, None), (vec!["2026-12-09".into()], none));
}

#[test]
fn dates_that_name_their_section_are_for_no_other() {
    let year = Some(window("2026-01-01", "2027-12-31"));
    let file = calendar(1, false, year);
    let sections = [section(11, &file, "2-8", true), section(12, &file, "10-20", true)];
    let collections =
        [on(1, &file, Some(&sections[0]), "2026-12-03"), on(2, &file, Some(&sections[1]), "2026-12-04")];
    let calendars = [file];
    assert_eq!(seen(&calendars, &sections, &collections, Some("4")).0, ["2026-12-03"]);
    assert_eq!(seen(&calendars, &sections, &collections, Some("12")).0, ["2026-12-04"]);
    let outside = seen(&calendars, &sections, &collections, Some("22"));
    assert_eq!(outside, (vec![], vec!["no_calendar 2026-12-01 2027-01-31".into()]));
}

#[test]
fn no_date_is_better_than_a_wrong_one() {
    let file = calendar(1, true, Some(window("2026-01-01", "2026-12-31")));
    let (days, gaps) = seen(std::slice::from_ref(&file), &[], &[on(1, &file, None, "2026-12-03")], Some("4"));
    assert_eq!((days.len(), gaps), (1, vec!["not_published 2027-01-01 2027-01-31".to_owned()]));

    let mut asked = calendar(2, true, Some(window("2026-01-01", "2027-12-31")));
    let key = || Slug::parse("k").unwrap();
    asked.origin = Origin::AbfallIo(AbfallIo { key: key(), house: key(), website: None });
    let collection = on(1, &asked, None, "2026-12-03");
    assert_eq!(seen(&[asked.clone()], &[], std::slice::from_ref(&collection), Some("4")).0, ["2026-12-03"]);
    asked.refreshed_at = Some(now() - chrono::TimeDelta::days(9));
    let stale = seen(&[asked], &[], &[collection], Some("4"));
    assert_eq!(stale, (vec![], vec!["stale 2026-12-01 2027-01-31".to_owned()]));

    let mut empty = calendar(3, true, None);
    assert_eq!(seen(&[empty.clone()], &[], &[], Some("4")).1, ["not_published 2026-12-01 2027-01-31"]);
    empty.origin = Origin::AbfallIo(AbfallIo { key: key(), house: key(), website: None });
    empty.failed_at = Some(now());
    let silent = seen(&[empty], &[], &[], Some("4"));
    assert_eq!(silent.1, ["stale 2026-12-01 2027-01-31"], "it was asked, and never answered");
}

#[test]
fn what_the_source_no_longer_speaks_of_is_a_gap_of_its_kind() {
    let mut file = calendar(1, true, Some(window("2026-01-01", "2026-12-31")));
    let kind = |number| WasteTypeId(uuid::Uuid::from_u128(number));
    let until = |day: &str| [window("2026-01-01", day)].into_iter().collect();
    file.kinds = [(kind(1), until("2026-12-10")), (kind(2), until("2026-12-31"))].into();
    let mut added = on(3, &file, None, "2027-01-07");
    added.status = Status::Added;
    let collections = [on(1, &file, None, "2026-12-03"), on(2, &file, None, "2026-12-17"), added];
    let (days, gaps) = seen(std::slice::from_ref(&file), &[], &collections, Some("4"));
    assert_eq!(days, ["2026-12-03", "2027-01-07"], "what staff added is certain");
    assert_eq!(gaps, ["not_published 2026-12-11 2027-01-31", "not_published 2027-01-01 2027-01-31"]);
}
