//! What a guest chose comes along to the account.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{FOLLOW, LEDGER, REACH, choice, town};
use crate::{
    auth::access,
    support::{installation::Installation, on_both},
};

on_both!(a_new_account_keeps_everything, an_account_that_is_there_gets_what_the_guest_chose);

const ERIKA: &str = "erika@example.org";

async fn guest_with_phone(rathaus: &Installation, choice: &Value) -> Value {
    let guest = rathaus.guest().await;
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    let phone = rathaus.put(&path, &json!({"platform": "android", "token": "guest-token"}));
    assert_eq!(phone.bearer(access(&guest)).send().await.status, 204);
    let _: Value = rathaus.choose(access(&guest), choice).expect(200).await;
    guest
}

async fn signs_in(rathaus: &Installation, guest: &Value) -> Value {
    let code = rathaus.code(ERIKA).await;
    let sign_in = rathaus.post("/v1/auth/sessions", &json!({"email": ERIKA, "code": code}));
    sign_in.bearer(access(guest)).expect(201).await
}

/// The phone registered by the guest belongs to the citizen's session, and goes with it.
async fn phone_goes_with(rathaus: &Installation, citizen: &Value) {
    let devices: Value = rathaus.get("/v1/me/devices").bearer(access(citizen)).expect(200).await;
    assert_eq!(devices["items"].as_array().unwrap().len(), 1);
    assert_eq!(devices["items"][0]["current"], true);
    let out = rathaus.delete("/v1/auth/sessions/current").bearer(access(citizen)).send().await;
    assert_eq!(out.status, 204);
    let anywhere = domain::ids::MunicipalityId(Uuid::nil());
    assert_eq!(rathaus.ask(anywhere, "SELECT count(*) FROM contact_points WHERE kind = 'push'").await, ["0"]);
}

async fn a_new_account_keeps_everything(rathaus: Installation) {
    let town = town(&rathaus).await;
    let guest = guest_with_phone(&rathaus, &choice(json!({}))).await;
    let before: Value = rathaus.get(FOLLOW).bearer(access(&guest)).expect(200).await;
    let (reach, ledger) = (rathaus.ask(town.id, REACH).await, rathaus.ask(town.id, LEDGER).await);
    let citizen = signs_in(&rathaus, &guest).await;
    let after: Value = rathaus.get(FOLLOW).bearer(access(&citizen)).expect(200).await;
    assert_eq!(after, before);
    assert_eq!(rathaus.ask(town.id, REACH).await, reach);
    assert_eq!(rathaus.ask(town.id, LEDGER).await, ledger);
    phone_goes_with(&rathaus, &citizen).await;
}

async fn an_account_that_is_there_gets_what_the_guest_chose(rathaus: Installation) {
    let town = town(&rathaus).await;
    let citizen = rathaus.citizen(ERIKA).await;
    let mail = json!({"channels": {"crisis": ["email"]}, "topics": ["kita"], "age_group": "30_to_49"});
    let _: Value = rathaus.choose(access(&citizen), &choice(mail)).expect(200).await;
    rathaus.clock.advance(chrono::TimeDelta::minutes(11));
    let streets = json!({"watched_streets": ["Am Lauch"], "role": "guest"});
    let guest = guest_with_phone(&rathaus, &choice(streets)).await;
    let joined = signs_in(&rathaus, &guest).await;
    let chosen: Value = rathaus.get(FOLLOW).bearer(access(&joined)).expect(200).await;
    assert_eq!(chosen["channels"]["crisis"], json!(["email", "push"]));
    assert_eq!(chosen["channels"]["information"], json!(["push"]));
    let mut topics = chosen["topics"].as_array().unwrap().clone();
    topics.sort_by_key(Value::to_string);
    assert_eq!(topics, [json!("kita"), json!("road-closures")]);
    assert_eq!(chosen["watched_streets"], json!(["Am Lauch"]));
    assert_eq!((&chosen["role"], &chosen["age_group"]), (&json!("resident"), &json!("30_to_49")));
    assert_eq!(rathaus.ask(town.id, REACH).await, ["push crisis information", "email crisis"]);
    let mut ledger = rathaus.ask(town.id, LEDGER).await;
    ledger[1..].sort();
    assert_eq!(ledger, ["email crisis yes app", "push crisis yes app", "push information yes app"]);
    assert_eq!(rathaus.ask(town.id, "SELECT count(DISTINCT person_id) FROM consents").await, ["1"]);
    phone_goes_with(&rathaus, &joined).await;
}
