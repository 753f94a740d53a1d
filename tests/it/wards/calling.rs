//! The welcome call, and what its keys do.

use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::{LANDLINE, LEDGER, WARDS, grandmother};
use crate::{support::on_both, telephony::Exchange};

on_both!(
    a_grandmother_agrees_by_key,
    nothing_is_sent_to_whom_nobody_asked,
    whoever_refuses_is_not_asked_again,
    a_household_is_called_once,
    an_english_ward_is_called_in_english,
    nine_in_any_call_ends_it,
    who_calls_us_can_agree_and_leave,
);

async fn a_grandmother_agrees_by_key(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, heard) = exchange.registered(&grandchild, Answer::PickUp("1"), json!({})).await;
    assert_eq!((&ward["state"], &ward["phone"]), (&json!("invited"), &json!(LANDLINE)));
    assert_eq!(ward["channels"]["crisis"], json!(["voice"]));
    assert!(heard.said.iter().any(|(_, text)| text.contains("hier ist das Rathaus Bad Düben")), "{heard:?}");
    assert!(heard.said.iter().all(|(_, text)| !text.contains("Erna")), "a call names nobody");
    assert!(heard.said.last().unwrap().1.contains("Vielen Dank"));
    exchange.until_state(&grandchild, &ward, "active").await;
    let wanted = ["voice crisis yes keypress person", "voice important yes keypress person"];
    assert_eq!(exchange.town.ask(LEDGER).await, wanted);
    let reach = "SELECT channel FROM reach WHERE active AND crisis AND important AND NOT information";
    assert_eq!(exchange.town.ask(reach).await, ["voice"]);
    // What proves it is the call.
    let proof = "SELECT count(*) FROM consents WHERE proof IS NULL";
    assert_eq!(exchange.town.ask(proof).await, ["0"]);
    exchange.town.assert_laws().await;
    exchange.assert_obeyed();

    // The same key once more changes nothing.
    let pressed = exchange.phone.told().into_iter().find(|told| told.url.ends_with("/keys")).unwrap();
    let fields: Vec<_> = pressed.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(exchange.phone.tell(&pressed.url, &fields).await.status, 200);
    assert_eq!(exchange.town.ask(LEDGER).await, wanted);
}

async fn nothing_is_sent_to_whom_nobody_asked(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, heard) = exchange.registered(&grandchild, Answer::Machine, json!({})).await;
    assert_eq!(heard.status, "completed");
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "invited", "a completed call is no yes");
    assert_eq!(exchange.town.ask(LEDGER).await, Vec::<String>::new());
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE active").await, ["0"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["1"]);
}

async fn whoever_refuses_is_not_asked_again(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, heard) = exchange.registered(&grandchild, Answer::PickUp("9"), json!({})).await;
    assert!(heard.said.last().unwrap().1.contains("nicht mehr angerufen"));
    exchange.until_state(&grandchild, &ward, "refused").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    let stranger = exchange.citizen("fremd@example.org").await;
    let again = exchange.post(WARDS, &grandmother(json!({"name": "Somebody"}))).bearer(&stranger);
    again.expect_problem(409, "ward_refused").await;
    assert_eq!(exchange.phone.heard().len(), 1);
    // A no is an answer that counts, so that nobody finds out who refused by asking for many numbers.
    let mut answers = Vec::new();
    for _ in 0..4 {
        let again = exchange.post(WARDS, &grandmother(json!({"name": "Somebody"}))).bearer(&stranger);
        answers.push(again.send().await.status.as_u16());
    }
    assert_eq!(answers, [409, 409, 409, 429], "two were asked above");
    // Half a year later somebody may try again.
    exchange.clock.advance(chrono::TimeDelta::days(181));
    let stranger = exchange.citizen("spaeter@example.org").await;
    let later = exchange.post(WARDS, &grandmother(json!({"name": "Somebody"}))).bearer(&stranger);
    let _: Value = later.expect(201).await;
}

async fn a_household_is_called_once(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    for name in ["Oma Erna", "Opa Emil"] {
        let (ward, _) = exchange.registered(&grandchild, Answer::PickUp("1"), json!({"name": name})).await;
        exchange.until_state(&grandchild, &ward, "active").await;
    }
    assert_eq!(exchange.town.ask("SELECT count(*) FROM contact_points WHERE kind = 'voice'").await, ["1"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE active").await, ["2"]);
    // One leaves, and the other is still called.
    let wards: Value = exchange.call(Method::GET, WARDS).bearer(&grandchild).expect(200).await;
    let emil = &wards["items"][1];
    assert_eq!(emil["name"], "Opa Emil");
    let path = format!("{WARDS}/{}", emil["id"].as_str().unwrap());
    assert_eq!(exchange.call(Method::DELETE, &path).bearer(&grandchild).send().await.status, 204);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach WHERE active").await, ["1"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM contact_points WHERE kind = 'voice'").await, ["1"]);
}

async fn nine_in_any_call_ends_it(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&grandchild, Answer::PickUp("1"), json!({})).await;
    exchange.until_state(&grandchild, &ward, "active").await;
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    exchange.phone.script(LANDLINE, [Answer::PickUp("9")]);
    let point = exchange.point("voice", LANDLINE).await;
    let to = domain::deliveries::Recipients::Telephone(point, domain::deliveries::Channel::Voice);
    exchange.town.enqueue(&exchange.town.notice(to)).await.unwrap();
    exchange.until_state(&grandchild, &ward, "left").await;
    let ledger = exchange.town.ask(LEDGER).await;
    assert_eq!(ledger[2..], ["voice crisis no keypress person", "voice important no keypress person"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
}

async fn who_calls_us_can_agree_and_leave(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, _) = exchange.registered(&grandchild, Answer::Machine, json!({})).await;
    let (menu, keys) = (exchange.url("/callbacks/twilio/menu"), exchange.url("/callbacks/twilio/menu/keys"));
    let heard = exchange.phone.tell(&menu, &[("From", LANDLINE), ("CallSid", "CA1")]).await;
    assert!(heard.status == 200 && heard.body.contains("<Gather"), "{heard:?}");
    let other = exchange.phone.tell(&keys, &[("From", "+493023125015"), ("Digits", "1")]).await;
    assert!(other.body.contains("nicht angemeldet"), "{other:?}");
    let yes = exchange.phone.tell(&keys, &[("From", LANDLINE), ("Digits", "1"), ("CallSid", "CA1")]).await;
    assert!(yes.body.contains("Vielen Dank"), "{yes:?}");
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "active");
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    let no = exchange.phone.tell(&keys, &[("From", LANDLINE), ("Digits", "9"), ("CallSid", "CA2")]).await;
    assert_eq!(no.status, 200);
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "left");
    // Nobody who cannot sign may say so.
    let form = [("From", LANDLINE), ("Digits", "9")];
    let forged = reqwest::Client::new().post(&keys).form(&form).send().await.unwrap();
    assert_eq!(forged.status(), 403);
}

async fn an_english_ward_is_called_in_english(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let (ward, heard) =
        exchange.registered(&grandchild, Answer::PickUp("1"), json!({"language": "en"})).await;
    assert!(!heard.said.is_empty() && heard.said.iter().all(|(spoken, _)| spoken == "en-GB"), "{heard:?}");
    exchange.until_state(&grandchild, &ward, "active").await;
}
