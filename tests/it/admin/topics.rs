use serde_json::{Value, json};

use super::Desk;
use crate::{
    auth::access,
    support::{installation::Installation, on_both},
};

on_both!(staff_keep_topics, a_topic_somebody_chose_stays);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/topics";

fn kita() -> Value {
    json!({"code": "kita", "names": {"de": "Kitas", "en": "Day care"}})
}

async fn staff_keep_topics(installation: Installation) {
    let desk = Desk::open(installation).await;
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("code", json!("Kita!"), "/code"),
        ("names", json!({"en": "Day care"}), "/names/de"),
        ("names", json!({"de": "Kitas", "fr": "Crèches"}), "/names/fr"),
        ("position", json!(-1), "/position"),
        ("active", json!("yes"), "/active"),
    ];
    desk.guards(PATH, &kita(), &wrong).await;
    let place = desk.add(PATH, &kita()).await;
    desk.post(PATH, &kita()).expect_problem(409, "already_exists").await;
    let changed = desk.guards_versions(&place, &json!({"active": false})).await;
    assert_eq!((&changed["active"], &changed["position"]), (&json!(false), &json!(1)));
    assert_eq!(desk.items(PATH).await, [changed]);
    desk.removes(&place, "\"v2\"").await;
}

async fn a_topic_somebody_chose_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &kita()).await;
    let guest = desk.installation.guest().await;
    let choice = json!({"role": "guest", "topics": ["kita"], "channels": {"crisis": ["push"]}});
    let _: Value = desk.installation.choose(access(&guest), &choice).expect(200).await;
    desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    let none = json!({"role": "guest", "channels": {"crisis": ["push"]}});
    let _: Value = desk.installation.choose(access(&guest), &none).expect(200).await;
    desk.removes(&place, "\"v1\"").await;
}
