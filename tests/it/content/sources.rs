use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::context::System;
use infrastructure::sources::Fetcher;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::Desk,
    support::{Engine, Fixture, http::Call, installation::Installation, on_both},
    waste::faults,
};

on_both!(
    the_website_s_feed_becomes_news,
    what_cannot_be_read_is_told_and_changes_nothing,
    events_and_places_are_taken_from_files,
    all_of_a_file_or_nothing,
    nobody_is_asked_within_the_house,
    sources_are_kept_by_those_who_publish,
);

const SOURCES: &str = "/v1/municipalities/bad-dueben/staff/content-sources";

/// The town's website: what it answers, and what it was asked.
#[derive(Clone, Default)]
pub struct Website {
    pub body: Arc<Mutex<String>>,
    pub asked: Arc<Mutex<Vec<String>>>,
    pub address: String,
}

impl Website {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/rss", listener.local_addr().unwrap());
        let website = Self { address, ..Self::default() };
        let serving = website.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 4096];
                let length = stream.read(&mut head).await.unwrap();
                let answer = serving.answer(&String::from_utf8_lossy(&head[..length]).to_lowercase());
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        website
    }

    /// Its tag is the length of what it says.
    fn answer(&self, head: &str) -> String {
        let body = self.body.lock().unwrap();
        let tag = format!("\"{}\"", body.len());
        let same = head.contains(&format!("if-none-match: {tag}"));
        self.asked.lock().unwrap().push(if same { "same".to_owned() } else { "all".to_owned() });
        if body.is_empty() {
            return "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".to_owned();
        }
        if same {
            return "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned();
        }
        format!("HTTP/1.1 200 OK\r\netag: {tag}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    fn says(&self, items: &[(&str, &str)]) {
        let item =
            |(guid, title): &(&str, &str)| format!("<item><guid>{guid}</guid><title>{title}</title></item>");
        let items: String = items.iter().map(item).collect();
        *self.body.lock().unwrap() = format!("<rss version='2.0'><channel>{items}</channel></rss>");
    }
}

/// An installation whose sources may stand on this machine.
pub struct Near(pub Installation);

impl Fixture for Near {
    async fn on(engine: Engine) -> Self {
        Self(Installation::with(engine, |config| config.sources.private_networks = true).await)
    }
}

impl Desk {
    /// Asks the sources that are due; how many were taken in.
    async fn ask_sources(&self) -> usize {
        let rathaus = &self.installation;
        let ctx = rathaus.clock.ctx(Default::default(), uuid::Uuid::nil(), System);
        let fetcher = Fetcher::anywhere();
        infrastructure::worker::ask_content_sources(rathaus.store(), &ctx, &fetcher).await.unwrap()
    }

    pub fn hand_in(&self, source: &str, media: &str, file: impl Into<reqwest::Body>) -> Call {
        let request = self.installation.request(Method::POST, &format!("{source}/imports"));
        Call(request.header("content-type", media).body(file)).bearer(&self.admin)
    }

    async fn news(&self) -> Vec<String> {
        let mut titles = self.titles("news").await;
        titles.sort();
        titles
    }
}

fn counts(report: &Value) -> [u64; 5] {
    ["added", "changed", "unchanged", "kept", "withdrawn"].map(|name| report[name].as_u64().unwrap())
}

