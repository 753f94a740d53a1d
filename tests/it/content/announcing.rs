//! Who chose a topic hears of its news, by the fan-out of broadcasts.

use chrono::{SecondsFormat, TimeDelta};
use domain::{deliveries::Channel::Sms, staff::Role};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PDF, STAFF, TOWN, piece};
use crate::{
    broadcasts::town::{CASTS, Mulde, Resident},
    support::{eventually::eventually, http::Call, on_both},
};

on_both!(
    who_chose_a_topic_hears_of_its_news,
    what_is_withdrawn_in_time_is_not_told,
    what_is_planned_follows_the_piece,
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
    let pdf = mulde.call(Method::POST, &format!("{STAFF}-documents"), None).0;
    let pdf = Call(pdf.header("content-type", "application/pdf").body(PDF)).bearer(&mulde.editor().await);
    let pdf: Value = pdf.expect(201).await;
    let issue = json!({"topic": topic, "gazette": {"date": "2026-11-23", "document": pdf["id"]}});
    let issue = publish(&mulde, &piece("gazette", "Amtsblatt 11", issue)).await;
    mulde.until(&issue, "sent").await;
    assert_eq!(mulde.exchange.sms.messages_to(chose.address(Sms)).len(), 2);

    // Without a topic nobody is told.
    let quiet = publish(&mulde, &piece("news", "Ohne Thema", json!({}))).await;
    let none = mulde.get(&format!("{CASTS}/{quiet}")).bearer(&mulde.lead().await);
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

async fn what_is_planned_follows_the_piece(mulde: Mulde) {
    let mulde = mulde.by_day();
    let topic = topic(&mulde).await;
    let chose = mulde.resident("Muldestraße", 1, &[Sms]).await;
    choose(&mulde, &chose, &topic).await;
    let after = |minutes| {
        let at = mulde.exchange.clock.now() + TimeDelta::minutes(minutes);
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let news = |title: &str, from: &str| piece("news", title, json!({"topic": topic, "publish_from": from}));
    let put = async |id: &str, tag: &str, body: &Value| {
        let request = mulde.call(Method::PUT, &format!("{STAFF}/{id}"), Some(body)).0;
        let _: Value = Call(request).bearer(&mulde.editor().await).header("if-match", tag).expect(200).await;
    };
    let (soon, later) = (after(5), after(20));

    // Its words and its time are corrected before anybody hears of it.
    let moved = publish(&mulde, &news("Flasch", &soon)).await;
    put(&moved, "\"v2\"", &news("Richtig", &later)).await;
    let planned = mulde.show(&moved).await;
    assert_eq!((&planned["state"], &planned["send_at"]), (&json!("approved"), &json!(later)));
    assert_eq!(planned["texts"]["de"]["title"], "Richtig");

    // Withdrawn before anybody heard of it, corrected and published again, it is told.
    let again = publish(&mulde, &news("Irrtum", &soon)).await;
    step(&mulde, &again, "\"v2\"", "draft").await;
    assert_eq!(mulde.show(&again).await["state"], "cancelled");
    put(&again, "\"v3\"", &news("Kein Irrtum", &soon)).await;
    step(&mulde, &again, "\"v4\"", "published").await;
    assert_eq!(mulde.show(&again).await["state"], "approved");

    // Without its topic it is told to nobody, with it again.
    let back = publish(&mulde, &news("Hin und her", &later)).await;
    put(&back, "\"v2\"", &piece("news", "Hin und her", json!({"publish_from": later}))).await;
    assert_eq!(mulde.show(&back).await["state"], "cancelled");
    put(&back, "\"v3\"", &news("Hin und her", &later)).await;
    assert_eq!(mulde.show(&back).await["state"], "approved");

    // What staff called back themselves stays so, whatever becomes of the piece.
    let silent = publish(&mulde, &news("Still", &soon)).await;
    let cancel = mulde.post(&format!("{CASTS}/{silent}/cancel"), &json!({}));
    let _: Value = cancel.bearer(&mulde.lead().await).expect(200).await;
    put(&silent, "\"v2\"", &news("Ganz still", &soon)).await;
    step(&mulde, &silent, "\"v3\"", "draft").await;
    step(&mulde, &silent, "\"v4\"", "published").await;
    assert_eq!(mulde.show(&silent).await["state"], "cancelled");

    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until(&again, "sent").await;
    let texts = || mulde.exchange.sms.messages().into_iter().map(|message| message.text).collect::<Vec<_>>();
    assert!(texts().len() == 1 && texts()[0].contains("Kein Irrtum"), "{:?}", texts());
    mulde.exchange.clock.advance(TimeDelta::minutes(15));
    mulde.until(&moved, "sent").await;
    mulde.until(&back, "sent").await;
    let mut texts = texts().split_off(1);
    texts.sort();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("Hin und her") && texts[1].contains("Richtig"), "{texts:?}");
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
        let request = mulde.call(Method::POST, &path, None).0;
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
