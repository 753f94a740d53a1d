//! Several numbers of one ward, in their order: given, changed, asked one by one, and gone with them.

use domain::staff::Role;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::{LANDLINE, MOBILE, SOON, STAFF, WARDS, grandmother};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, on_both},
    telephony::Exchange,
};

on_both!(
    a_form_gives_numbers_in_their_order,
    numbers_that_do_not_fit_are_refused,
    each_number_is_asked_and_answers_for_itself,
    a_no_at_a_number_that_never_agreed_ends_that_number,
    a_proxy_changes_the_order,
    numbers_come_with_a_file,
    a_resident_who_was_taken_over_keeps_them,
);

const OTHER: &str = "+493023125015";
/// Numbers that are called, in their order, and whether anything comes there.
const CALLED: &str = "SELECT address || CASE WHEN active THEN '' ELSE ' asked' END FROM reach JOIN contact_points \
                      ON id = contact_point_id WHERE channel = 'voice' ORDER BY place";

fn form(more: Value) -> Value {
    let mut form = json!({
        "name": "Erna Muster", "phone": LANDLINE, "means": "paper", "document": "A-2026-17",
        "channels": {"crisis": ["voice"]},
    });
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

impl Exchange {
    /// Waits until a number was called so often.
    async fn until_called(&self, number: &str, times: usize) {
        eventually(number, SOON, async || {
            let calls = self.phone.heard().into_iter().filter(|heard| heard.to == number).count();
            (calls == times).then_some(())
        })
        .await;
    }
}

async fn a_form_gives_numbers_in_their_order(exchange: Exchange) {
    let admin = exchange.staff(Role::Admin).await;
    let made = form(json!({"further_phones": ["01522 8817386", OTHER]}));
    let made = exchange.post(STAFF, &made).bearer(&admin).send().await;
    assert_eq!(made.status, 201, "{}", made.body);
    let place = made.headers["location"].to_str().unwrap().to_owned();
    let ward: Value = made.json();
    assert_eq!((&ward["phone"], &ward["further_phones"]), (&json!(LANDLINE), &json!([MOBILE, OTHER])));
    assert_eq!(exchange.town.ask(CALLED).await, [LANDLINE, MOBILE, OTHER]);
    // Whoever answers at any of them is told.
    for number in [LANDLINE, MOBILE, OTHER] {
        exchange.until_called(number, 1).await;
    }
    let change = async |more: Value, tag: &str| -> Value {
        exchange.put(&place, &form(more)).bearer(&admin).header("if-match", tag).expect(200).await
    };
    let turned = change(json!({"phone": OTHER, "further_phones": [LANDLINE, MOBILE]}), "\"v1\"").await;
    assert_eq!((&turned["phone"], &turned["further_phones"]), (&json!(OTHER), &json!([LANDLINE, MOBILE])));
    assert_eq!(exchange.town.ask(CALLED).await, [OTHER, LANDLINE, MOBILE]);
    // A client that knows one number leaves the others where they are.
    let kept = change(json!({"phone": OTHER}), "\"v2\"").await;
    assert_eq!(kept["further_phones"], json!([LANDLINE, MOBILE]));
    let alone = change(json!({"phone": OTHER, "further_phones": []}), "\"v3\"").await;
    assert_eq!(alone["further_phones"], json!([]));
    assert_eq!(exchange.town.ask(CALLED).await, [OTHER]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM messages").await, ["3"], "nobody new to tell");
    change(json!({"phone": OTHER, "further_phones": [MOBILE]}), "\"v4\"").await;

    let person = ward["id"].as_str().unwrap();
    let erase =
        exchange.call(Method::DELETE, &format!("/v1/municipalities/bad-dueben/staff/people/{person}"));
    let erased = erase.bearer(&admin).header("if-match", "\"v5\"").send().await;
    assert_eq!(erased.status, 204, "{}", erased.body);
    for table in ["contact_points", "contacts", "reach"] {
        assert_eq!(exchange.town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
}

async fn numbers_that_do_not_fit_are_refused(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let citizen = exchange.citizen("enkel@example.org").await;
    let other = "030 23125015";
    for (wrong, pointer, code) in [
        (json!({"further_phones": ["030 / 23125014"]}), "/further_phones/0", "contradiction"),
        (json!({"further_phones": [other, OTHER]}), "/further_phones/1", "contradiction"),
        (json!({"further_phones": [other, "030 23125016", "030 23125017"]}), "/further_phones", "too_many"),
        (json!({"further_phones": ["0900 1 123456"]}), "/further_phones/0", "phone_premium"),
        (json!({"further_phones": ["+43 664 1234567"]}), "/further_phones/0", "phone_country"),
        (json!({"further_phones": ["112"]}), "/further_phones/0", "phone_invalid"),
        (
            json!({"phone": MOBILE, "further_phones": [other], "channels": {"crisis": ["sms"]}}),
            "/further_phones/0",
            "contradiction",
        ),
    ] {
        let mine = grandmother(wrong.clone());
        for (path, body, token) in [(STAFF, form(wrong.clone()), &clerk), (WARDS, mine, &citizen)] {
            let refused = exchange.post(path, &body).bearer(token);
            let refused = refused.expect_problem(422, "validation_failed").await;
            let problem: Value = serde_json::from_str(&refused.body).unwrap();
            let seen = (first_pointer(&refused), problem["errors"][0]["code"].as_str().unwrap());
            assert_eq!((seen.0.as_str(), seen.1), (pointer, code), "{wrong}: {}", refused.body);
        }
    }
    let mut alone = form(json!({"further_phones": [other], "email": "erna@example.org"}));
    alone.as_object_mut().unwrap().remove("phone");
    let refused = exchange.post(STAFF, &alone).bearer(&clerk);
    assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), "/phone");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM contacts").await, ["0"]);
}

async fn each_number_is_asked_and_answers_for_itself(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    exchange.phone.script(LANDLINE, [Answer::NotAnswered("no-answer")]);
    exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let both = grandmother(json!({"further_phones": [OTHER]}));
    let ward: Value = exchange.post(WARDS, &both).bearer(&grandchild).expect(201).await;
    assert_eq!(ward["state"], "invited");
    exchange.until_state(&grandchild, &ward, "active").await;
    exchange.until_called(LANDLINE, 1).await;
    let landline_asked = format!("{LANDLINE} asked");
    assert_eq!(exchange.town.ask(CALLED).await, [landline_asked.as_str(), OTHER]);
    let given = "SELECT count(*) FROM consents WHERE given AND means = 'keypress'";
    assert_eq!(exchange.town.ask(given).await, ["2"], "for danger and for today");
    // The first one calls us back.
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    let keys = exchange.url("/callbacks/twilio/menu/keys");
    let yes = exchange.phone.tell(&keys, &[("From", LANDLINE), ("Digits", "1"), ("CallSid", "CA1")]).await;
    assert!(yes.body.contains("Vielen Dank"), "{yes:?}");
    assert_eq!(exchange.town.ask(CALLED).await, [LANDLINE, OTHER]);
    assert_eq!(exchange.town.ask(given).await, ["4"], "a yes at another number is an entry of its own");
    let again = exchange.phone.tell(&keys, &[("From", LANDLINE), ("Digits", "1"), ("CallSid", "CA2")]).await;
    assert!(again.body.contains("nicht angemeldet"), "nobody is asked there any more: {again:?}");
    exchange.town.assert_laws().await;
    exchange.assert_obeyed();
}

async fn a_no_at_a_number_that_never_agreed_ends_that_number(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&grandchild, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&grandchild, &ward, "active").await;
    let place = format!("{WARDS}/{}", ward["id"].as_str().unwrap());
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    // A stranger's number, by mistake.
    exchange.phone.script(OTHER, [Answer::PickUp("9")]);
    let changed = json!({"phone": LANDLINE, "further_phones": [OTHER], "channels": {"crisis": ["voice"]}});
    let changed: Value = exchange.put(&place, &changed).bearer(&grandchild).expect(200).await;
    assert_eq!((&changed["state"], &changed["further_phones"]), (&json!("active"), &json!([OTHER])));
    exchange.until_called(OTHER, 1).await;
    exchange.town.until(CALLED, &[LANDLINE]).await;
    let now = exchange.ward(&grandchild, &ward).await;
    assert_eq!((&now["state"], &now["further_phones"]), (&json!("active"), &json!([])));
    assert_eq!(exchange.town.ask("SELECT count(*) FROM contact_points WHERE kind = 'voice'").await, ["1"]);
    exchange.until_called(LANDLINE, 1).await;
}

async fn a_proxy_changes_the_order(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    for number in [LANDLINE, OTHER] {
        exchange.phone.script(number, [Answer::PickUp("1")]);
    }
    let both = grandmother(json!({"further_phones": [OTHER]}));
    let ward: Value = exchange.post(WARDS, &both).bearer(&grandchild).expect(201).await;
    exchange.town.until(CALLED, &[LANDLINE, OTHER]).await;
    let place = format!("{WARDS}/{}", ward["id"].as_str().unwrap());
    let turned = json!({"phone": OTHER, "further_phones": [LANDLINE]});
    let turned: Value = exchange.put(&place, &turned).bearer(&grandchild).expect(200).await;
    assert_eq!((&turned["state"], &turned["phone"]), (&json!("active"), &json!(OTHER)));
    assert_eq!(exchange.town.ask(CALLED).await, [OTHER, LANDLINE]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM messages").await, ["2"], "both were asked before");
    // One that agreed goes: it is told, and the other stays.
    let one = json!({"phone": LANDLINE, "further_phones": []});
    let one: Value = exchange.put(&place, &one).bearer(&grandchild).expect(200).await;
    assert_eq!((&one["state"], &one["further_phones"]), (&json!("active"), &json!([])));
    let told = "SELECT count(*) FROM one_time_codes WHERE purpose = 'ward_moved'";
    assert_eq!(exchange.town.ask(told).await, ["1"]);
    assert_eq!(exchange.town.ask(CALLED).await, [LANDLINE]);
}

async fn numbers_come_with_a_file(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let file = "art;name;telefon;weitere telefone;gefahr;nachweis;zugestimmt am\n\
                vertreten;Erna Muster;030 23125014;01522 8817386, 030 23125015;Anruf;A-17;03.05.2024\n\
                vertreten;Otto Muster;030 23125014;030 23125014;Anruf;A-18;03.05.2024\n";
    let path = "/v1/municipalities/bad-dueben/staff/people-imports?on_fault=skip";
    let call = exchange.call(Method::POST, path).bearer(&clerk);
    let call = crate::support::http::Call(call.0.header("content-type", "text/csv").body(file));
    let taken: Value = call.expect(200).await;
    assert_eq!((&taken["added"], &taken["refused"]), (&json!(1), &json!(1)), "{taken}");
    assert_eq!(taken["lines"][0]["column"], "further_phones");
    assert_eq!(exchange.town.ask(CALLED).await, [LANDLINE, MOBILE, OTHER]);
}

async fn a_resident_who_was_taken_over_keeps_them(exchange: Exchange) {
    let clerk = exchange.staff(Role::Clerk).await;
    let file = "art;name;telefon;weitere telefone;gefahr;nachweis;zugestimmt am\n\
                einwohner;Kim Beispiel;01522 8817386;030 23125015;SMS, Anruf;A-17;03.05.2024\n";
    let path = "/v1/municipalities/bad-dueben/staff/people-imports";
    let call = exchange.call(Method::POST, path).bearer(&clerk);
    let call = crate::support::http::Call(call.0.header("content-type", "text/csv").body(file));
    assert_eq!(call.expect::<Value>(200).await["added"], 1);
    assert_eq!(exchange.town.ask(CALLED).await, [MOBILE, OTHER]);
    exchange.ask_for_code(MOBILE).await;
    let code = exchange.texted_code(MOBILE).await;
    let session = json!({"phone": MOBILE, "code": code});
    let session: Value = exchange.post("/v1/auth/sessions", &session).expect(201).await;
    let token = session["access_token"].as_str().unwrap();
    let channels = json!({"crisis": ["sms", "voice"], "important": ["sms"]});
    let follow = json!({"role": "resident", "topics": [], "language": "de", "channels": channels});
    let chosen: Value = exchange.put("/v1/me/follows/bad-dueben", &follow).bearer(token).expect(200).await;
    assert_eq!(chosen["channels"]["important"], json!(["sms"]));
    assert_eq!(exchange.town.ask(CALLED).await, [MOBILE, OTHER], "what the paper says is theirs");
}
