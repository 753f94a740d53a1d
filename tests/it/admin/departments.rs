use serde_json::{Value, json};

use super::Desk;
use crate::support::{installation::Installation, on_both};

on_both!(staff_keep_departments, there_is_always_one_default, a_department_that_is_needed_stays);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/departments";

async fn staff_keep_departments(installation: Installation) {
    let desk = Desk::open(installation).await;
    let new = json!({"name": "Ordnungsamt", "email": "Ordnungsamt@example.org"});
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("name", json!(""), "/name"),
        ("name", json!("NUL\u{0}"), "/name"),
        ("email", json!("nobody"), "/email"),
        ("lead_email", json!(null), "/lead_email"),
        ("is_default", json!(true), "/is_default"),
    ];
    desk.guards(PATH, &new, &wrong).await;
    let place = desk.add(PATH, &new).await;
    desk.post(PATH, &new).expect_problem(409, "already_exists").await;
    let seen = desk.get(&place).header("if-none-match", "\"v1\"").send().await;
    assert_eq!(seen.status, 304);

    let patch = json!({"email": null, "lead_email": "lead@example.org"});
    let changed = desk.guards_versions(&place, &patch).await;
    assert_eq!(changed["name"], "Ordnungsamt", "what is absent stays");
    assert_eq!((changed.get("email"), &changed["lead_email"]), (None, &json!("lead@example.org")));
    let taken = json!({"name": "Bürgerbüro"});
    desk.patch(&place, &taken).header("if-match", "\"v2\"").expect_problem(409, "already_exists").await;
    let names: Vec<_> = desk.items(PATH).await.into_iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["Bürgerbüro", "Ordnungsamt"]);
    desk.removes(&place, "\"v2\"").await;
}

async fn there_is_always_one_default(installation: Installation) {
    let desk = Desk::open(installation).await;
    let first = desk.items(PATH).await.remove(0);
    let first = format!("{PATH}/{}", first["id"].as_str().unwrap());
    desk.delete(&first, "\"v1\"").expect_problem(409, "default_department").await;
    let off = json!({"is_default": false});
    desk.patch(&first, &off).header("if-match", "\"v1\"").expect_problem(409, "default_department").await;

    let second = desk.add(PATH, &json!({"name": "Ordnungsamt"})).await;
    let on = json!({"is_default": true});
    let second: Value = desk.patch(&second, &on).header("if-match", "\"v1\"").expect(200).await;
    assert_eq!(second["is_default"], true);
    let before: Value = desk.get(&first).expect(200).await;
    assert_eq!(before["is_default"], false);
    desk.removes(&first, "\"v2\"").await;
}

async fn a_department_that_is_needed_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &json!({"name": "Bauhof"})).await;
    let department: Value = desk.get(&place).expect(200).await;
    let rule = desk.add_rule(json!({"anonymous": true}), &department["id"]).await;
    let refused = desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    assert!(refused.json::<Value>()["detail"].as_str().unwrap().contains("Tyres"), "{}", refused.body);
    desk.removes(&rule, "\"v1\"").await;
    desk.removes(&place, "\"v1\"").await;
}
