use serde_json::{Value, json};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::Desk,
    support::{http::Answer, installation::Installation, on_both},
};

on_both!(
    news_are_fed,
    events_are_a_calendar,
    a_moved_event_keeps_its_identity,
    contacts_are_cards,
    places_are_a_map,
);

async fn file(desk: &Desk, path: &str, media: &str) -> Answer {
    let answer = desk.installation.get(&format!("{TOWN}/{path}")).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with(media), "{:?}", answer.headers);
    let tag = answer.headers["etag"].to_str().unwrap();
    let again = desk.installation.get(&format!("{TOWN}/{path}")).header("if-none-match", tag).send().await;
    assert_eq!(again.status, 304, "{path}");
    answer
}

/// The same text once everything XML escapes is as it was.
fn read(xml: &str) -> String {
    xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

async fn news_are_fed(installation: Installation) {
    let desk = Desk::open(installation).await;
    let mut news = piece(
        "news",
        "Brücke & Straße <gesperrt>",
        json!({"links": [{"label": "Mehr", "url": "https://x.example/bruecke"}]}),
    );
    news["texts"][0]["body"] = json!("Umleitung über die Gustav-Adolf-Straße.\n\n<script>alert(1)</script>");
    let id = desk.publish(&news).await;
    let rss = file(&desk, "news.rss", "application/rss+xml").await.body;
    assert!(!rss.contains("<script"), "{rss}");
    let parsed = read(&rss);
    assert!(
        parsed.contains("Brücke & Straße <gesperrt>") && parsed.contains("https://x.example/bruecke"),
        "{rss}"
    );
    assert!(read(&parsed).contains("<p>Umleitung über die Gustav-Adolf-Straße.</p>"), "{rss}");
    assert!(rss.contains(&format!("urn:uuid:{id}")));
    let atom = file(&desk, "news.atom", "application/atom+xml").await.body;
    assert!(!atom.contains("<script") && atom.contains(&format!("urn:uuid:{id}")), "{atom}");
    let feed: Value = file(&desk, "news.json", "application/feed+json").await.json();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(feed["items"][0]["title"], "Brücke & Straße <gesperrt>");
    assert_eq!(feed["items"][0]["date_published"], "2026-11-23T09:00:00Z");
}

async fn events_are_a_calendar(installation: Installation) {
    let desk = Desk::open(installation).await;
    let market = json!({
        "event": {
            "starts_at": "2026-11-05T08:00:00Z", "ends_at": "2026-11-05T12:00:00Z", "recurrence": "FREQ=WEEKLY;COUNT=4",
        },
        "address": "Markt 1, Bad Düben",
    });
    let mut event = piece("event", "Markt; frisch, regional", market);
    event["texts"][0]["body"] = json!("Zeile eins\nZeile zwei <b>fett</b>");
    let id = desk.publish(&event).await;
    for path in ["events/calendar.ics".to_owned(), format!("events/{id}/calendar.ics")] {
        let calendar = file(&desk, &path, "text/calendar").await.body;
        let unfolded = calendar.replace("\r\n ", "");
        assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 4, "{calendar}");
        assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && calendar.ends_with("END:VCALENDAR\r\n"));
        assert!(unfolded.contains("SUMMARY:Markt\\; frisch\\, regional\r\n"), "{calendar}");
        assert!(unfolded.contains("DESCRIPTION:Zeile eins\\nZeile zwei <b>fett</b>\r\n"), "{calendar}");
        assert!(unfolded.contains("LOCATION:Markt 1\\, Bad Düben\r\n"), "{calendar}");
        for day in ["20261105", "20261126"] {
            assert!(unfolded.contains(&format!("DTSTART:{day}T080000Z\r\n")), "{calendar}");
            assert!(unfolded.contains(&format!("UID:{id}-{day}@bad-dueben.rathaus\r\n")), "{calendar}");
        }
        assert!(calendar.lines().all(|line| line.len() <= 75), "lines are folded: {calendar}");
    }
    let news = desk.publish(&piece("news", "Neues", json!({}))).await;
    let none = desk.installation.get(&format!("{TOWN}/events/{news}/calendar.ics"));
    none.expect_problem(404, "not_found").await;
}

