//! The reach ladder, by the clock a test moves.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Scope,
    deliveries::{
        Channel::{Push, Sms, Voice},
        Platform,
    },
};
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::{crowd::Crowd, eventually::eventually, on_both};

on_both!(
    the_ladder_climbs_until_the_proxy_is_told,
    a_key_ends_the_ladder,
    who_acknowledges_in_the_app_is_left_alone,
    a_number_that_two_share_rings_until_both_know,
    an_answer_by_text_ends_the_ladder,
    news_never_climb,
    a_town_decides_how_long_a_rung_waits,
    a_proxy_without_the_app_is_texted,
    the_list_says_who_is_left,
    a_town_climbs,
);

const SOON: Duration = Duration::from_secs(30);

async fn the_ladder_climbs_until_the_proxy_is_told(mulde: Mulde) {
    let town = &mulde.exchange.town;
    let erna = mulde.resident("Muldestraße", 7, &[Push, Sms, Voice]).await;
    let grandchild = town.person().await;
    town.phone(grandchild, Platform::Android, "phone-of-the-grandchild").await;
    town.represent(grandchild, erna.person).await;
    let number = erna.address(Voice).to_owned();
    mulde.exchange.phone.script(number.clone(), [Answer::NotAnswered("no-answer"), Answer::Machine]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting", "voice waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(119));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(mulde.exchange.sms.messages().len(), 0, "two minutes are two minutes");
    mulde.exchange.clock.advance(TimeDelta::seconds(2));
    eventually("the text message", SOON, async || mulde.exchange.sms.messages_to(erna.address(Sms)).pop())
        .await;
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
    mulde.exchange.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    eventually("the first call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    town.until("SELECT state FROM deliveries WHERE channel = 'voice'", &["failed"]).await;
    assert_eq!(mulde.fcm.requests_for("phone-of-the-grandchild").len(), 0);
    mulde.exchange.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    eventually("the second call", SOON, async || (mulde.exchange.phone.heard().len() == 2).then_some(()))
        .await;
    // A machine answered: that counts for nothing, and nobody waits for what it might do.
    let told =
        eventually("the proxy", SOON, async || mulde.fcm.requests_for("phone-of-the-grandchild").pop()).await;
    assert!(told.json().to_string().contains("hat eine Warnung nicht"), "{:?}", told.json());
    mulde.until(&id, "sent").await;
    mulde.exchange.clock.advance(TimeDelta::hours(1));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 2, "called twice, not more");
    assert_eq!(mulde.fcm.requests_for("phone-of-the-grandchild").len(), 1, "told once");
    assert_eq!(mulde.report(&id).await["proxies_told"], 1);
    mulde.assert_laws(&id).await;
}

async fn a_key_ends_the_ladder(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    let heard = eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    let words = "Guten Tag, hier ist das Rathaus Bad Düben. Hochwasser an der Mulde. Bitte Keller und Ufer verlassen.";
    assert!(heard.said.iter().any(|(_, text)| text == words), "{:?}", heard.said);
    eventually("the acknowledgement", SOON, async || {
        (mulde.standings(&id).await.get("acknowledged") == Some(&1)).then_some(())
    })
    .await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.report(&id).await["acknowledged"], json!([{"name": "voice", "count": 1}]));
    mulde.exchange.clock.advance(TimeDelta::minutes(30));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 1);
    mulde.assert_laws(&id).await;
}

async fn who_acknowledges_in_the_app_is_left_alone(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push, Sms, Voice]).await;
    let other = mulde.resident("Muldestraße", 2, &[Push, Sms]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde
        .until_deliveries(&id, &["push sent", "push sent", "sms waiting", "sms waiting", "voice waiting"])
        .await;
    let app = mulde.app(&one).await;
    for _ in 0..2 {
        let said =
            mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({})).bearer(&app).send().await;
        assert_eq!(said.status, 204, "{}", said.body);
    }
    mulde.exchange.clock.advance(TimeDelta::minutes(3));
    eventually("the other's text message", SOON, async || {
        mulde.exchange.sms.messages_to(other.address(Sms)).pop()
    })
    .await;
    mulde.exchange.clock.advance(TimeDelta::minutes(20));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
    assert_eq!(
        mulde.deliveries(&id).await.iter().filter(|one| one.ends_with("cancelled")).count(),
        2,
        "what was to come is called off"
    );
    mulde.assert_laws(&id).await;
    let stranger = mulde.resident("Am Lauch", 1, &[]).await;
    let foreign = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({}));
    foreign.bearer(&mulde.app(&stranger).await).expect_problem(404, "not_found").await;
}

async fn a_number_that_two_share_rings_until_both_know(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Push, Voice]).await;
    let emil = mulde.resident("Muldestraße", 7, &[Push]).await;
    mulde.reach(emil.person, Voice, erna.ways[1].1, true).await;
    let number = erna.address(Voice).to_owned();
    mulde.exchange.phone.script(number, [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "push sent", "voice waiting"]).await;
    let app = mulde.app(&erna).await;
    let _ = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({})).bearer(&app).send().await;
    assert_eq!(mulde.deliveries(&id).await, ["push sent", "push sent", "voice waiting"]);
    mulde.exchange.clock.advance(TimeDelta::minutes(3));
    eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    eventually("both", SOON, async || {
        (mulde.standings(&id).await.get("acknowledged") == Some(&2)).then_some(())
    })
    .await;
    assert_eq!(mulde.exchange.phone.heard().len(), 1, "one call for a household");
    mulde.assert_laws(&id).await;
}

