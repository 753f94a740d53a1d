//! Text messages: agreeing, joining, leaving.

use domain::{Scope, Store};
use reqwest::Method;
use serde_json::{Value, json};

use super::{LEDGER, MOBILE, SOON, WARDS, grandmother};
use crate::{
    support::{eventually::eventually, on_both},
    telephony::{Exchange, INCOMING_KEY},
};

on_both!(
    what_comes_in_through_kannel_counts_with_its_key,
    a_mobile_is_asked_and_answers,
    whoever_joins_by_text_chooses_and_leaves,
    whoever_names_no_town_of_ours_is_told_and_not_forever,
    nobody_joins_by_text_before_it_starts,
);

/// By the address that Kannel calls.
async fn hands_on(exchange: &Exchange, key: &str, query: &str) -> u16 {
    let path = format!("/callbacks/kannel/messages/{key}?{query}");
    exchange.call(Method::GET, &path).send().await.status.as_u16()
}

async fn what_comes_in_through_kannel_counts_with_its_key(exchange: Exchange) {
    let from = format!("from={}&id=1", MOBILE.replace('+', "%2B"));
    let join = format!("{from}&coding=0&text=ANMELDEN+Bad+D%C3%BCben");
    for key in ["", "x", "a-long-word-by-chancf"] {
        assert_eq!(hands_on(&exchange, key, &join).await, 404, "{key}");
    }
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
    assert_eq!(hands_on(&exchange, INCOMING_KEY, &join).await, 200);
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["active"]);
    assert_eq!(exchange.town.ask("SELECT DISTINCT proof FROM consents").await, ["1"]);
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    // Again and again, from nobody, and in UTF-16: always an answer that says nothing.
    for query in ["", "from=100&text=STOPP", "text=%FF%FF&coding=2", "from=%2B4&text=%00", "text&from"] {
        assert_eq!(hands_on(&exchange, INCOMING_KEY, query).await, 200, "{query}");
    }
    let stop = format!("{from}&coding=2&text=%00S%00T%00O%00P%00P");
    for _ in 0..2 {
        assert_eq!(hands_on(&exchange, INCOMING_KEY, &stop).await, 200);
        assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["left"]);
    }
}

impl Exchange {
    /// A text message comes in.
    pub async fn texts(&self, from: &str, body: &str) {
        let url = self.url("/callbacks/twilio/messages");
        let told = self.phone.tell(&url, &[("From", from), ("Body", body), ("MessageSid", "SM1")]).await;
        assert_eq!(told.status, 200, "{told:?}");
    }

    /// The contact point of an address.
    pub async fn point(&self, channel: &str, address: &str) -> domain::ids::ContactPointId {
        let reads = self.server.store().read(Scope::Installation).await.unwrap();
        reads.contact_point(channel.parse().unwrap(), address).await.unwrap().unwrap()
    }

    async fn topic(&self, code: &str) {
        let topic = domain::municipalities::Topic {
            id: self.clock.uuid().into(),
            code: domain::text::Slug::parse(code).unwrap(),
            names: serde_json::from_value(json!({"de": code})).unwrap(),
            position: 1,
            active: true,
            version: 1,
        };
        let tx = self.server.store().begin(self.town.scope()).await.unwrap();
        tx.insert_topic(self.clock.now(), &topic).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn a_mobile_is_asked_and_answers(exchange: Exchange) {
    let grandchild = exchange.citizen("enkel@example.org").await;
    let ward = grandmother(json!({"phone": MOBILE}));
    let ward: Value = exchange.post(WARDS, &ward).bearer(&grandchild).expect(201).await;
    assert_eq!(ward["channels"]["crisis"], json!(["sms"]));
    let asked = eventually("a text message", SOON, async || exchange.sms.messages_to(MOBILE).pop()).await;
    assert!(asked.text.contains("Antworten Sie JA"), "{}", asked.text);
    exchange.texts(MOBILE, "Danke!").await;
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "invited");
    exchange.texts(MOBILE, "Ja, gern").await;
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "active");
    assert_eq!(
        exchange.town.ask(LEDGER).await,
        ["sms crisis yes sms person", "sms important yes sms person"]
    );
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    exchange.texts(MOBILE, "STOPP").await;
    assert_eq!(exchange.ward(&grandchild, &ward).await["state"], "left");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    exchange.texts(MOBILE, "STOPP").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM consents").await, ["4"]);
}

