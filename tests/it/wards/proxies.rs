//! Those who represent: several for one, each only their own, and never more than they may.

use chrono::TimeDelta;
use domain::{Scope, Store, staff::Role};
use infrastructure::{photos::PhotoStore, privacy::upkeep};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::{LANDLINE, MOBILE, SOON, WARDS, grandmother};
use crate::{
    support::{eventually::eventually, http::Call, on_both},
    telephony::Exchange,
};

on_both!(
    several_represent_one,
    an_invitation_is_good_once_and_not_for_long,
    another_number_is_asked_anew,
    a_ward_hears_the_language_of_the_town,
    who_is_erased_represents_nobody,
    a_restored_backup_represents_nobody,
    nobody_represents_more_than_ten,
);

async fn a_ward_hears_the_language_of_the_town(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    for (number, given, spoken) in [(LANDLINE, None, "de"), (MOBILE, Some("en"), "en")] {
        let mut ward = grandmother(json!({"phone": number}));
        if let Some(language) = given {
            ward["language"] = language.into();
        }
        let registers = exchange.post(WARDS, &ward).bearer(&grandchild).header("accept-language", "en");
        let ward: Value = registers.expect(201).await;
        assert_eq!(ward["language"], spoken, "whatever language the grandchild reads");
    }
    let point = "SELECT kind || ' ' || locale FROM contact_points ORDER BY kind";
    assert_eq!(exchange.town.ask(point).await, ["sms en", "voice de"]);
    let admin = exchange.staff(Role::Admin).await;
    let settings = "/v1/municipalities/bad-dueben/admin/settings";
    let change =
        Call(reqwest::Client::new().patch(exchange.url(settings)).json(&json!({"default_locale": "en"})));
    let _: Value = change.bearer(&admin).header("if-match", "\"v1\"").expect(200).await;
    let ward = grandmother(json!({"name": "Opa Emil"}));
    let ward: Value = exchange.post(WARDS, &ward).bearer(&grandchild).expect(201).await;
    assert_eq!(ward["language"], "en");
}

async fn invitation(exchange: &Exchange, token: &str, ward: &Value) -> Value {
    let path = format!("{WARDS}/{}/proxy-invitations", ward["id"].as_str().unwrap());
    exchange.post(&path, &json!({})).bearer(token).expect(201).await
}

async fn several_represent_one(exchange: Exchange) {
    let (one, other) =
        (exchange.citizen("enkel@example.org").await, exchange.citizen("tochter@example.org").await);
    let (ward, _) = exchange.registered(&one, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&one, &ward, "active").await;
    let place = format!("{WARDS}/{}", ward["id"].as_str().unwrap());
    // A stranger finds nothing, whatever they ask.
    for method in [Method::GET, Method::DELETE] {
        exchange.call(method, &place).bearer(&other).expect_problem(404, "not_found").await;
    }
    exchange.put(&place, &json!({"phone": LANDLINE})).bearer(&other).expect_problem(404, "not_found").await;
    let invited = format!("{place}/proxy-invitations");
    exchange.post(&invited, &json!({})).bearer(&other).expect_problem(404, "not_found").await;

    let code = invitation(&exchange, &one, &ward).await["code"].as_str().unwrap().to_uppercase();
    let accept = |token: &str| exchange.post("/v1/me/ward-invitations", &json!({"code": code})).bearer(token);
    accept(&one).expect_problem(409, "already_exists").await;
    let shown: Value = accept(&other).expect(200).await;
    assert_eq!(shown["id"], ward["id"]);
    let changed = json!({"phone": LANDLINE, "channels": {"crisis": ["voice"]}, "language": "de"});
    let changed: Value = exchange.put(&place, &changed).bearer(&other).expect(200).await;
    assert_eq!((&changed["state"], &changed["channels"]["important"]), (&json!("active"), &json!([])));
    // One ends it for themselves, then the other for all.
    assert_eq!(exchange.call(Method::DELETE, &place).bearer(&one).send().await.status, 204);
    assert_eq!(exchange.ward(&other, &ward).await["state"], "active");
    assert_eq!(exchange.call(Method::DELETE, &place).bearer(&other).send().await.status, 204);
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["ended"]);
    for table in ["reach", "contacts", "proxies"] {
        assert_eq!(exchange.town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
}

async fn an_invitation_is_good_once_and_not_for_long(exchange: Exchange) {
    let (one, other) =
        (exchange.citizen("enkel@example.org").await, exchange.citizen("tochter@example.org").await);
    let third = exchange.citizen("sohn@example.org").await;
    let (ward, _) = exchange.registered(&one, Answer::PickUp("1"), json!({})).await;
    let accept = |token: &str, code: &Value| {
        exchange.post("/v1/me/ward-invitations", &json!({"code": code})).bearer(token)
    };
    let made = invitation(&exchange, &one, &ward).await;
    let _: Value = accept(&other, &made["code"]).expect(200).await;
    accept(&third, &made["code"]).expect_problem(422, "validation_failed").await;
    accept(&third, &json!("aaaa-bbbb-cccc-dddd")).expect_problem(422, "validation_failed").await;
    let late = invitation(&exchange, &one, &ward).await;
    exchange.clock.advance(TimeDelta::days(8));
    let third = exchange.citizen("spaeter@example.org").await;
    accept(&third, &late["code"]).expect_problem(422, "validation_failed").await;
    let guest = exchange.post("/v1/auth/guest-sessions", &json!({})).expect::<Value>(201).await;
    let guest = guest["access_token"].as_str().unwrap();
    accept(guest, &late["code"]).expect_problem(403, "forbidden").await;
}

async fn another_number_is_asked_anew(exchange: Exchange) {
    let one = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&one, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&one, &ward, "active").await;
    let place = format!("{WARDS}/{}", ward["id"].as_str().unwrap());
    let moved = json!({"phone": "030 23125015"});
    let moved: Value = exchange.put(&place, &moved).bearer(&one).expect(200).await;
    assert_eq!((&moved["state"], &moved["phone"]), (&json!("invited"), &json!("+493023125015")));
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE active").await, ["0"]);
    let ledger = "SELECT count(*) FROM consents WHERE NOT given AND by_kind = 'proxy'";
    assert_eq!(exchange.town.ask(ledger).await, ["2"], "what was agreed at the old number is over");
    // The old one hears that nothing comes there any more.
    let told = eventually("the call to the old number", SOON, async || {
        let heard = exchange.phone.heard().into_iter().filter(|heard| heard.to == LANDLINE).nth(1)?;
        Some(heard.said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" "))
    })
    .await;
    assert!(told.contains("Wer Sie vertritt, hat eine andere Nummer"), "{told}");
    // Nobody agreed at the new one yet: it is not told when it changes in its turn.
    exchange.clock.advance(TimeDelta::minutes(10));
    let mobile = json!({"phone": MOBILE});
    let _: Value = exchange.put(&place, &mobile).bearer(&one).expect(200).await;
    let told = "SELECT count(*) FROM one_time_codes WHERE purpose = 'ward_moved'";
    assert_eq!(exchange.town.ask(told).await, ["1"]);
}

