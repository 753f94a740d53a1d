use chrono::TimeZone;
use chrono_tz::Tz;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::{
    Code, Locale, Violation,
    geo::{Geometry, MultiPolygon},
    ids::{AreaId, DepartmentId, RoutingRuleId, StaffId},
    routing::{Actions, ConditionTree, DefectKind, Register, RegisteredArea, RegisteredCategory, Rule},
    text::Name,
    time::{FederalState, TownCalendar},
};

const WASTE: Uuid = Uuid::from_u128(1);
const NOISE: Uuid = Uuid::from_u128(2);
const OLD: Uuid = Uuid::from_u128(3);
const SCHNADITZ: Uuid = Uuid::from_u128(11);
const TIEFENSEE: Uuid = Uuid::from_u128(12);
const GONE: Uuid = Uuid::from_u128(99);
const DEFAULT: Uuid = Uuid::from_u128(20);
const DESK: Uuid = Uuid::from_u128(21);
const PERSON: Uuid = Uuid::from_u128(31);

const IN_SCHNADITZ: Point = Point { lat: 51.05, lon: 12.05 };
const IN_TIEFENSEE: Point = Point { lat: 51.25, lon: 12.25 };
const NOWHERE: Point = Point { lat: 51.5, lon: 12.5 };

fn area(name: &str, west: f64, south: f64) -> RegisteredArea {
    let (east, north) = (west + 0.1, south + 0.1);
    let geometry = Geometry {
        kind: "Polygon".into(),
        coordinates: json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]),
    };
    RegisteredArea { name: name.into(), shape: MultiPolygon::parse(&geometry).unwrap() }
}

fn register() -> Register {
    let category = |name: &str, active| RegisteredCategory {
        name: name.into(),
        name_en: (name == "Illegaler Müll").then(|| "Illegal waste".into()),
        active,
    };
    Register {
        calendar: TownCalendar { state: FederalState::Sn, zone: Tz::Europe__Berlin },
        default_department: DepartmentId(DEFAULT),
        departments: [DepartmentId(DEFAULT), DepartmentId(DESK)].into(),
        staff: [StaffId(PERSON)].into(),
        categories: [
            (CategoryId(WASTE), category("Illegaler Müll", true)),
            (CategoryId(NOISE), category("Lärm", true)),
            (CategoryId(OLD), category("Alt", false)),
        ]
        .into(),
        areas: [
            (AreaId(SCHNADITZ), area("Schnaditz", 12.0, 51.0)),
            (AreaId(TIEFENSEE), area("Tiefensee", 12.2, 51.2)),
        ]
        .into(),
    }
}

/// A rule at a position, which also is its identity.
fn rule(position: i32, condition: Value) -> Rule {
    Rule {
        id: RoutingRuleId(Uuid::from_u128(1000 + u128::try_from(position).unwrap())),
        position,
        name: Name::parse(format!("Regel {position}")).unwrap(),
        condition: serde_json::from_value(condition).unwrap(),
        actions: Actions {
            department: DepartmentId(DESK),
            assignee: None,
            priority: None,
            extra_emails: Vec::new(),
        },
        active: true,
        broken: None,
        version: 1,
    }
}

fn facts() -> Facts<'static> {
    Facts {
        category: CategoryId(WASTE),
        text: "Alte Reifen am Waldrand",
        point: Some(IN_SCHNADITZ),
        // A Monday, 15:30 in Saxony.
        at: chrono::Utc.with_ymd_and_hms(2026, 11, 23, 14, 30, 0).unwrap(),
        anonymous: false,
    }
}

fn decide(rules: Vec<Rule>, facts: &Facts<'_>) -> Decision {
    RuleBook::new(rules, &register()).decide(facts)
}

/// Whether a single rule with this condition decides.
fn holds(condition: Value, facts: &Facts<'_>) -> bool {
    decide(vec![rule(1, condition)], facts).reasons.rule.is_some()
}

#[test]
fn category() {
    assert!(holds(json!({"category": [NOISE, WASTE]}), &facts()));
    assert!(!holds(json!({"category": [NOISE]}), &facts()));
}