async fn whoever_names_no_town_of_ours_is_told_and_not_forever(exchange: Exchange) {
    let url = exchange.url("/callbacks/twilio/messages");
    let mut number = 0;
    let mut ask = async |from: &str, body: &str| -> String {
        number += 1;
        let sid = format!("SM{number}");
        let told = exchange.phone.tell(&url, &[("From", from), ("Body", body), ("MessageSid", &sid)]).await;
        assert_eq!(told.status, 200, "{told:?}");
        told.body
    };
    let answered = ask(MOBILE, "ANMELDEN Nirgendwo kita").await;
    assert!(answered.contains("<Message>Dieser Ort ist hier nicht angeschlossen."), "{answered}");
    assert!(ask(MOBILE, "ANMELDEN").await.contains("<Message>"));
    for _ in 0..3 {
        assert!(!ask(MOBILE, "ANMELDEN Nirgendwo").await.contains("<Message>"), "two a day");
    }
    assert!(!ask("+15005550006", "ANMELDEN Nirgendwo").await.contains("<Message>"), "not where it is dear");
    for body in ["Danke!", "", "STOPP", "ABMELDEN kita"] {
        assert!(!ask("+491711234568", body).await.contains("<Message>"), "{body}");
    }
    let from = "from=%2B491711234569&id=9&coding=0&text=ANMELDEN+Nirgendwo";
    let path = format!("/callbacks/kannel/messages/{INCOMING_KEY}?{from}");
    let answered = exchange.call(Method::GET, &path).send().await;
    assert!(answered.body.starts_with("Dieser Ort"), "{}", answered.body);
    let again = exchange.call(Method::GET, &path).send().await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (200, ""), "a repeated one is none");
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
    exchange.clock.advance(chrono::TimeDelta::days(2));
    assert!(ask(MOBILE, "ANMELDEN Nirgendwo").await.contains("<Message>"));
}

async fn whoever_joins_by_text_chooses_and_leaves(exchange: Exchange) {
    exchange.topic("kita").await;
    exchange.topic("verkehr").await;
    exchange.texts(MOBILE, "ANMELDEN Nirgendwo kita").await;
    exchange.texts(MOBILE, "ANMELDEN").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["0"]);
    exchange.texts(MOBILE, "Anmelden Bad Düben, KITA").await;
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["active"]);
    let topics = "SELECT code FROM topics JOIN follow_topics ON topic_id = id ORDER BY code";
    assert_eq!(exchange.town.ask(topics).await, ["kita"]);
    let asked = eventually("the confirmation", SOON, async || exchange.sms.messages_to(MOBILE).pop()).await;
    assert!(asked.text.contains("STOPP"), "{}", asked.text);
    exchange.texts(MOBILE, "anmelden bad-dueben").await;
    assert_eq!(exchange.town.ask(topics).await, ["kita", "verkehr"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["1"], "a number joins once");
    exchange.texts(MOBILE, "ABMELDEN Kita").await;
    assert_eq!(exchange.town.ask(topics).await, ["verkehr"]);
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    exchange.texts(MOBILE, "ABMELDEN").await;
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["left"]);
    assert_eq!(exchange.town.ask("SELECT count(*) FROM reach").await, ["0"]);
    let ledger = exchange.town.ask(LEDGER).await;
    assert_eq!(ledger.len(), 6);
    assert!(ledger.iter().all(|entry| entry.ends_with("sms person")), "{ledger:?}");
    // The very same message again undoes nothing; whoever writes anew begins anew.
    exchange.texts(MOBILE, "Anmelden Bad Düben, KITA").await;
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["left"]);
    exchange.texts(MOBILE, "Anmelden Bad Düben kita verkehr").await;
    assert_eq!(exchange.town.ask("SELECT state FROM wards ORDER BY state").await, ["active", "left"]);
    exchange.texts("+676123456", "Anmelden Bad Düben").await;
    assert_eq!(exchange.town.ask("SELECT count(*) FROM wards").await, ["2"], "nobody pays for that country");
}

async fn nobody_joins_by_text_before_it_starts(exchange: Exchange) {
    let tx = exchange.server.store().begin(exchange.town.scope()).await.unwrap();
    let (mut facts, version) = tx.legal_facts().await.unwrap();
    facts.live_on = facts.live_on.map(|day| day + chrono::Days::new(2));
    tx.put_legal_facts(exchange.clock.now(), &facts, version).await.unwrap();
    tx.commit().await.unwrap();
    exchange.texts(MOBILE, "ANMELDEN Bad Düben").await;
    for table in ["wards", "people", "consents", "contact_points"] {
        assert_eq!(exchange.town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
    exchange.clock.advance(chrono::TimeDelta::days(2));
    // Another message: the very same one again would undo nothing.
    exchange.texts(MOBILE, "Anmelden bad-dueben").await;
    assert_eq!(exchange.town.ask("SELECT state FROM wards").await, ["active"]);
}
