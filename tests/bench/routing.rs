//! How long it takes to decide which desk a complaint belongs to, and how that grows with the rules.

use std::{
    f64::consts::TAU,
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::{
    geo::{Geometry, MultiPolygon, Point},
    ids::{AreaId, CategoryId, DepartmentId, RoutingRuleId},
    routing::{Actions, ConditionTree, Facts, Register, RegisteredArea, RegisteredCategory, Rule, RuleBook},
    text::{Name, Needle},
    time::{FederalState, TownCalendar},
};
use serde_json::json;
use uuid::Uuid;

use crate::report::{Figure, median};

/// Rules of a small town, of a city, and as many as a town hall may have.
const RULES: [u128; 3] = [100, 1_000, 10_000];
const AREAS: u128 = 1_000;
const CATEGORIES: u128 = 50;
const ROUNDS: usize = 5;
/// Areas in a row of the map.
const ROW: u128 = 32;
/// What citizens of this town write, with a word that only the last rule knows.
const TEXT: &str = "Seit gestern liegen am Waldrand hinter dem Parkplatz mehrere alte Reifen und ein Kühlschrank. \
                    Bitte abholen lassen, bevor das Wild daran geht. Am Zaun steht fleckenlos.";

/// Times decisions that the very last rule makes, with and without a place on the map.
pub fn deciding(short: bool) -> Vec<Figure> {
    let time = if short { Duration::from_millis(20) } else { Duration::from_millis(500) };
    let mut figures = Vec::new();
    for rules in RULES {
        let book = RuleBook::new(self::rules(rules), &register());
        for (place, point) in [("a place", Some(middle_of(AREAS / 2))), ("no place", None)] {
            let case =
                Facts { category: CategoryId(category(7)), text: TEXT, point, at: now(), anonymous: false };
            let decision = book.decide(&case);
            assert_eq!(decision.department, desk(), "the last rule decides");
            assert_eq!(u128::from(decision.reasons.tried_count), rules - 1, "after all others were tried");
            let turns: Vec<_> = (0..ROUNDS).map(|_| microseconds(&book, &case, time)).collect();
            let name = format!("decide by {rules} rules and {AREAS} areas, {place}");
            figures.push(Figure::alone(name, "microseconds", median(turns.into_iter())));
        }
    }
    figures
}

fn microseconds(book: &RuleBook, case: &Facts<'_>, time: Duration) -> f64 {
    let began = Instant::now();
    let mut decided = 0;
    while began.elapsed() < time {
        for _ in 0..20 {
            black_box(book.decide(black_box(case)));
        }
        decided += 20;
    }
    began.elapsed().as_secs_f64() * 1_000_000.0 / f64::from(decided)
}

/// Rules as towns write them: a kind of complaint in an area, a word about a kind, a kind by itself.
/// The last one holds for the case that is timed, no other does.
fn rules(count: u128) -> Vec<Rule> {
    let of_kind = |number| ConditionTree { category: Some(vec![CategoryId(category(number))]), ..empty() };
    let within = |number| ConditionTree { area: Some(vec![AreaId(area(number))]), ..empty() };
    let says =
        |word: &str| ConditionTree { words: Some(vec![Needle::parse(word.to_owned()).unwrap()]), ..empty() };
    let all = |conditions| ConditionTree { all: Some(conditions), ..empty() };
    let mut rules: Vec<_> = (1..count)
        .map(|number| match number % 3 {
            // The case's own kind only in areas it does not lie in.
            0 => all(vec![of_kind(number % CATEGORIES), within((number * 7 + 1) % (AREAS / 2))]),
            1 => all(vec![of_kind(number % CATEGORIES), says(&format!("wort {number}"))]),
            _ => all(vec![of_kind(8 + number % 40), within(number % AREAS)]),
        })
        .collect();
    rules.push(all(vec![of_kind(7), says("fleckenlos")]));
    (0..).zip(rules).map(|(position, condition)| rule(position, condition)).collect()
}

fn rule(position: i32, condition: ConditionTree) -> Rule {
    Rule {
        id: RoutingRuleId(Uuid::from_u128(position.unsigned_abs().into())),
        position,
        name: Name::parse(format!("Regel {position}")).unwrap(),
        condition,
        actions: Actions { department: desk(), assignee: None, priority: None, extra_emails: Vec::new() },
        active: true,
        broken: None,
        version: 1,
    }
}

fn register() -> Register {
    let default_department = DepartmentId(Uuid::from_u128(1));
    let categories = (0..CATEGORIES)
        .map(|number| {
            let known =
                RegisteredCategory { name: format!("Kategorie {number}"), name_en: None, active: true };
            (CategoryId(category(number)), known)
        })
        .collect();
    let areas = (0..AREAS)
        .map(|number| {
            let known = RegisteredArea { name: format!("Gebiet {number}"), shape: shape(number) };
            (AreaId(area(number)), known)
        })
        .collect();
    Register {
        calendar: TownCalendar { state: FederalState::Sn, zone: "Europe/Berlin".parse().unwrap() },
        default_department,
        departments: [default_department, desk()].into(),
        staff: [].into(),
        categories,
        areas,
    }
}

fn desk() -> DepartmentId {
    DepartmentId(Uuid::from_u128(2))
}

fn category(number: u128) -> Uuid {
    Uuid::from_u128(1_000 + number)
}

fn area(number: u128) -> Uuid {
    Uuid::from_u128(100_000 + number)
}

/// The middle of an area on a map of rows of them, about a kilometre apart.
fn middle_of(number: u128) -> Point {
    let steps = |steps: u128| f64::from(u32::try_from(steps).unwrap()) * 0.01;
    Point { lat: 51.0 + steps(number / ROW), lon: 12.0 + steps(number % ROW) }
}

/// An area with as many corners as one drawn along streets.
fn shape(number: u128) -> MultiPolygon {
    const CORNERS: u32 = 40;
    let middle = middle_of(number);
    let corner = |corner: u32| {
        let angle = f64::from(corner % CORNERS) / f64::from(CORNERS) * TAU;
        [middle.lon + 0.004 * angle.cos(), middle.lat + 0.004 * angle.sin()]
    };
    let ring: Vec<_> = (0..=CORNERS).map(corner).collect();
    let geometry = Geometry { kind: "Polygon".into(), coordinates: json!([ring]) };
    MultiPolygon::parse(&geometry).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn empty() -> ConditionTree {
    ConditionTree::default()
}