#[test]
fn area_of_the_place() {
    let either = json!({"area": [SCHNADITZ, TIEFENSEE]});
    assert!(holds(either.clone(), &facts()));
    assert!(holds(either.clone(), &Facts { point: Some(IN_TIEFENSEE), ..facts() }));
    assert!(!holds(either.clone(), &Facts { point: Some(NOWHERE), ..facts() }));
    assert!(!holds(either, &Facts { point: None, ..facts() }));
}

#[test]
fn words_of_the_text() {
    assert!(holds(json!({"words": ["sofa", "REIFEN"]}), &facts()));
    assert!(!holds(json!({"words": ["sofa"]}), &facts()));
    assert!(holds(json!({"words": ["reifen"]}), &Facts { text: "Altreifen!", ..facts() }));
    assert!(!holds(json!({"words": ["\"reifen\""]}), &Facts { text: "Altreifen!", ..facts() }));
    // One word inside another: both are found.
    let both = json!({"all": [{"words": ["wald"]}, {"words": ["waldrand"]}]});
    assert!(holds(both, &facts()));
}

#[test]
fn weekday_and_time_are_the_town_s() {
    assert!(holds(json!({"weekdays": ["monday"]}), &facts()));
    assert!(holds(json!({"time": {"from": "15:00", "to": "16:00"}}), &facts()));
    assert!(!holds(json!({"time": {"from": "14:00", "to": "15:00"}}), &facts()), "that is Greenwich");
    // Sunday 23:30 in Greenwich is Monday 00:30 in Saxony, in winter.
    let night = Facts { at: chrono::Utc.with_ymd_and_hms(2026, 11, 22, 23, 30, 0).unwrap(), ..facts() };
    assert!(holds(json!({"weekdays": ["monday"]}), &night));
    assert!(holds(json!({"time": {"from": "22:00", "to": "06:00"}}), &night));
    // In summer Saxony is two hours ahead.
    let summer = Facts { at: chrono::Utc.with_ymd_and_hms(2026, 7, 6, 13, 30, 0).unwrap(), ..facts() };
    assert!(holds(json!({"time": {"from": "15:00", "to": "16:00"}}), &summer));
}

#[test]
fn holiday_of_the_state() {
    let repentance = Facts { at: chrono::Utc.with_ymd_and_hms(2026, 11, 18, 9, 0, 0).unwrap(), ..facts() };
    assert!(holds(json!({"holiday": true}), &repentance));
    assert!(!holds(json!({"holiday": false}), &repentance));
    assert!(holds(json!({"holiday": false}), &facts()));
}

#[test]
fn anonymous() {
    assert!(holds(json!({"anonymous": false}), &facts()));
    assert!(holds(json!({"anonymous": true}), &Facts { anonymous: true, ..facts() }));
    assert!(!holds(json!({"anonymous": true}), &facts()));
}

#[test]
fn all_any_not() {
    let (yes, no) = (json!({"category": [WASTE]}), json!({"category": [NOISE]}));
    assert!(holds(json!({"all": [yes, yes]}), &facts()) && !holds(json!({"all": [yes, no]}), &facts()));
    assert!(holds(json!({"any": [no, yes]}), &facts()) && !holds(json!({"any": [no, no]}), &facts()));
    assert!(holds(json!({"not": no}), &facts()) && !holds(json!({"not": yes}), &facts()));
}

#[test]
fn without_a_place_neither_inside_nor_outside() {
    let homeless = Facts { point: None, ..facts() };
    for condition in [
        json!({"area": [SCHNADITZ]}),
        json!({"not": {"area": [SCHNADITZ]}}),
        json!({"all": [{"category": [WASTE]}, {"not": {"area": [SCHNADITZ]}}]}),
    ] {
        let decision = decide(vec![rule(1, condition)], &homeless);
        let reasons = &decision.reasons;
        assert_eq!((reasons.rule.as_ref(), reasons.undecided_count), (None, 1));
        assert_eq!(reasons.undecided[0].why_not.verdict, Verdict::Undecidable);
        assert_eq!(reasons.undecided[0].why_not.kind, ConditionKind::Area);
        assert_eq!(decision.department, DepartmentId(DEFAULT));
    }
    // What holds or fails either way needs no place.
    assert!(holds(json!({"any": [{"area": [SCHNADITZ]}, {"category": [WASTE]}]}), &homeless));
    let decision =
        decide(vec![rule(1, json!({"all": [{"area": [SCHNADITZ]}, {"category": [NOISE]}]}))], &homeless);
    assert_eq!(decision.reasons.undecided_count, 0);
}

