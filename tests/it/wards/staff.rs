//! The town hall's form.

use domain::{Store, staff::Role};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::{LANDLINE, LEDGER, SOON, STAFF};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, on_both},
    telephony::Exchange,
};

on_both!(
    a_paper_form_is_entered_found_and_ended,
    a_registration_is_confirmed_by_letter,
    a_wrong_form_is_refused,
    what_is_over_ends_by_itself,
    a_no_told_to_the_town_hall_is_remembered,
    another_number_is_told_there,
    who_asks_at_the_town_hall_is_erased,
);

fn form(more: Value) -> Value {
    let mut form = json!({
        "name": "Erna Muster", "phone": "030 / 23125014", "means": "paper", "document": "A-2026-17",
        "channels": {"crisis": ["voice"]},
    });
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

async fn a_paper_form_is_entered_found_and_ended(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    exchange.phone.script(LANDLINE, [Answer::PickUp("1")]);
    let made = exchange.post(STAFF, &form(json!({"valid_until": "2999-12-31"}))).bearer(&clerk).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let ward: Value = made.json();
    assert_eq!((&ward["state"], &ward["registered_by"]), (&json!("active"), &json!("staff")));
    assert_eq!((&ward["document"], &ward["means"]), (&json!("A-2026-17"), &json!("paper")));
    assert_eq!(exchange.town.ask(LEDGER).await, ["voice crisis yes paper staff"]);
    assert_eq!(exchange.town.ask("SELECT proof FROM consents").await, ["A-2026-17"]);
    // They are told, and need not agree once more.
    let heard = eventually("the call", SOON, async || exchange.phone.heard().pop()).await;
    assert!(heard.said.iter().any(|(_, text)| text.contains("Diese Nummer ist angemeldet")), "{heard:?}");
    assert_eq!(exchange.town.ask(LEDGER).await.len(), 1);

    for found in ["muster", "030 23125014", "+49 30 23125014", "ERNA"] {
        let found = format!("{STAFF}?q={}", found.replace('+', "%2B").replace(' ', "%20"));
        let found: Value = exchange.call(Method::GET, &found).bearer(&clerk).expect(200).await;
        assert_eq!(found["items"][0]["id"], ward["id"], "{found}");
    }
    for missed in ["Schmidt", "030%2023125015", "%25"] {
        let missed = exchange.call(Method::GET, &format!("{STAFF}?q={missed}")).bearer(&clerk);
        assert_eq!(missed.expect::<Value>(200).await["items"], json!([]));
    }
    let moved = form(json!({"name": "Erna Müller", "email": "erna@example.org", "means": "phone"}));
    exchange.put(&place, &moved).bearer(&clerk).expect_problem(428, "precondition_required").await;
    let change = |tag: &'static str| exchange.put(&place, &moved).bearer(&clerk).header("if-match", tag);
    change("\"v9\"").expect_problem(412, "stale").await;
    let changed: Value = change("\"v1\"").expect(200).await;
    assert_eq!(changed["name"], "Erna Müller");
    let end = |tag: &'static str| {
        exchange
            .call(Method::DELETE, &format!("{place}?means=in_person"))
            .bearer(&clerk)
            .header("if-match", tag)
    };
    end("\"v1\"").expect_problem(412, "stale").await;
    assert_eq!(end("\"v2\"").send().await.status, 204);
    end("\"v3\"").expect_problem(409, "transition_illegal").await;
    let over: Value = exchange.call(Method::GET, &place).bearer(&clerk).expect(200).await;
    assert_eq!(over["state"], "left");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    assert_eq!(exchange.town.ask(LEDGER).await[1..], ["voice crisis no in_person staff"]);
    let trail =
        "SELECT deed FROM audit_entries WHERE subject_kind = 'person' AND deed <> 'read' ORDER BY deed";
    assert_eq!(exchange.town.ask(trail).await, ["changed", "created", "removed"]);
    let lists = "SELECT count(*) FROM audit_entries WHERE deed = 'searched' AND subject_kind = 'people'";
    assert_eq!(exchange.town.ask(lists).await, ["7"], "each search");
    let _: Value = exchange.call(Method::GET, STAFF).bearer(&clerk).expect(200).await;
    assert_eq!(exchange.town.ask(lists).await, ["8"], "and the whole list, whose names are personal as well");
}

async fn a_registration_is_confirmed_by_letter(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    for more in [json!({}), json!({"language": "en", "name": "山田 太郎", "email": "erna@example.org"})] {
        let made = exchange.post(STAFF, &form(more)).bearer(&clerk).send().await;
        let letter = format!("{}/letter", made.headers["location"].to_str().unwrap());
        let letter = exchange.call(Method::GET, &letter).bearer(&clerk).send().await;
        assert_eq!(letter.status, 200);
        assert_eq!(letter.headers["content-type"], "application/pdf");
        assert_eq!(letter.headers["cache-control"], "no-store");
        assert!(letter.body.starts_with("%PDF-"), "{}", letter.body);
    }
    let looks = "SELECT count(*) FROM audit_entries WHERE deed = 'read' AND subject_kind = 'person'";
    assert_eq!(exchange.town.ask(looks).await, ["2"], "each letter leaves a trace");
    let nobodys = format!("{STAFF}/019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01/letter");
    exchange.call(Method::GET, &nobodys).bearer(&clerk).expect_problem(404, "not_found").await;
}