async fn the_website_s_feed_becomes_news(Near(rathaus): Near) {
    let (desk, website) = (Desk::open(rathaus).await, Website::open().await);
    website.says(&[("1", "Eins"), ("2", "Zwei"), ("3", "&lt;script&gt;x&lt;/script&gt;Drei")]);
    let settings = json!({"name": "Website", "format": "feed", "url": website.address, "publish": true});
    let source = desk.add(SOURCES, &settings).await;
    assert_eq!(desk.ask_sources().await, 1);
    assert_eq!(desk.news().await, ["Drei", "Eins", "Zwei"]);

    // Not due, then due and unchanged.
    assert_eq!(desk.ask_sources().await, 0);
    let desk = desk.later(TimeDelta::hours(1)).await;
    assert_eq!(desk.ask_sources().await, 1);
    assert_eq!(*website.asked.lock().unwrap(), ["all", "same"]);

    // What changed is taken over; what staff changed or removed stays.
    let items = desk.look("news").await;
    let place = |title: &str| {
        let item = items.iter().find(|item| item["title"] == title).unwrap();
        format!("{STAFF}/{}", item["id"].as_str().unwrap())
    };
    let better = piece("news", "Zwei, besser", json!({}));
    let _: Value = desk.put(&place("Zwei"), "\"v1\"", &better).expect(200).await;
    desk.step(&place("Drei"), "\"v1\"", "draft").await;
    desk.removes(&place("Drei"), "\"v2\"").await;
    website.says(&[("1", "Eins, neu"), ("2", "Zwei, neu"), ("3", "Drei, neu"), ("4", "Vier")]);
    let report: Value = desk.post(&format!("{source}/refresh"), &json!({})).expect(200).await;
    assert_eq!(counts(&report), [1, 1, 0, 2, 0]);
    assert_eq!(desk.news().await, ["Eins, neu", "Vier", "Zwei, besser"]);
    let again: Value = desk.post(&format!("{source}/refresh"), &json!({})).expect(200).await;
    assert_eq!(counts(&again), [0; 5], "nothing was sent");

    // Another source's pieces wait as drafts.
    let waits = json!({"name": "Verein", "format": "feed", "url": website.address});
    desk.add(SOURCES, &waits).await;
    assert_eq!(desk.ask_sources().await, 1);
    assert_eq!(desk.news().await.len(), 3);
    assert_eq!(desk.items(&format!("{STAFF}?state=draft&kind=news")).await.len(), 4);
}

async fn what_cannot_be_read_is_told_and_changes_nothing(Near(rathaus): Near) {
    let (desk, website) = (Desk::open(rathaus).await, Website::open().await);
    website.says(&[("1", "Eins")]);
    let settings = json!({"name": "Website", "format": "feed", "url": website.address, "publish": true});
    let source = desk.add(SOURCES, &settings).await;
    desk.ask_sources().await;
    for (body, pointer) in [
        ("", "/url source_unavailable"),
        ("<html>404</html>", " feed_unreadable"),
        ("<!DOCTYPE rss [<!ENTITY a \"b\">]><rss version='2.0'><channel/></rss>", " feed_unreadable"),
        ("<rss version='2.0'><channel><item><guid>9</guid></item></channel></rss>", "/1/title required"),
    ] {
        *website.body.lock().unwrap() = body.to_owned();
        let refresh = desk.post(&format!("{source}/refresh"), &json!({}));
        let refused = refresh.expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), [pointer]);
        let shown: Value = desk.get(&source).expect(200).await;
        assert_eq!(shown["failure"], pointer.rsplit(' ').next().unwrap());
        assert_eq!(shown["stale"], false);
        let (place, code) = pointer.split_once(' ').unwrap();
        assert_eq!(shown["faults"], json!([{"pointer": place, "code": code}]));
    }
    let desk = desk.later(TimeDelta::hours(25)).await;
    assert_eq!(desk.ask_sources().await, 0);
    let shown: Value = desk.get(&source).expect(200).await;
    assert_eq!((&shown["stale"], &shown["failure"]), (&json!(true), &json!("required")));
    assert_eq!(
        (&shown["read_at"], &shown["failed_at"]),
        (&json!("2026-11-23T09:00:00Z"), &json!("2026-11-24T10:00:00Z"))
    );
    assert_eq!(desk.news().await, ["Eins"]);
}

const EVENTS: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:markt\r\nSUMMARY:<b>Wochenmarkt</b>\r\nDTSTART;TZID=Europe/Berlin:20261126T080000\r\n\
    RRULE:FREQ=WEEKLY\r\nEXDATE;VALUE=DATE:20261224\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:lesung\r\nSUMMARY:Lesung\r\nSTATUS:CANCELLED\r\n\
    DTSTART:20261127T180000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

