use chrono::TimeDelta;
use domain::{Scope, Store};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access;
use crate::support::{installation::Installation, on_both};

on_both!(
    a_token_belongs_to_the_last,
    a_new_token_keeps_the_contact_point,
    devices_go_at_once,
    a_person_has_at_most_twenty,
    apples_tokens_are_hexadecimal,
);

async fn devices_of(rathaus: &Installation, session: &Value) -> Vec<domain::citizens::Device> {
    let person: Uuid = rathaus.me(session).await["id"].as_str().unwrap().parse().unwrap();
    rathaus.store().read(Scope::Installation).await.unwrap().devices(person.into()).await.unwrap()
}

fn phone(token: &str) -> Value {
    json!({"platform": "android", "token": token, "app_version": "1.0", "locale": "en"})
}

async fn a_token_belongs_to_the_last(rathaus: Installation) {
    let (first, second) = (rathaus.guest().await, rathaus.guest().await);
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    for session in [&first, &second, &second] {
        let answer = rathaus.put(&path, &phone("fcm-token-1")).bearer(access(session)).send().await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    }
    assert!(devices_of(&rathaus, &first).await.is_empty());
    let devices = devices_of(&rathaus, &second).await;
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].registration.app.as_str(), "default");
}

async fn a_new_token_keeps_the_contact_point(rathaus: Installation) {
    let session = rathaus.guest().await;
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    let mut points = Vec::new();
    for token in ["fcm-token-1", "fcm-token-2"] {
        rathaus.put(&path, &phone(token)).bearer(access(&session)).send().await;
        let devices = devices_of(&rathaus, &session).await;
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0].registration.address.token.as_str(), token);
        points.push(devices[0].contact_point);
    }
    assert_eq!(points[0], points[1]);
}

async fn devices_go_at_once(rathaus: Installation) {
    let (session, other) = (rathaus.guest().await, rathaus.guest().await);
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    rathaus.put(&path, &phone("fcm-token-1")).bearer(access(&session)).send().await;
    let test = rathaus.post(&format!("{path}/test"), &json!({})).bearer(access(&session));
    test.expect_problem(409, "nothing_followed").await;
    rathaus.delete(&path).bearer(access(&other)).expect_problem(404, "not_found").await;
    assert_eq!(rathaus.delete(&path).bearer(access(&session)).send().await.status, 204);
    assert!(devices_of(&rathaus, &session).await.is_empty());
    rathaus.delete(&path).bearer(access(&session)).expect_problem(404, "not_found").await;
}

async fn a_person_has_at_most_twenty(rathaus: Installation) {
    let session = rathaus.guest().await;
    let put = async |n: usize| {
        rathaus.clock.advance(TimeDelta::seconds(1));
        let path = format!("/v1/me/devices/{}", Uuid::from_u128(n.try_into().unwrap()));
        let put = rathaus.put(&path, &phone(&format!("fcm-token-{n}"))).bearer(access(&session));
        assert_eq!(put.send().await.status, 204);
    };
    for n in 1..=20 {
        put(n).await;
    }
    put(1).await;
    put(21).await;
    let devices = devices_of(&rathaus, &session).await;
    let mut tokens: Vec<_> = devices.iter().map(|one| one.registration.address.token.as_str()).collect();
    tokens.sort_unstable();
    assert_eq!(tokens.len(), 20);
    assert!(tokens.contains(&"fcm-token-1"), "the first one was heard of again");
    assert!(!tokens.contains(&"fcm-token-2"), "the one heard of longest ago is gone");
}

async fn apples_tokens_are_hexadecimal(rathaus: Installation) {
    let session = rathaus.guest().await;
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    let phone = |token: &str| json!({"platform": "ios", "token": token});
    let refused = rathaus.put(&path, &phone("<a1b2 c3d4>")).bearer(access(&session));
    let refused: Value = refused.expect_problem(422, "validation_failed").await.json();
    assert_eq!(refused["errors"][0]["pointer"], "/token");
    assert_eq!(refused["errors"][0]["code"], "device_token_invalid");
    assert!(devices_of(&rathaus, &session).await.is_empty());
    assert_eq!(rathaus.put(&path, &phone("A1b2C3d4")).bearer(access(&session)).send().await.status, 204);
}