/// The lines of a calendar that say which event it is, how often it changed and when it is.
fn identities(calendar: &str) -> Vec<String> {
    let unfolded = calendar.replace("\r\n ", "");
    let names = ["UID:", "SEQUENCE:", "DTSTART", "DTEND"];
    let mut lines: Vec<_> = unfolded
        .lines()
        .filter(|line| names.iter().any(|name| line.starts_with(name)))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

async fn a_moved_event_keeps_its_identity(installation: Installation) {
    let desk = Desk::open(installation).await;
    let at = |starts: &str, ends: &str, more: Value| {
        let mut event = json!({"starts_at": starts, "ends_at": ends});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        piece("event", "Konzert", json!({"event": event}))
    };
    let once = |starts, ends| at(starts, ends, json!({}));
    let id = desk.publish(&once("2026-12-04T18:00:00Z", "2026-12-04T20:00:00Z")).await;
    let (place, path) = (format!("{STAFF}/{id}"), format!("events/{id}/calendar.ics"));
    let uid = format!("UID:{id}@bad-dueben.rathaus");
    let before = identities(&file(&desk, &path, "text/calendar").await.body);
    assert_eq!(before, ["DTEND:20261204T200000Z", "DTSTART:20261204T180000Z", "SEQUENCE:2", &uid]);
    let moved = once("2026-12-05T17:00:00Z", "2026-12-05T19:00:00Z");
    let _: Value = desk.put(&place, "\"v2\"", &moved).expect(200).await;
    let after = identities(&file(&desk, &path, "text/calendar").await.body);
    assert_eq!(after, ["DTEND:20261205T190000Z", "DTSTART:20261205T170000Z", "SEQUENCE:3", &uid]);

    // What takes whole days on the town's clocks does so in every calendar.
    let fair = once("2026-12-04T23:00:00Z", "2026-12-06T23:00:00Z");
    let _: Value = desk.put(&place, "\"v3\"", &fair).expect(200).await;
    let days = identities(&file(&desk, &path, "text/calendar").await.body);
    assert_eq!(days, ["DTEND;VALUE=DATE:20261207", "DTSTART;VALUE=DATE:20261205", "SEQUENCE:4", &uid]);

    // Another time of day is the same day of a series.
    let weekly = json!({"recurrence": "FREQ=WEEKLY;COUNT=2"});
    let (first, second) = ("2026-12-03T08:00:00Z", "2026-12-03T09:00:00Z");
    let id = desk.publish(&at(first, "2026-12-03T12:00:00Z", weekly.clone())).await;
    let path = format!("events/{id}/calendar.ics");
    let uids = async || {
        let lines = identities(&file(&desk, &path, "text/calendar").await.body);
        lines.into_iter().filter(|line| line.starts_with("UID:")).collect::<Vec<_>>()
    };
    let before = uids().await;
    let later = at(second, "2026-12-03T12:00:00Z", weekly);
    let _: Value = desk.put(&format!("{STAFF}/{id}"), "\"v2\"", &later).expect(200).await;
    assert_eq!(uids().await, before);
    assert_eq!(before, ["20261203", "20261210"].map(|day| format!("UID:{id}-{day}@bad-dueben.rathaus")));
}

async fn contacts_are_cards(installation: Installation) {
    let desk = Desk::open(installation).await;
    let contact = json!({
        "contact": {"phone": "034243 7220", "email": "info@bad-dueben.example", "office_hours": "Mo-Fr 09:00-12:00"},
        "address": "Markt 11, 04849 Bad Düben",
    });
    let id = desk.publish(&piece("contact", "Bürgerbüro", contact)).await;
    let card = file(&desk, &format!("contacts/{id}/contact.vcf"), "text/vcard").await.body;
    for line in
        ["BEGIN:VCARD", "VERSION:4.0", "FN:Bürgerbüro", "ORG:Bad Düben", "EMAIL:info@bad-dueben.example"]
    {
        assert!(card.contains(&format!("{line}\r\n")), "{line}: {card}");
    }
    assert!(card.contains("TEL:034243 7220\r\n"), "{card}");
    assert!(card.contains("Markt 11\\, 04849 Bad Düben"), "{card}");
}

async fn places_are_a_map(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&piece("place", "Burg", json!({"location": {"lat": 51.5919, "lon": 12.5853}}))).await;
    desk.publish(&piece("place", "Ohne Ort", json!({}))).await;
    let path = json!([{"lat": 51.59, "lon": 12.58}, {"lat": 51.6, "lon": 12.6}]);
    desk.publish(&piece("tour", "Rundweg", json!({"tour": {"path": path}}))).await;
    let map: Value = file(&desk, "places.geojson", "application/geo+json").await.json();
    assert_eq!(map["type"], "FeatureCollection");
    assert_eq!(map["features"].as_array().unwrap().len(), 1);
    // Longitude first.
    assert_eq!(map["features"][0]["geometry"], json!({"type": "Point", "coordinates": [12.5853, 51.5919]}));
    assert_eq!(map["features"][0]["properties"]["title"], "Burg");
    let tours: Value = file(&desk, "tours.geojson", "application/geo+json").await.json();
    assert_eq!(tours["features"][0]["geometry"]["type"], "LineString");
    assert_eq!(tours["features"][0]["geometry"]["coordinates"][0], json!([12.58, 51.59]));
}