async fn events_and_places_are_taken_from_files(rathaus: Installation) {
    let desk = Desk::open(rathaus).await;
    let calendar = desk.add(SOURCES, &json!({"name": "Kultur", "format": "calendar", "publish": true})).await;
    let report: Value = desk.hand_in(&calendar, "text/calendar", EVENTS).expect(200).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 0]);
    let again: Value = desk.hand_in(&calendar, "text/calendar; charset=utf-8", EVENTS).expect(200).await;
    assert_eq!(counts(&again), [0, 0, 2, 0, 0]);
    let events = desk.look("events?from=2026-11-23T00:00:00Z&to=2026-12-26T00:00:00Z").await;
    let seen: Vec<_> =
        events.iter().map(|event| format!("{} {}", event["title"], event["event"]["cancelled"])).collect();
    let market = "\"Wochenmarkt\" false".to_owned();
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert_eq!(
        (&seen[0], &seen[1], &seen[5]),
        (&market, &"\"Lesung\" true".into(), &"\"Wochenmarkt\" true".into())
    );
    let fewer = EVENTS.replace("UID:lesung", "UID:anders");
    let report: Value = desk.hand_in(&calendar, "text/calendar", fewer).expect(200).await;
    assert_eq!(counts(&report), [1, 0, 1, 0, 1], "what is gone is archived");

    let map = desk.add(SOURCES, &json!({"name": "Ausflug", "format": "map", "publish": true})).await;
    let features = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": "node/1", "properties": {"name": "Heidebad", "opening_hours": "24/7", "wheelchair": "yes"},
         "geometry": {"type": "Point", "coordinates": [12.58, 51.59]}},
        {"type": "Feature", "id": "way/2", "properties": {"name": "Muldeweg"},
         "geometry": {"type": "LineString", "coordinates": [[12.58, 51.59], [12.6, 51.6]]}},
    ]});
    let file = features.to_string();
    let report: Value = desk.hand_in(&map, "application/geo+json", file.clone()).expect(200).await;
    assert_eq!(counts(&report), [2, 0, 0, 0, 0]);
    let again: Value = desk.hand_in(&map, "application/geo+json", file).expect(200).await;
    assert_eq!(counts(&again), [0, 0, 2, 0, 0], "numbers are kept as they came");
    let pool = &desk.look("places?open=true").await[0];
    assert_eq!((&pool["title"], &pool["place"]["wheelchair"]), (&json!("Heidebad"), &json!("yes")));
    assert_eq!(desk.titles("tours").await, ["Muldeweg"]);
}

async fn all_of_a_file_or_nothing(rathaus: Installation) {
    let desk = Desk::open(rathaus).await;
    let source = async |format: &str| {
        desk.add(SOURCES, &json!({"name": format, "format": format, "publish": true})).await
    };
    let (feed, calendar, map) = (source("feed").await, source("calendar").await, source("map").await);
    let broken = EVENTS.replace("DTSTART:20261127T180000Z\r\n", "");
    let swapped = json!({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "Gut"}, "geometry": {"type": "Point", "coordinates": [12.58, 51.59]}},
        {"type": "Feature", "properties": {"name": "Vertauscht"}, "geometry": {"type": "Point", "coordinates": [51.59, 12.58]}},
        {"type": "Feature", "properties": {"name": "Weg"}, "geometry": {"type": "LineString", "coordinates": [[51.59, 12.58], [51.6, 12.6]]}},
    ]});
    for (source, media, file, wanted) in [
        (&calendar, "text/calendar", broken.as_str(), vec!["/9/dtstart required"]),
        (&calendar, "text/calendar", "BEGIN:VCALENDAR\nEND:VCALENDAR", vec![" source_empty"]),
        (&calendar, "text/calendar", "<html></html>", vec![" calendar_unreadable"]),
        (
            &map,
            "application/geo+json",
            &swapped.to_string(),
            vec!["/2/location axes_swapped", "/3/tour/path/0 axes_swapped"],
        ),
        (&map, "application/geo+json", "{}", vec![" map_unreadable"]),
        (&feed, "application/rss+xml", "<html></html>", vec![" feed_unreadable"]),
    ] {
        let refused =
            desk.hand_in(source, media, file.to_owned()).expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), wanted);
    }
    assert!(desk.items(STAFF).await.is_empty());
    desk.hand_in(&feed, "text/calendar", EVENTS).expect_problem(415, "unsupported_media_type").await;
    desk.hand_in(&feed, "application/json", "{}").expect_problem(415, "unsupported_media_type").await;
    // A hundred megabytes, said beforehand and sent nonetheless.
    let large = vec![b'x'; 100 * 1024 * 1024];
    match desk.hand_in(&calendar, "text/calendar", large).0.send().await {
        Ok(answer) => assert_eq!(answer.status(), 413),
        // The connection was closed before all of it was sent.
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    let shown: Value = desk.get(&feed).expect(200).await;
    assert_eq!(shown["failure"], "feed_unreadable");
}