#[test]
fn the_first_rule_that_holds_decides() {
    let waste = json!({"category": [WASTE]});
    let mut inactive = rule(1, waste.clone());
    inactive.active = false;
    // Given in any order; positions count.
    let rules = vec![rule(4, waste.clone()), rule(3, waste), rule(2, json!({"words": ["sofa"]})), inactive];
    let reasons = decide(rules, &facts()).reasons;
    assert_eq!(reasons.rule.unwrap().name, "Regel 3");
    assert_eq!(reasons.tried_count, 1, "inactive rules are not tried");
    assert_eq!(reasons.tried[0].rule.name, "Regel 2");
    assert_eq!(reasons.tried[0].why_not.kind, ConditionKind::Words);
    assert_eq!(reasons.fallback, None);
}

#[test]
fn actions_are_carried_over() {
    let mut rule = rule(1, json!({"category": [WASTE]}));
    rule.actions.assignee = Some(StaffId(PERSON));
    rule.actions.priority = Some(Priority::High);
    let decision = decide(vec![rule], &facts());
    assert_eq!(decision.department, DepartmentId(DESK));
    assert_eq!((decision.assignee, decision.priority), (Some(StaffId(PERSON)), Priority::High));
}

#[test]
fn no_rule_holds() {
    for rules in [vec![], vec![rule(1, json!({"category": [NOISE]}))]] {
        let decision = decide(rules, &facts());
        assert_eq!(decision.department, DepartmentId(DEFAULT));
        assert_eq!(decision.reasons.fallback, Some(Fallback { broken: None }));
    }
}

#[test]
fn a_broken_rule_sends_to_the_default_department_and_says_so() {
    let after = rule(2, json!({"category": [WASTE]}));
    let broken = |condition: Value| rule(1, condition);
    let mut no_desk = broken(json!({"category": [WASTE]}));
    no_desk.actions.department = DepartmentId(GONE);
    let mut nobody = broken(json!({"category": [WASTE]}));
    nobody.actions.assignee = Some(StaffId(GONE));
    let mut unreadable = broken(json!({"category": [WASTE]}));
    unreadable.condition = ConditionTree::default();
    for (rule, kind) in [
        (broken(json!({"area": [GONE]})), DefectKind::Area),
        (broken(json!({"not": {"area": [GONE]}})), DefectKind::Area),
        (broken(json!({"area": [TIEFENSEE, GONE]})), DefectKind::Area),
        (broken(json!({"all": [{"category": [WASTE]}, {"area": [GONE]}]})), DefectKind::Area),
        (unreadable, DefectKind::Condition),
        (no_desk, DefectKind::Department),
        (nobody, DefectKind::Assignee),
    ] {
        let book = RuleBook::new(vec![rule, after.clone()], &register());
        let decision = book.decide(&facts());
        assert_eq!(decision.department, DepartmentId(DEFAULT));
        let broken = decision.reasons.fallback.unwrap().broken.unwrap();
        assert_eq!((broken.rule.name.as_str(), broken.defect.kind), ("Regel 1", kind));
        assert!(book.defects().contains(&(broken.rule.id, broken.defect)));
    }
}

#[test]
fn what_is_gone_does_no_harm_where_it_does_not_matter() {
    let after = rule(2, json!({"category": [WASTE]}));
    for condition in [
        json!({"all": [{"category": [NOISE]}, {"area": [GONE]}]}),
        json!({"category": [GONE]}),
        json!({"category": [OLD]}),
    ] {
        let book = RuleBook::new(vec![rule(1, condition), after.clone()], &register());
        assert_eq!(book.decide(&facts()).reasons.rule.unwrap().name, "Regel 2");
        assert_eq!(book.defects().len(), 1, "the town hall hears of it all the same");
    }
    let met = json!({"area": [SCHNADITZ, GONE]});
    assert!(holds(met, &facts()), "the other area is enough");
}

