//! Who chose a topic hears of its news, by the fan-out of broadcasts.

use chrono::{SecondsFormat, TimeDelta};
use domain::{deliveries::Channel::Sms, staff::Role};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{STAFF, TOWN, piece};
use crate::{
    broadcasts::town::{Mulde, Resident},
    support::{eventually::eventually, http::Call, on_both},
};

on_both!(
    who_chose_a_topic_hears_of_its_news,
    what_is_withdrawn_in_time_is_not_told,
    news_of_a_source_are_told_as_well,
);

async fn topic(mulde: &Mulde) -> String {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let topic = json!({"code": "road-closures", "names": {"de": "Straßensperrungen"}});
    let topic: Value = mulde.post(&format!("{TOWN}/admin/topics"), &topic).bearer(&admin).expect(201).await;
    topic["id"].as_str().unwrap().to_owned()
}

async fn choose(mulde: &Mulde, resident: &Resident, topic: &str) {
    let town = &mulde.exchange.town;
    let row = [
        ("municipality_id", town.municipality.0.into()),
        ("topic_id", topic.parse::<Uuid>().unwrap().into()),
        ("person_id", resident.person.0.into()),
    ];
    town.insert(town.scope(), "follow_topics", row).await;
}

async fn publish(mulde: &Mulde, body: &Value) -> String {
    let made: Value = mulde.post(STAFF, body).bearer(&mulde.editor().await).expect(201).await;
    let id = made["id"].as_str().unwrap().to_owned();
    step(mulde, &id, "\"v1\"", "published").await;
    id
}

async fn step(mulde: &Mulde, id: &str, tag: &str, to: &str) {
    let step = mulde.post(&format!("{STAFF}/{id}/transitions"), &json!({"to": to}));
    let _: Value = step.bearer(&mulde.editor().await).header("if-match", tag).expect(200).await;
}

async fn who_chose_a_topic_hears_of_its_news(mulde: Mulde) {
    let mulde = mulde.by_day();
    let topic = topic(&mulde).await;
    let chose = mulde.resident("Muldestraße", 1, &[Sms]).await;
    choose(&mulde, &chose, &topic).await;
    mulde.resident("Muldestraße", 2, &[Sms]).await;
    let closed = piece("news", "Brücke gesperrt", json!({"topic": topic}));
    let id = publish(&mulde, &closed).await;
    mulde.until(&id, "sent").await;
    let texts = mulde.exchange.sms.messages();
    assert_eq!((texts.len(), texts[0].to.as_str()), (1, chose.address(Sms)));
    assert!(texts[0].text.contains("Brücke gesperrt"), "{}", texts[0].text);

    // Told once, however often it is published.
    step(&mulde, &id, "\"v2\"", "draft").await;
    step(&mulde, &id, "\"v3\"", "published").await;
    let issue = json!({
        "topic": topic, "gazette": {"date": "2026-11-23", "document_url": "https://x.example/amtsblatt.pdf"},
    });
    let issue = publish(&mulde, &piece("gazette", "Amtsblatt 11", issue)).await;
    mulde.until(&issue, "sent").await;
    assert_eq!(mulde.exchange.sms.messages_to(chose.address(Sms)).len(), 2);

    // Without a topic nobody is told.
    let quiet = publish(&mulde, &piece("news", "Ohne Thema", json!({}))).await;
    let none = mulde.get(&format!("{}/{quiet}", crate::broadcasts::town::CASTS)).bearer(&mulde.lead().await);
    none.expect_problem(404, "not_found").await;
}

async fn what_is_withdrawn_in_time_is_not_told(mulde: Mulde) {
    let mulde = mulde.by_day();
    let topic = topic(&mulde).await;
    let chose = mulde.resident("Muldestraße", 1, &[Sms]).await;
    choose(&mulde, &chose, &topic).await;
    let later =
        (mulde.exchange.clock.now() + TimeDelta::minutes(5)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let news = |title: &str| piece("news", title, json!({"topic": topic, "publish_from": later}));
    let wrong = publish(&mulde, &news("Falsch")).await;
    let right = publish(&mulde, &news("Richtig")).await;
    assert_eq!(mulde.show(&wrong).await["state"], "approved");
    step(&mulde, &wrong, "\"v2\"", "draft").await;
    assert_eq!(mulde.show(&wrong).await["state"], "cancelled");
    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until(&right, "sent").await;
    let texts = mulde.exchange.sms.messages();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].text.contains("Richtig"), "{}", texts[0].text);
}

async fn news_of_a_source_are_told_as_well(mulde: Mulde) {
    let mulde = mulde.by_day();
    let topic = topic(&mulde).await;
    let chose = mulde.resident("Muldestraße", 1, &[Sms]).await;
    choose(&mulde, &chose, &topic).await;
    let sources = format!("{TOWN}/staff/content-sources");
    let source = json!({"name": "Website", "format": "feed", "publish": true, "topic": topic});
    let source: Value = mulde.post(&sources, &source).bearer(&mulde.editor().await).expect(201).await;
    let now = mulde.exchange.clock.now();
    let item = |title: &str| {
        format!(
            "<item><guid>{title}</guid><title>{title}</title><pubDate>{}</pubDate></item>",
            now.to_rfc2822()
        )
    };
    let take = async |items: String| {
        let path = format!("{sources}/{}/imports", source["id"].as_str().unwrap());
        let feed = format!("<rss version='2.0'><channel>{items}</channel></rss>");
        let request = mulde.call(reqwest::Method::POST, &path, None).0;
        let request = request.header("content-type", "application/rss+xml").body(feed);
        let _: Value = Call(request).bearer(&mulde.editor().await).expect(200).await;
    };
    // What a source had when it was set up is no news.
    take(item("Vorher")).await;
    take(item("Vorher") + &item("Nachher")).await;
    let text = eventually("a text message", std::time::Duration::from_secs(30), async || {
        mulde.exchange.sms.messages_to(chose.address(Sms)).pop().map(|message| message.text)
    });
    assert!(text.await.contains("Nachher"));
    take(item("Vorher") + &item("Nachher")).await;
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
}
