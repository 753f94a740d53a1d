use chrono::TimeDelta;
use domain::{Scope, Store, citizens::service, context::Person};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PASSWORD, access, renewal};
use crate::support::{installation::Installation, on_both};

on_both!(
    a_token_belongs_to_the_last,
    a_new_token_keeps_the_contact_point,
    devices_go_at_once,
    a_person_has_at_most_twenty,
    devices_are_listed_and_go_with_their_session,
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

/// Whichever way a session ends, the phone registered in it is told nothing more, and the others are.
async fn devices_are_listed_and_go_with_their_session(rathaus: Installation) {
    let anywhere = domain::ids::MunicipalityId(Uuid::nil());
    for way in ["afar", "here", "password", "address", "copied"] {
        rathaus.clock.advance(TimeDelta::hours(1));
        let email = format!("{way}@example.org");
        let (stays, goes) = (rathaus.citizen(&email).await, rathaus.citizen(&email).await);
        for (session, name) in [(&stays, "stays"), (&goes, "goes")] {
            rathaus.clock.advance(TimeDelta::seconds(1));
            let path = format!("/v1/me/devices/{}", Uuid::new_v4());
            let put = rathaus.put(&path, &phone(&format!("{way} {name}"))).bearer(access(session));
            assert_eq!(put.send().await.status, 204);
        }
        let list = async || -> Vec<Value> {
            let listed = rathaus.get("/v1/me/devices").bearer(access(&stays)).send().await;
            assert!(!listed.body.contains(way), "no token is shown");
            listed.json::<Value>()["items"].as_array().unwrap().clone()
        };
        let listed = list().await;
        let current: Vec<_> = listed.iter().map(|device| &device["current"]).collect();
        assert_eq!(current, [&json!(false), &json!(true)], "the one that registered last comes first");
        assert_eq!((&listed[0]["platform"], &listed[0]["locale"]), (&json!("android"), &json!("en")));
        match way {
            "afar" => {
                let session = listed[0]["session"].as_str().unwrap();
                let mut devices = devices_of(&rathaus, &goes).await;
                devices.retain(|device| device.session == session.parse().ok());
                let path = format!("/v1/me/sessions/{session}");
                assert_eq!(rathaus.delete(&path).bearer(access(&stays)).send().await.status, 204);
                // Where another instance does not know yet.
                let goes = &devices[0];
                let actor = Person { person: goes.person, account: None, session: goes.session.unwrap() };
                let late = rathaus.clock.ctx(Default::default(), Uuid::nil(), actor);
                let late = service::register_device(rathaus.store(), &late, &goes.registration).await;
                assert!(late.is_err(), "a session that was ended registers nothing");
            }
            "here" => {
                let out = rathaus.delete("/v1/auth/sessions/current").bearer(access(&goes));
                assert_eq!(out.send().await.status, 204);
            }
            "password" => {
                let set = rathaus.put("/v1/me/password", &json!({"password": PASSWORD}));
                assert_eq!(set.bearer(access(&stays)).send().await.status, 204);
            }
            "address" => {
                let new = json!({"email": "new@example.org"});
                let (code, _) = rathaus.ask_for_address(&stays, &new).await;
                let _: Value = rathaus.confirm_address(&stays, &new, &code).expect(200).await;
            }
            _ => {
                let _: Value = rathaus.refresh(renewal(&goes)).expect(200).await;
                assert_eq!(list().await.len(), 2, "a renewed session is the same one");
                rathaus.clock.advance(TimeDelta::seconds(31));
                assert_eq!(rathaus.refresh(renewal(&goes)).send().await.status, 401);
            }
        }
        assert_eq!(list().await, listed[1..], "{way}");
        let pushed = format!("SELECT address FROM contact_points WHERE address LIKE '{way} %'");
        assert_eq!(rathaus.ask(anywhere, &pushed).await, [format!("{way} stays")]);
    }
}