async fn who_is_erased_represents_nobody(exchange: Exchange) {
    let (one, other) =
        (exchange.citizen("enkel@example.org").await, exchange.citizen("tochter@example.org").await);
    let (alone, _) = exchange.registered(&one, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&one, &alone, "active").await;
    const OTHER: &str = "+493023125020";
    exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let shared = grandmother(json!({"name": "Opa Emil", "phone": OTHER}));
    let shared: Value = exchange.post(WARDS, &shared).bearer(&one).expect(201).await;
    exchange.until_state(&one, &shared, "active").await;
    let code = invitation(&exchange, &one, &shared).await;
    let accepted = exchange.post("/v1/me/ward-invitations", &json!({"code": code["code"]})).bearer(&other);
    let _: Value = accepted.expect(200).await;

    assert_eq!(exchange.call(Method::DELETE, "/v1/me").bearer(&one).send().await.status, 204);
    assert_eq!(exchange.ward(&other, &shared).await["state"], "active", "somebody else represents him");
    let states = "SELECT state || ' ' || (SELECT count(*) FROM proxies WHERE ward_id = person_id) FROM wards ORDER BY 1";
    assert_eq!(exchange.town.ask(states).await, ["active 1", "ended 0"], "nobody represents her any more");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["1"]);
}

/// As if the database had been taken back to a moment before they were erased.
async fn a_restored_backup_represents_nobody(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&grandchild, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&grandchild, &ward, "active").await;
    let reads = exchange.server.store().read(Scope::Installation).await.unwrap();
    let ties = reads.proxies_of(ward["id"].as_str().unwrap().parse().unwrap()).await.unwrap();
    drop(reads);
    let beside = tempfile::tempdir().unwrap();
    let photos = PhotoStore::open(&format!("file://{}", beside.path().display()), []).unwrap();
    photos.note_erasure(ties[0].proxy).await.unwrap();
    let now = exchange.clock.now();
    assert_eq!(upkeep::erase_again(exchange.server.store(), &photos, now).await.unwrap(), 1);
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["ended"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"], "nobody answers for the calls");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM proxies").await, ["0"]);
}

async fn nobody_represents_more_than_ten(exchange: Exchange) {
    let (one, other) =
        (exchange.citizen("enkel@example.org").await, exchange.citizen("tochter@example.org").await);
    let (theirs, _) = exchange.registered(&other, Answer::PickUp("1"), json!({})).await;
    let code = invitation(&exchange, &other, &theirs).await;
    let register = |n: u32| {
        let ward = grandmother(json!({"phone": format!("030 231252{n:02}")}));
        exchange.post(WARDS, &ward).bearer(&one)
    };
    for n in 0..10 {
        if n == 5 {
            // As if a day had passed: one person asks five times in it.
            exchange.town.execute("DELETE FROM rate_counters").await;
        }
        let _: Value = register(n).expect(201).await;
    }
    exchange.town.execute("DELETE FROM rate_counters").await;
    let accepts = exchange.post("/v1/me/ward-invitations", &json!({"code": code["code"]})).bearer(&one);
    for eleventh in [register(10), accepts] {
        let refused = eleventh.expect_problem(422, "validation_failed").await;
        let refused: Value = refused.json();
        assert_eq!(refused["errors"][0]["code"], "too_many", "{refused}");
    }
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["11"]);
}