#[test]
fn a_rule_is_refused_when_it_names_what_is_not_there() {
    let mut bad = rule(1, json!({"any": [{"category": [WASTE, GONE]}, {"not": {"area": [GONE]}}]}));
    bad.actions.department = DepartmentId(GONE);
    bad.actions.assignee = Some(StaffId(GONE));
    let violations = register().check(&bad).unwrap_err();
    let expected = [
        "/condition/any/0/category/1",
        "/condition/any/1/not/area/0",
        "/actions/department",
        "/actions/assignee",
    ];
    assert_eq!(violations, expected.map(|pointer| Violation::new(pointer, Code::UnknownReference)));
    assert!(register().check(&rule(1, json!({"category": [WASTE]}))).is_ok());
}

#[test]
fn a_long_list_is_kept_short_with_its_full_count() {
    let rules: Vec<_> = (1..=300).map(|n| rule(n, json!({"area": [TIEFENSEE]}))).collect();
    let reasons = decide(rules.clone(), &facts()).reasons;
    assert_eq!((reasons.tried_count, reasons.tried.len()), (300, RULES_KEPT));
    assert_eq!(reasons.tried.last().unwrap().rule.name, "Regel 300");
    let reasons = decide(rules, &Facts { point: None, ..facts() }).reasons;
    assert_eq!((reasons.undecided_count, reasons.undecided.len()), (300, RULES_KEPT));
    assert!(serde_json::to_string(&reasons).unwrap().len() < 10_000);
}

#[test]
fn explained_to_people() {
    let rules = vec![
        rule(1, json!({"all": [{"category": [NOISE]}, {"words": ["sofa"]}]})),
        rule(
            2,
            json!({"all": [
                {"category": [WASTE]}, {"area": [SCHNADITZ]}, {"words": ["reifen"]},
                {"not": {"holiday": true}}, {"not": {"anonymous": true}}, {"weekdays": ["monday"]},
                {"time": {"from": "08:00", "to": "18:00"}}
            ]}),
        ),
    ];
    let decision = decide(rules, &facts());
    assert_eq!(
        decision.explain("Ordnungsamt", Locale::De),
        [
            "Regel „Regel 2“ entschied: Ordnungsamt.",
            "Weil: die Kategorie ist „Illegaler Müll“; der Ort liegt in „Schnaditz“; der Text enthält \
             „reifen“; es ist kein Feiertag; die Meldung ist nicht anonym; es ist Montag; die Uhrzeit \
             liegt in 08:00–18:00.",
            "Vorher wurde 1 Regel geprüft.",
            "„Regel 1“ traf nicht zu: die Kategorie „Illegaler Müll“ gehört nicht dazu.",
        ]
    );
    let english = decision.explain("Public order", Locale::En);
    assert_eq!(english[0], "Rule “Regel 2” decided: Public order.");
    assert_eq!(english.len(), 4);
    assert!(english[1].contains("the category is “Illegal waste”"), "{}", english[1]);
    let noise = Facts { category: CategoryId(NOISE), ..facts() };
    let noise = decide(vec![rule(1, json!({"category": [NOISE]}))], &noise).explain("B", Locale::En);
    assert!(noise[1].contains("“Lärm”"), "what has no English name keeps its own: {}", noise[1]);

    let broken = decide(vec![rule(1, json!({"area": [GONE]}))], &facts()).explain("Bürgerbüro", Locale::De);
    assert_eq!(broken[0], "Das Auffangamt ist zuständig: Bürgerbüro.");
    assert_eq!(broken[1], "Regel „Regel 1“ lässt sich nicht auswerten: ein Gebiet gibt es nicht mehr.");

    let homeless = Facts { point: None, ..facts() };
    let undecided = decide(vec![rule(1, json!({"area": [SCHNADITZ]}))], &homeless).explain("B", Locale::De);
    assert_eq!(
        undecided[1..],
        [
            "Keine Regel traf zu.",
            "Vorher wurde 1 Regel geprüft.",
            "„Regel 1“ traf nicht zu: kein Ort auf der Karte.",
            "Nicht entscheidbar und darum nicht erfüllt: 1 (Regel 1).",
        ]
    );
}

#[test]
fn decisions_are_stored_and_read_again() {
    let rules = vec![rule(1, json!({"area": [TIEFENSEE]})), rule(2, json!({"area": [GONE]}))];
    let decision = decide(rules, &facts());
    let stored = serde_json::to_value(&decision).unwrap();
    assert_eq!(serde_json::from_value::<Decision>(stored).unwrap(), decision);
}

#[path = "engine_laws.rs"]
mod laws;