async fn an_answer_by_text_ends_the_ladder(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Sms, Voice]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    eventually("the text message", SOON, async || mulde.exchange.sms.messages_to(one.address(Sms)).pop())
        .await;
    let inbox = mulde.exchange.url("/callbacks/twilio/messages");
    let answer = [("From", one.address(Sms)), ("Body", "OK"), ("MessageSid", "SM17")];
    assert_eq!(mulde.exchange.phone.tell(&inbox, &answer).await.status, 200);
    assert_eq!(mulde.report(&id).await["acknowledged"], json!([{"name": "sms", "count": 1}]));
    mulde.exchange.clock.advance(TimeDelta::minutes(10));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
    mulde.assert_laws(&id).await;
}

async fn a_town_decides_how_long_a_rung_waits(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let settings = mulde.settle(json!({"waits": {"push": 20}})).await;
    assert_eq!(settings["waits"], json!({"push": 20}));
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(21));
    eventually("the text message", SOON, async || mulde.exchange.sms.messages_to(one.address(Sms)).pop())
        .await;
    mulde.assert_laws(&id).await;
}

async fn a_proxy_without_the_app_is_texted(mulde: Mulde) {
    let town = &mulde.exchange.town;
    let erna = mulde.resident("Muldestraße", 7, &[Push]).await;
    let emil = mulde.resident("Muldestraße", 9, &[Push]).await;
    let (texted, nobody) = (town.person().await, town.person().await);
    let now = town.clock.now();
    let number = town.telephone(Sms, "+491719990001").await;
    let known =
        [("person_id", texted.0.into()), ("contact_point_id", number.0.into()), ("created_at", now.into())];
    town.insert(Scope::Installation, "contacts", known).await;
    for (ward, proxy) in [(&erna, texted), (&emil, nobody)] {
        town.represent(proxy, ward.person).await;
    }
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "push sent"]).await;
    // Nobody has another way: the ladder has ended when its only rung has.
    mulde.exchange.clock.advance(TimeDelta::minutes(3));
    let told = eventually("the proxy", SOON, async || {
        mulde.exchange.clock.advance(TimeDelta::seconds(1));
        mulde.exchange.sms.messages_to("+491719990001").pop()
    })
    .await;
    assert!(told.text.contains("hat eine Warnung nicht bestätigt"), "{}", told.text);
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.report(&id).await["proxies_told"], 1, "to the other nothing leads");
    mulde.assert_laws(&id).await;
}

async fn news_never_climb(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push, Sms, Voice]).await;
    for severity in ["information", "important"] {
        let id = mulde.send(json!({"severity": severity})).await;
        eventually("planned", SOON, async || (mulde.show(&id).await["people"] == 1).then_some(())).await;
        mulde.exchange.clock.advance(TimeDelta::minutes(30));
        let planned = mulde.deliveries(&id).await;
        assert_eq!(planned.len(), 1, "{planned:?}");
        mulde.assert_laws(&id).await;
    }
    assert_eq!(mulde.exchange.sms.messages().len(), 0);
}

async fn the_list_says_who_is_left(mulde: Mulde) {
    let knows = mulde.resident("Muldestraße", 1, &[Push]).await;
    let silent = mulde.resident("Muldestraße", 2, &[Push]).await;
    let nowhere = mulde.resident("Muldestraße", 3, &[]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "push sent"]).await;
    let app = mulde.app(&knows).await;
    let _ = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({})).bearer(&app).send().await;
    let list = async |standing: &str| -> Vec<Value> {
        let path = format!("{CASTS}/{id}/deliveries?standing={standing}&limit=1");
        let page: Value = mulde.get(&path).bearer(&mulde.lead().await).expect(200).await;
        page["items"].as_array().unwrap().clone()
    };
    for (standing, one, address) in [
        ("acknowledged", &knows, "Muldestraße 1"),
        ("not_yet", &silent, "Muldestraße 2"),
        ("unreachable", &nowhere, "Muldestraße 3"),
    ] {
        let listed = list(standing).await;
        assert_eq!(listed.len(), 1, "{standing}");
        assert_eq!(listed[0]["person"], one.person.to_string());
        assert_eq!(listed[0]["address"], address);
    }
    assert_eq!(list("unreachable").await[0]["reason"], "no_channel");
    assert_eq!(list("acknowledged").await[0]["acknowledged_by"], "app");
    assert!(list("not_yet").await[0]["next_at"].is_string());
}

/// As many as PostgreSQL must not join with each other within the time a statement has.
async fn a_town_climbs(mulde: Mulde) {
    const PEOPLE: u32 = 10_000;
    let town = &mulde.exchange.town;
    let texter = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let (municipality, at) = (town.municipality.0, town.clock.now());
    let db = town.store.transaction(town.scope()).await.unwrap();
    Crowd { municipality, first: 1, people: PEOPLE, street: "muldestr", at }
        .sow(db.connection())
        .await
        .unwrap();
    db.finish().await.unwrap();
    // A drill takes every step and sends nothing.
    let id = mulde.send(json!({"severity": "crisis", "drill": true})).await;
    let standing = "SELECT count(*) FROM audience WHERE next_at IS NOT NULL";
    town.until(standing, &[&(PEOPLE + 1).to_string()]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    // Nobody but one has another way.
    town.until(standing, &["1"]).await;
    town.until("SELECT state FROM deliveries WHERE channel = 'sms'", &["sent"]).await;
    assert_eq!(mulde.exchange.sms.messages_to(texter.address(Sms)).len(), 0);
    mulde.exchange.clock.advance(TimeDelta::minutes(16));
    mulde.until(&id, "sent").await;
}
