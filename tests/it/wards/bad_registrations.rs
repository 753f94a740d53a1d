use reqwest::Method;
use serde_json::{Value, json};

use super::{WARDS, grandmother};
use crate::{admin::first_pointer, support::on_both, telephony::Exchange};

on_both!(a_wrong_registration_is_refused_and_asks_nobody, there_is_a_limit_to_asking);

const COUNTS: &str = "SELECT (SELECT count(*) FROM wards) + (SELECT count(*) FROM contacts) \
                      + (SELECT count(*) FROM proxies) + (SELECT count(*) FROM messages) + (SELECT count(*) FROM reach)";

async fn a_wrong_registration_is_refused_and_asks_nobody(exchange: Exchange) {
    let one = exchange.citizen("enkel@example.org").await;
    for (wrong, pointer) in [
        (json!({"phone": "0900 1 123456"}), "/phone"),
        (json!({"phone": "0137 7123456"}), "/phone"),
        (json!({"phone": "030"}), "/phone"),
        (json!({"phone": "110"}), "/phone"),
        (json!({"phone": "not a number"}), "/phone"),
        (json!({"email": "erna@"}), "/email"),
        (json!({"municipality": "nowhere"}), "/municipality"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(81)}), "/name"),
        (json!({"topics": ["no-such-topic"]}), "/topics/0"),
        (json!({"channels": {"crisis": ["sms"]}}), "/channels/crisis"),
        (json!({"channels": {"crisis": ["push"]}}), "/channels/crisis"),
        (json!({"channels": {"crisis": ["email"]}}), "/channels/crisis"),
        (json!({"channels": {}}), "/channels"),
        (json!({"consent_text": "1999-01"}), "/consent_text"),
        (json!({"means": "paper"}), "/means"),
        (json!({"birth_date": "1930-01-01"}), "/birth_date"),
    ] {
        let refused = exchange.post(WARDS, &grandmother(wrong.clone())).bearer(&one);
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{wrong}: {}", refused.body);
    }
    let nameless = json!({"municipality": "bad-dueben", "name": "Oma Erna"});
    let refused = exchange.post(WARDS, &nameless).bearer(&one).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/phone");
    exchange.post(WARDS, &grandmother(json!({}))).expect_problem(401, "unauthenticated").await;
    let guest = exchange.post("/v1/auth/guest-sessions", &json!({})).expect::<Value>(201).await;
    let guest = guest["access_token"].as_str().unwrap();
    exchange.post(WARDS, &grandmother(json!({}))).bearer(guest).expect_problem(403, "forbidden").await;
    assert_eq!(exchange.town.ask(COUNTS).await, ["0"]);
    assert!(exchange.phone.heard().is_empty());
}

async fn there_is_a_limit_to_asking(exchange: Exchange) {
    let one = exchange.citizen("enkel@example.org").await;
    // One number is asked twice a day, whoever has it asked.
    for _ in 0..2 {
        let _: Value = exchange.post(WARDS, &grandmother(json!({}))).bearer(&one).expect(201).await;
    }
    let other = exchange.citizen("fremd@example.org").await;
    exchange
        .post(WARDS, &grandmother(json!({})))
        .bearer(&other)
        .expect_problem(429, "too_many_requests")
        .await;
    // One person asks five times a day, and represents ten.
    let line = |number: u32| grandmother(json!({"phone": format!("030 231251{number}")}));
    let mut registered = 2;
    for number in 20..23 {
        let _: Value = exchange.post(WARDS, &line(number)).bearer(&one).expect(201).await;
        registered += 1;
    }
    exchange.post(WARDS, &line(30)).bearer(&one).expect_problem(429, "too_many_requests").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, [registered.to_string()]);
    exchange.call(Method::GET, WARDS).expect_problem(401, "unauthenticated").await;
}
