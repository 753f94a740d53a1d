use serde_json::json;
use utoipa::PartialSchema;
use uuid::Uuid;

use super::*;
use crate::tree::{MAX_BRANCHES, MAX_DEPTH};

fn parse(value: serde_json::Value) -> Result<Condition, Vec<Violation>> {
    let tree: ConditionTree = serde_json::from_value(value).unwrap();
    Condition::parse(&tree, "/condition")
}

fn refusal(value: serde_json::Value) -> Vec<(String, Code)> {
    parse(value).unwrap_err().into_iter().map(|v| (v.pointer, v.code)).collect()
}

#[test]
fn every_kind_is_read_and_written_back() {
    let id = Uuid::from_u128(7);
    for written in [
        json!({"category": [id]}),
        json!({"area": [id]}),
        json!({"words": ["reifen", "\"rad\""]}),
        json!({"weekdays": ["saturday", "sunday"]}),
        json!({"time": {"from": "22:00", "to": "06:00"}}),
        json!({"holiday": true}),
        json!({"anonymous": false}),
        json!({"not": {"anonymous": true}}),
        json!({"all": [{"holiday": false}, {"any": [{"category": [id]}, {"area": [id]}]}]}),
    ] {
        let condition = parse(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(ConditionTree::from(&condition)).unwrap(), written);
    }
}

#[test]
fn exactly_one_member() {
    assert_eq!(refusal(json!({})), [("/condition".into(), Code::ExactlyOne)]);
    assert_eq!(
        refusal(json!({"holiday": true, "anonymous": true})),
        [("/condition".into(), Code::ExactlyOne)]
    );
    assert_eq!(
        refusal(json!({"all": [{"holiday": true}, {"not": {}}]})),
        [("/condition/all/1/not".into(), Code::ExactlyOne)]
    );
}

#[test]
fn unknown_members_and_null_are_refused() {
    for bad in [
        json!({"colour": "red"}),
        json!({"holiday": null}),
        json!({"all": null, "holiday": true}),
        json!({"time": {"from": "22:00", "to": "06:00", "zone": "UTC"}}),
        json!({"time": {"from": "22:00", "to": "24:00"}}),
        json!({"weekdays": ["someday"]}),
        json!({"words": [""]}),
    ] {
        assert!(serde_json::from_value::<ConditionTree>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn bounds() {
    let at = |member: &str| format!("/condition/{member}");
    for member in ["all", "any", "category", "area", "words", "weekdays"] {
        assert_eq!(refusal(json!({member: []})), [(at(member), Code::TooShort)]);
    }
    for (member, entry, max) in [
        ("all", json!({"holiday": true}), MAX_BRANCHES),
        ("any", json!({"holiday": true}), MAX_BRANCHES),
        ("category", json!(Uuid::nil()), MAX_ENTRIES),
        ("area", json!(Uuid::nil()), MAX_ENTRIES),
        ("words", json!("reifen"), MAX_ENTRIES),
        ("weekdays", json!("monday"), 7),
    ] {
        assert!(parse(json!({member: vec![entry.clone(); max]})).is_ok(), "{member}");
        assert_eq!(refusal(json!({member: vec![entry; max + 1]})), [(at(member), Code::TooMany)]);
    }
    assert_eq!(refusal(json!({"words": ["reifen", "!?"]})), [("/condition/words/1".into(), Code::TooShort)]);
    assert_eq!(
        refusal(json!({"time": {"from": "08:00", "to": "08:00"}})),
        [("/condition/time".into(), Code::Contradiction)]
    );
}

#[test]
fn at_most_eight_levels() {
    let nested = |levels: usize| (1..levels).fold(json!({"holiday": true}), |inner, _| json!({"not": inner}));
    assert!(parse(nested(MAX_DEPTH)).is_ok());
    assert_eq!(
        refusal(nested(MAX_DEPTH + 1)),
        [(format!("/condition{}", "/not".repeat(MAX_DEPTH)), Code::TooDeep)]
    );
}

#[test]
fn a_tree_has_a_bound_as_a_whole() {
    let branch = json!({"all": vec![json!({"holiday": true}); MAX_BRANCHES]});
    assert!(parse(json!({"any": vec![branch.clone(); 3]})).is_ok());
    let refused = refusal(json!({"any": vec![branch; 40]}));
    assert_eq!(refused, [("/condition/any/3/all/45".into(), Code::TooMany)]);
}

#[test]
fn the_schema_has_no_alternatives() {
    let schema = serde_json::to_string(&ConditionTree::schema()).unwrap();
    for word in ["oneOf", "anyOf", "null"] {
        assert!(!schema.contains(word), "{word} in {schema}");
    }
}
