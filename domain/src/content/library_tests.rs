use chrono::NaiveDate;
use serde_json::{Value, json};

use super::*;
use crate::{
    content::{Sheet, State},
    municipalities::Settings,
    time::FederalState,
};

pub fn town() -> Municipality {
    Municipality {
        id: Uuid::nil().into(),
        slug: Slug::parse("bad-dueben").unwrap(),
        name: Name::parse("Bad Düben").unwrap(),
        state: FederalState::Sn,
        time_zone: chrono_tz::Europe::Berlin,
        reference_prefix: "BD".into(),
        ars: None,
        boundary: None,
        settings: Settings::default(),
        register_version: 1,
        content_version: 1_000,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn sheet(change: Value) -> Sheet {
    let mut sheet =
        json!({"texts": [{"language": "de", "title": "Neues"}], "pictures": [], "links": [], "position": 0});
    sheet.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    serde_json::from_value(sheet).unwrap()
}

pub fn piece(number: u8, kind: Kind, at: DateTime<Utc>, change: Value) -> Content {
    Content {
        id: Uuid::from_u128(number.into()).into(),
        kind,
        state: State::Published,
        sheet: sheet(change),
        published_at: Some(at),
        changed: number.into(),
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

pub fn news(number: u8, at: DateTime<Utc>) -> Content {
    piece(number, Kind::News, at, json!({}))
}

pub fn library(contents: Vec<Content>, gone: Vec<Removal>, now: DateTime<Utc>) -> Library {
    let entries = contents.into_iter().map(|content| Entry {
        words: words(&content),
        topic: None,
        area: None,
        office: None,
        files: Vec::new(),
        content,
    });
    Library::of(town(), entries.collect(), gone, now)
}

fn now() -> DateTime<Utc> {
    "2026-11-26T09:00:00Z".parse().unwrap()
}

fn titled(title: &str) -> Value {
    json!({"texts": [{"language": "de", "title": title}]})
}

fn numbers(page: &Page<Found>) -> Vec<u128> {
    page.items.iter().map(|found| found.entry.content.id.0.as_u128()).collect()
}

fn find(library: &Library, filter: Filter) -> Vec<u128> {
    numbers(&library.find(&filter, now(), &PageRequest { limit: 100, after: None }))
}

#[test]
fn each_kind_has_its_order_and_pages_lose_nothing() {
    let minute = |n: i64| now() - TimeDelta::minutes(n);
    let place = |number, position: i32, title: &str| {
        let mut place = piece(number, Kind::Place, minute(9), titled(title));
        place.sheet.position = position;
        place
    };
    let gazette = |number, day| {
        let date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        piece(number, Kind::Gazette, minute(9), json!({"gazette": {"date": date}}))
    };
    let library = library(
        vec![
            news(1, minute(3)),
            news(2, minute(1)),
            news(3, minute(2)),
            place(4, 2, "Alaunwerk"),
            place(5, 1, "Zoo"),
            place(6, 1, "Burg"),
            gazette(7, 3),
            gazette(8, 17),
        ],
        vec![],
        now(),
    );
    let of = |kind| Filter { kind: Some(kind), ..Filter::default() };
    assert_eq!(find(&library, of(Kind::News)), [2, 3, 1]);
    assert_eq!(find(&library, of(Kind::Place)), [6, 5, 4]);
    assert_eq!(find(&library, of(Kind::Gazette)), [8, 7]);
    let first = library.find(&of(Kind::News), now(), &PageRequest { limit: 2, after: None });
    let second = library.find(&of(Kind::News), now(), &PageRequest { limit: 2, after: first.next.clone() });
    assert_eq!((numbers(&first), numbers(&second), second.next), (vec![2, 3], vec![1], None));
}

#[test]
fn the_nearest_come_first_and_the_far_ones_not() {
    let at =
        |number, lat: f64| piece(number, Kind::Place, now(), json!({"location": {"lat": lat, "lon": 12.58}}));
    let library = library(vec![at(1, 51.62), at(2, 51.60), at(3, 51.59), news(4, now())], vec![], now());
    let near = Some(Point { lat: 51.591, lon: 12.58 });
    assert_eq!(find(&library, Filter { near, ..Filter::default() }), [3, 2, 1]);
    assert_eq!(find(&library, Filter { near, radius_m: Some(1_500), ..Filter::default() }), [3, 2]);
}

#[test]
fn a_tour_is_as_near_as_its_path_comes() {
    let tour = |number, lats: [f64; 2]| {
        let path = lats.map(|lat| json!({"lat": lat, "lon": 12.58}));
        piece(number, Kind::Tour, now(), json!({"tour": {"path": path}}))
    };
    let nowhere = piece(3, Kind::Tour, now(), json!({"tour": {"length_m": 900}}));
    let library = library(vec![tour(1, [51.62, 51.63]), tour(2, [51.50, 51.65]), nowhere], vec![], now());
    // Between its ends, eight kilometres from either.
    let near = Some(Point { lat: 51.575, lon: 12.581 });
    let page =
        library.find(&Filter { near, ..Filter::default() }, now(), &PageRequest { limit: 9, after: None });
    assert_eq!(numbers(&page), [2, 1]);
    assert!((60.0..80.0).contains(&page.items[0].distance_m.unwrap()), "{:?}", page.items[0].distance_m);
    assert_eq!(find(&library, Filter { near, radius_m: Some(1_500), ..Filter::default() }), [2]);
}

#[test]
fn words_are_found_across_kinds_the_best_first() {
    let library = library(
        vec![
            piece(1, Kind::News, now(), titled("Sperrung am Marktplatz")),
            piece(
                2,
                Kind::Event,
                now(),
                json!({
                    "texts": [{"language": "de", "title": "Wochenmarkt"}], "event": {"starts_at": "2026-12-03T08:00:00Z"},
                }),
            ),
            piece(
                3,
                Kind::Gazette,
                now(),
                json!({
                    "gazette": {"date": "2026-12-01", "entries": [{"title": "Marktsatzung"}]},
                }),
            ),
            piece(4, Kind::Place, now(), titled("Freibad")),
        ],
        vec![],
        now(),
    );
    let search = |q: &str| find(&library, Filter { q: Some(q.into()), ..Filter::default() });
    assert_eq!(search("Märkte"), [1, 2, 3]);
    assert_eq!(search("Freibäder"), [4]);
    assert!(search("Eisbahn").is_empty());
}

#[test]
fn events_stand_once_for_each_time() {
    let event = |number, event: Value| piece(number, Kind::Event, now(), json!({"event": event}));
    let library = library(
        vec![
            event(1, json!({"starts_at": "2026-11-05T08:00:00Z", "recurrence": "FREQ=WEEKLY;BYDAY=TH"})),
            event(2, json!({"starts_at": "2026-12-04T18:00:00Z", "cancelled": true})),
            event(3, json!({"starts_at": "2026-10-04T18:00:00Z"})),
        ],
        vec![],
        now(),
    );
    let window = Some((now(), now() + TimeDelta::days(14)));
    let filter = Filter { kind: Some(Kind::Event), window, ..Filter::default() };
    let page = library.find(&filter, now(), &PageRequest { limit: 100, after: None });
    assert_eq!(numbers(&page), [1, 2, 1]);
    let off: Vec<_> = page.items.iter().map(|found| found.occurrence.unwrap().cancelled).collect();
    assert_eq!(off, [false, true, false]);
}

#[test]
fn what_is_open_is_found() {
    let place =
        |number, hours: &str| piece(number, Kind::Place, now(), json!({"place": {"opening_hours": hours}}));
    let library = library(vec![place(1, "24/7"), place(2, "Mo 10:00-12:00"), news(3, now())], vec![], now());
    assert_eq!(find(&library, Filter { open: true, ..Filter::default() }), [1]);
}

#[test]
fn what_is_not_public_is_not_found() {
    let mut later = news(1, now());
    later.sheet.publish_from = Some(now() + TimeDelta::minutes(1));
    let mut over = news(2, now());
    over.sheet.publish_until = Some(now());
    let library = library(vec![later, over, news(3, now())], vec![], now());
    assert_eq!(find(&library, Filter::default()), [3]);
    assert_eq!(library.next_turn(now()), Some(now() + TimeDelta::minutes(1)));
    assert!(library.get(Uuid::from_u128(1).into(), now()).is_none());
    assert!(library.get(Uuid::from_u128(1).into(), now() + TimeDelta::minutes(1)).is_some());
}