async fn a_wrong_form_is_refused(exchange: Exchange) {
    let admin = exchange.staff(Role::Admin).await;
    for (wrong, pointer) in [
        (json!({"means": "hearsay"}), "/means"),
        (json!({"means": "paper", "document": ""}), "/document"),
        (json!({"valid_until": "2020-01-01"}), "/valid_until"),
        (json!({"valid_until": "tomorrow"}), "/valid_until"),
        (json!({"phone": "0900 1 123456"}), "/phone"),
        (json!({"channels": {"crisis": ["email"]}}), "/channels/crisis"),
        (json!({"municipality": "bad-dueben"}), "/municipality"),
    ] {
        let refused = exchange.post(STAFF, &form(wrong.clone())).bearer(&admin);
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{wrong}: {}", refused.body);
    }
    let mut unsigned = form(json!({}));
    unsigned.as_object_mut().unwrap().remove("document");
    let refused =
        exchange.post(STAFF, &unsigned).bearer(&admin).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/document");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
    assert!(exchange.phone.heard().is_empty());
}

async fn what_is_over_ends_by_itself(exchange: Exchange) {
    let admin = exchange.staff(Role::Admin).await;
    let today = exchange.clock.now().date_naive() + chrono::Days::new(1);
    let until = form(json!({"valid_until": today.to_string()}));
    let _: Value = exchange.post(STAFF, &until).bearer(&admin).expect(201).await;
    let grandchild = exchange.citizen("enkel@example.org").await;
    let asked = super::grandmother(json!({"phone": "030 23125016"}));
    let _: Value = exchange.post(super::WARDS, &asked).bearer(&grandchild).expect(201).await;
    let expire = async || {
        let town = exchange.server.store().read(domain::Scope::Installation).await.unwrap();
        let town = town.municipality_by_id(exchange.town.municipality).await.unwrap().unwrap();
        let now = exchange.clock.now();
        domain::wards::service::expire(exchange.server.store(), now, &town).await.unwrap()
    };
    assert_eq!(expire().await, 0);
    exchange.clock.advance(chrono::TimeDelta::days(15));
    expire().await;
    assert_eq!(exchange.town.ask("SELECT DISTINCT state FROM wards").await, ["expired"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    assert_eq!(exchange.town.ask(LEDGER).await[1..], ["voice crisis no system system"]);
}

async fn a_no_told_to_the_town_hall_is_remembered(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let grandchild = exchange.citizen("enkel@example.org").await;
    let ask = || exchange.post(super::WARDS, &super::grandmother(json!({}))).bearer(&grandchild);
    let end = async |more: &str| {
        let made = exchange.post(STAFF, &form(json!({}))).bearer(&clerk).send().await;
        let place = format!("{}?means=phone{more}", made.headers["location"].to_str().unwrap());
        let end = exchange.call(Method::DELETE, &place).bearer(&clerk).header("if-match", "\"v1\"");
        assert_eq!(end.send().await.status, 204);
    };
    end("&said_no=false").await;
    let asked: Value = ask().expect(201).await;
    let place = format!("{}/{}", super::WARDS, asked["id"].as_str().unwrap());
    assert_eq!(exchange.call(Method::DELETE, &place).bearer(&grandchild).send().await.status, 204);
    end("").await;
    ask().expect_problem(409, "ward_refused").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    exchange.clock.advance(chrono::TimeDelta::days(181));
    let stranger = exchange.citizen("spaeter@example.org").await;
    let later = exchange.post(super::WARDS, &super::grandmother(json!({}))).bearer(&stranger);
    let _: Value = later.expect(201).await;
}

async fn another_number_is_told_there(exchange: Exchange) {
    const OTHER: &str = "+493023125015";
    let clerk = exchange.staff(Role::Clerk).await;
    for number in [LANDLINE, OTHER] {
        exchange.phone.script(number, [Answer::PickUp("")]);
    }
    let made = exchange.post(STAFF, &form(json!({}))).bearer(&clerk).send().await;
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let change = async |more: Value, tag: &str| -> Value {
        exchange.put(&place, &form(more)).bearer(&clerk).header("if-match", tag).expect(200).await
    };
    change(json!({"name": "Erna Müller"}), "\"v1\"").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM messages").await, ["1"], "known there already");
    change(json!({"phone": OTHER}), "\"v2\"").await;
    let heard = eventually("the call", SOON, async || {
        exchange.phone.heard().into_iter().find(|heard| heard.to == OTHER)
    });
    let heard = heard.await;
    assert!(heard.said.iter().any(|(_, text)| text.contains("Diese Nummer ist angemeldet")), "{heard:?}");
}

async fn who_asks_at_the_town_hall_is_erased(exchange: Exchange) {
    let admin = exchange.staff(Role::Admin).await;
    let ward: Value = exchange.post(STAFF, &form(json!({}))).bearer(&admin).expect(201).await;
    let people = "/v1/municipalities/bad-dueben/staff/people";
    let erase = |person: &str| {
        let call = exchange.call(Method::DELETE, &format!("{people}/{person}"));
        call.bearer(&admin).header("if-match", "\"v1\"")
    };
    let person = ward["id"].as_str().unwrap();
    assert_eq!(erase(person).send().await.status, 204);
    erase(person).expect_problem(404, "not_found").await;
    for table in ["wards", "people", "contact_points", "contacts", "reach", "consents", "follows"] {
        assert_eq!(exchange.town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
    let trail = "SELECT deed FROM audit_entries WHERE subject_kind = 'person' ORDER BY deed";
    assert_eq!(exchange.town.ask(trail).await, ["created", "erased"]);
    // Whoever has the app erases themselves.
    let citizen = exchange.citizen("enkel@example.org").await;
    let me: Value = exchange.call(Method::GET, "/v1/me").bearer(&citizen).expect(200).await;
    erase(me["id"].as_str().unwrap()).expect_problem(404, "not_found").await;
}
