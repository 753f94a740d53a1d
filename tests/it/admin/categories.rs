use serde_json::{Value, json};

use super::Desk;
use crate::support::{installation::Installation, on_both};

on_both!(staff_keep_categories, a_category_that_a_rule_names_stays);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/categories";

fn waste() -> Value {
    json!({
        "code": "illegal-waste",
        "names": {"de": "Illegale Müllablagerung", "en": "Illegal waste"},
        "promise": {"first_answer_days": 2, "solution_days": 10},
        "accepts_guests": true,
        "duplicate_radius_m": 50
    })
}

async fn staff_keep_categories(installation: Installation) {
    let desk = Desk::open(installation).await;
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("code", json!("Illegal Waste"), "/code"),
        ("names", json!({"en": "Waste"}), "/names/de"),
        ("position", json!(-1), "/position"),
        ("promise", json!({"first_answer_days": 0, "solution_days": 10}), "/promise"),
        ("promise", json!({"first_answer_days": 11, "solution_days": 10}), "/promise"),
        ("duplicate_radius_m", json!(1_001), "/duplicate_radius_m"),
    ];
    desk.guards(PATH, &waste(), &wrong).await;
    let place = desk.add(PATH, &waste()).await;
    desk.post(PATH, &waste()).expect_problem(409, "already_exists").await;
    let made: Value = desk.get(&place).expect(200).await;
    assert_eq!(
        (&made["active"], &made["public"], &made["position"]),
        (&json!(true), &json!(false), &json!(1))
    );

    let patch = json!({"active": false, "promise": {"first_answer_days": 1, "solution_days": 5}});
    let changed = desk.guards_versions(&place, &patch).await;
    assert_eq!(changed["names"], waste()["names"], "what is absent stays");
    let bad = json!({"promise": {"first_answer_days": 6, "solution_days": 5}});
    desk.patch(&place, &bad).header("if-match", "\"v2\"").expect_problem(422, "validation_failed").await;
    assert_eq!(desk.items(PATH).await, [changed], "staff see what is switched off");
    let public: Value = desk.installation.get("/v1/municipalities/bad-dueben/categories").expect(200).await;
    assert_eq!(public["items"], json!([]));
    desk.removes(&place, "\"v2\"").await;
}

async fn a_category_that_a_rule_names_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &waste()).await;
    let category: Value = desk.get(&place).expect(200).await;
    let departments = desk.items("/v1/municipalities/bad-dueben/admin/departments").await;
    desk.add_rule(json!({"category": [category["id"]]}), &departments[0]["id"]).await;
    desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
}