async fn nobody_is_asked_within_the_house(rathaus: Installation) {
    let (desk, website) = (Desk::open(rathaus).await, Website::open().await);
    let settings = |url: &str| json!({"name": url, "format": "feed", "url": url});
    let plain = desk.post(SOURCES, &settings(&website.address));
    let refused = plain.expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), ["/url not_allowed"]);
    let inside = website.address.replace("http:", "https:");
    for url in [inside.as_str(), "https://[::1]/rss", "https://169.254.169.254/latest/meta-data"] {
        let source = desk.add(SOURCES, &settings(url)).await;
        let refresh = desk.post(&format!("{source}/refresh"), &json!({}));
        let refused = refresh.expect_problem(422, "validation_failed").await;
        assert_eq!(faults(&refused), ["/url source_unavailable"]);
    }
    assert!(website.asked.lock().unwrap().is_empty());
    let file = desk.add(SOURCES, &json!({"name": "Dateien", "format": "feed"})).await;
    let refused =
        desk.post(&format!("{file}/refresh"), &json!({})).expect_problem(422, "validation_failed").await;
    assert_eq!(faults(&refused), ["/url required"]);
}

async fn sources_are_kept_by_those_who_publish(rathaus: Installation) {
    let desk = Desk::open(rathaus).await;
    let settings = json!({"name": "Website", "format": "feed", "url": "https://www.bad-dueben.example/rss"});
    let source = desk.add(SOURCES, &settings).await;
    let topic = json!("019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01");
    let wrong = [
        ("format", json!("pdf"), "/format"),
        ("url", json!("ftp://www.bad-dueben.example/"), "/url"),
        ("every_minutes", json!(14), "/every_minutes"),
        ("topic", topic, "/topic"),
        ("colour", json!("red"), "/colour"),
    ];
    desk.guards(SOURCES, &json!({"name": "Andere", "format": "feed"}), &wrong).await;
    desk.post(SOURCES, &settings).expect_problem(409, "already_exists").await;
    let weekly = json!({"name": "Website", "format": "feed", "every_minutes": 1440, "publish": true});
    let unseen = Call(desk.installation.request(Method::PUT, &source).json(&weekly)).bearer(&desk.admin);
    unseen.expect_problem(428, "precondition_required").await;
    desk.put(&source, "\"v9\"", &weekly).expect_problem(412, "stale").await;
    let calendar = json!({"name": "Website", "format": "calendar"});
    desk.put(&source, "\"v1\"", &calendar).expect_problem(422, "validation_failed").await;
    let changed: Value = desk.put(&source, "\"v1\"", &weekly).expect(200).await;
    assert_eq!((&changed["every_minutes"], &changed["publish"]), (&json!(1440), &json!(true)));
    assert_eq!(changed.get("url"), None);
    let feed = "<rss version='2.0'><channel><item><guid>1</guid><title>Bleibt</title></item></channel></rss>";
    desk.hand_in(&source, "application/rss+xml", feed).expect::<Value>(200).await;
    desk.removes(&source, "\"v2\"").await;
    assert_eq!(desk.titles("news").await, ["Bleibt"], "what was taken stays");
    let shown = desk.installation.get(&format!("{TOWN}/news"));
    assert_eq!(shown.send().await.status, 200);
}
