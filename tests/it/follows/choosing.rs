use serde_json::{Value, json};
use uuid::Uuid;

use super::{FOLLOW, LEDGER, REACH, choice, town};
use crate::{
    auth::access,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    a_guest_follows_without_anything_personal,
    a_home_is_found_in_the_register,
    channels_lead_to_the_account,
    what_is_followed_is_listed_and_left,
);

fn device(rathaus: &Installation, token: &str, push: &str) -> Call {
    let path = format!("/v1/me/devices/{}", Uuid::new_v4());
    rathaus.put(&path, &json!({"platform": "android", "token": push})).bearer(token)
}

async fn a_guest_follows_without_anything_personal(rathaus: Installation) {
    let town = town(&rathaus).await;
    let guest = rathaus.guest().await;
    assert_eq!(device(&rathaus, access(&guest), "first-token").send().await.status, 204);
    let before = rathaus.rows().await;
    let chosen: Value = rathaus.choose(access(&guest), &choice(json!({"role": "guest"}))).expect(200).await;
    assert_eq!(chosen["municipality"], "bad-dueben");
    assert_eq!(chosen["topics"], json!(["road-closures"]));
    assert_eq!(chosen["channels"]["crisis"], json!(["push"]));
    assert_eq!(chosen["channels"]["notice"], json!([]));
    assert!(chosen.get("address").is_none() && chosen.get("age_group").is_none());
    let shown: Value = rathaus.get(FOLLOW).bearer(access(&guest)).expect(200).await;
    assert_eq!(shown, chosen);

    // A tie, a topic, a way, two consents: nothing that says who it is.
    let after = rathaus.rows().await;
    let grown: Vec<_> = after.iter().filter(|(name, rows)| before[*name] != **rows).collect();
    let grown: Vec<_> = grown.into_iter().map(|(name, rows)| (name.as_str(), rows - before[name])).collect();
    assert_eq!(grown, [("consents", 2), ("follow_topics", 1), ("follows", 1), ("reach", 1)]);
    assert_eq!(rathaus.ask(town.id, REACH).await, ["push crisis information"]);
    assert_eq!(rathaus.ask(town.id, LEDGER).await, ["push crisis yes app", "push information yes app"]);

    // A second phone is reached as well; one that is removed is not any more.
    assert_eq!(device(&rathaus, access(&guest), "second-token").send().await.status, 204);
    assert_eq!(rathaus.ask(town.id, REACH).await.len(), 2);
    assert_eq!(rathaus.ask(town.id, LEDGER).await.len(), 2, "a phone is no consent");
}

async fn a_home_is_found_in_the_register(rathaus: Installation) {
    town(&rathaus).await;
    let guest = rathaus.guest().await;
    for (street, house, found, area) in [
        (
            "leipziger str.",
            "12 A",
            json!({"street": "Leipziger Straße", "house_number": "12a"}),
            Some("schnaditz"),
        ),
        ("Dorfstrasse", "1", json!({"street": "Dorfstraße", "house_number": "1"}), Some("schnaditz")),
        ("Am Lauch", "3", json!({"street": "Am Lauch", "house_number": "3"}), None),
    ] {
        let home = choice(json!({
            "address": {"street": street, "house_number": house},
            "watched_streets": ["dorfstr.", "Dorfstraße", "Am Lauch"],
            "age_group": "65_and_over",
        }));
        let chosen: Value = rathaus.choose(access(&guest), &home).expect(200).await;
        assert_eq!(chosen["address"], found);
        assert_eq!(chosen.get("area").and_then(Value::as_str), area, "{street}");
        assert_eq!(chosen["watched_streets"], json!(["Am Lauch", "Dorfstraße"]));
        assert_eq!(chosen["age_group"], "65_and_over");
    }
}

async fn channels_lead_to_the_account(rathaus: Installation) {
    let town = town(&rathaus).await;
    let citizen = rathaus.citizen("erika@example.org").await;
    let mail = choice(json!({"channels": {"crisis": ["email", "push"], "notice": ["email"]}}));
    let _: Value = rathaus.choose(access(&citizen), &mail).expect(200).await;
    assert_eq!(rathaus.ask(town.id, REACH).await, ["email crisis notice"]);
    let less = choice(json!({"channels": {"crisis": ["push"]}}));
    let _: Value = rathaus.choose(access(&citizen), &less).expect(200).await;
    assert_eq!(rathaus.ask(town.id, REACH).await, Vec::<String>::new());
    assert_eq!(
        rathaus.ask(town.id, LEDGER).await,
        [
            "email crisis yes app",
            "push crisis yes app",
            "email notice yes app",
            "email crisis no app",
            "email notice no app"
        ]
    );
}

async fn what_is_followed_is_listed_and_left(rathaus: Installation) {
    let town = town(&rathaus).await;
    rathaus.found("eilenburg", "Eilenburg").await;
    let guest = rathaus.guest().await;
    rathaus.get(FOLLOW).bearer(access(&guest)).expect_problem(404, "not_found").await;
    rathaus.delete(FOLLOW).bearer(access(&guest)).expect_problem(404, "not_found").await;
    assert_eq!(device(&rathaus, access(&guest), "first-token").send().await.status, 204);
    let _: Value = rathaus.choose(access(&guest), &choice(json!({}))).expect(200).await;
    let other = choice(json!({"topics": [], "channels": {}}));
    let other = rathaus.put("/v1/me/follows/eilenburg", &other).bearer(access(&guest));
    let _: Value = other.expect(200).await;
    let listed: Value = rathaus.get("/v1/me/follows").bearer(access(&guest)).expect(200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!(listed["items"][0]["role"], "resident");

    assert_eq!(rathaus.delete(FOLLOW).bearer(access(&guest)).send().await.status, 204);
    rathaus.get(FOLLOW).bearer(access(&guest)).expect_problem(404, "not_found").await;
    let listed: Value = rathaus.get("/v1/me/follows").bearer(access(&guest)).expect(200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(rathaus.ask(town.id, REACH).await, Vec::<String>::new());
    assert_eq!(rathaus.ask(town.id, "SELECT count(*) FROM follow_topics").await, ["0"]);
    let ledger = rathaus.ask(town.id, LEDGER).await;
    assert_eq!(ledger[2..], ["push crisis no app", "push information no app"]);
    // What was agreed stays to be seen, and only by who agreed.
    let seen: Value =
        rathaus.get(&format!("{FOLLOW}/consents?limit=3")).bearer(access(&guest)).expect(200).await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 3);
    let cursor = seen["next_cursor"].as_str().unwrap();
    let rest = format!("{FOLLOW}/consents?limit=3&cursor={cursor}");
    let rest: Value = rathaus.get(&rest).bearer(access(&guest)).expect(200).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    let stranger = rathaus.guest().await;
    let none: Value = rathaus.get(&format!("{FOLLOW}/consents")).bearer(access(&stranger)).expect(200).await;
    assert_eq!(none["items"], json!([]));
}
