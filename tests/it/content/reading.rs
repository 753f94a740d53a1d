use std::time::Duration;

use api::{cli::Role, clock::Clock, server::Server};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{PDF, STAFF, TOWN, piece, upload};
use crate::{
    admin::Desk,
    support::{
        Engine,
        eventually::eventually,
        installation::{Installation, config},
        on_both,
    },
};

on_both!(
    guests_read_what_is_public,
    every_language_and_german_where_it_lacks,
    the_clock_shows_and_hides,
    lists_are_searched_across_kinds,
    the_nearest_place_comes_first,
    pages_follow_each_other,
    a_read_asks_for_nothing_twice,
    another_process_s_change_shows_within_a_second,
);

async fn guests_read_what_is_public(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.add(STAFF, &piece("news", "Entwurf", json!({}))).await;
    let hours = json!({
        "place": {"opening_hours": "Mo-Fr 09:00-12:00; PH off", "wheelchair": "yes"},
        "location": {"lat": 51.5921, "lon": 12.5862},
    });
    let id = desk.publish(&piece("place", "Museum", hours)).await;
    desk.publish(&piece("contact", "Bürgerbüro", json!({"contact": {"phone": "034243 7220"}}))).await;
    desk.publish(&piece("tour", "Rundweg", json!({"tour": {"length_m": 7400}}))).await;
    for (path, titles) in [
        ("news", vec![]),
        ("places", vec!["Museum"]),
        ("contacts", vec!["Bürgerbüro"]),
        ("tours", vec!["Rundweg"]),
        ("gazettes", vec![]),
        ("events", vec![]),
    ] {
        assert_eq!(desk.titles(path).await, titles, "{path}");
    }
    // Monday, ten in Bad Düben.
    let museum: Value = desk.installation.get(&format!("{TOWN}/content/{id}")).expect(200).await;
    assert_eq!((&museum["open"], &museum["open_changes_at"]), (&json!(true), &json!("2026-11-23T11:00:00Z")));
    assert_eq!(desk.titles("places?open=true").await, ["Museum"]);
    desk.installation.clock.advance(TimeDelta::hours(3));
    assert!(desk.titles("places?open=true").await.is_empty());
    let listed = desk.installation.get(&format!("{TOWN}/places")).send().await;
    assert_eq!(listed.headers["cache-control"], "public, max-age=60");
    let tag = listed.headers["etag"].to_str().unwrap();
    let same = desk.installation.get(&format!("{TOWN}/places")).header("if-none-match", tag).send().await;
    assert_eq!((same.status.as_u16(), same.body.as_str()), (304, ""));
}

async fn every_language_and_german_where_it_lacks(installation: Installation) {
    let desk = Desk::open(installation).await;
    let mut pool = piece("news", "Das Freibad öffnet", json!({}));
    pool["texts"] = json!([
        {"language": "de", "title": "Das Freibad öffnet"},
        {"language": "en", "title": "The pool opens"},
        {"language": "uk", "title": "Басейн відкривається"},
    ]);
    desk.publish(&pool).await;
    let title = async |path: &str, accepted: &str| {
        let list = desk.installation.get(&format!("{TOWN}/{path}")).header("accept-language", accepted);
        list.expect::<Value>(200).await["items"][0]["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(title("news", "de").await, "Das Freibad öffnet");
    assert_eq!(title("news", "en").await, "The pool opens");
    assert_eq!(title("news?language=uk", "de").await, "Басейн відкривається");
    assert_eq!(title("news?language=pl", "en").await, "Das Freibad öffnet");
    assert_eq!(desk.titles("content?q=pool").await, ["Das Freibad öffnet"]);
}

async fn the_clock_shows_and_hides(installation: Installation) {
    let desk = Desk::open(installation).await;
    let times = json!({"publish_from": "2026-11-23T10:00:00Z", "publish_until": "2026-11-23T11:00:00Z"});
    let id = desk.publish(&piece("news", "Nur eine Stunde", times)).await;
    for (minutes, shown) in [(0, 0), (59, 0), (1, 1), (59, 1), (1, 0)] {
        desk.installation.clock.advance(TimeDelta::minutes(minutes));
        assert_eq!(desk.look("news").await.len(), shown, "{}", desk.installation.clock.now());
    }
    desk.installation.get(&format!("{TOWN}/content/{id}")).expect_problem(404, "not_found").await;
}

async fn lists_are_searched_across_kinds(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&piece("news", "Sperrung der Straße am Kindergarten", json!({}))).await;
    desk.publish(&piece("place", "Alle Kindergärten der Stadt", json!({}))).await;
    let pdf = upload(&desk.installation, "bad-dueben", &desk.admin, "documents", PDF.to_vec());
    let pdf: Value = pdf.expect(201).await;
    let issue = json!({"gazette": {
        "date": "2026-11-20", "document": pdf["id"],
        "entries": [{"title": "Satzung über die Straßenreinigung", "page": 4}],
    }});
    desk.publish(&piece("gazette", "Amtsblatt 11", issue)).await;
    let mut kindergartens = desk.titles("content?q=Kindergaerten").await;
    kindergartens.sort();
    assert_eq!(kindergartens, ["Alle Kindergärten der Stadt", "Sperrung der Straße am Kindergarten"]);
    assert_eq!(desk.titles("content?q=reinigung").await, ["Amtsblatt 11"]);
    assert_eq!(desk.titles("content?q=strasse&kind=gazette").await, ["Amtsblatt 11"]);
    assert!(desk.titles("content?q=Eisbahn").await.is_empty());
    assert_eq!(desk.titles("news?q=Kindergarten").await, ["Sperrung der Straße am Kindergarten"]);
}

async fn the_nearest_place_comes_first(installation: Installation) {
    let desk = Desk::open(installation).await;
    for (title, lat) in [("Weit", 51.66), ("Nah", 51.592), ("Mittel", 51.61)] {
        desk.publish(&piece("place", title, json!({"location": {"lat": lat, "lon": 12.58}}))).await;
    }
    desk.publish(&piece("place", "Ohne Ort", json!({}))).await;
    assert_eq!(desk.titles("places?near=51.591,12.58").await, ["Nah", "Mittel", "Weit"]);
    let near = desk.look("places?near=51.591,12.58&radius_m=3000").await;
    assert_eq!(near.len(), 2);
    assert_eq!(near[0]["distance_m"], 111);
    let path = json!({"tour": {"path": [{"lat": 51.5, "lon": 12.58}, {"lat": 51.65, "lon": 12.58}]}});
    desk.publish(&piece("tour", "Muldeweg", path)).await;
    let at =
        |lat| json!({"event": {"starts_at": "2026-11-26T08:00:00Z"}, "location": {"lat": lat, "lon": 12.58}});
    desk.publish(&piece("event", "Markt", at(51.5915))).await;
    desk.publish(&piece("event", "Konzert", at(51.66))).await;
    let here = "near=51.591,12.581&radius_m=3000";
    assert_eq!(desk.titles(&format!("tours?{here}")).await, ["Muldeweg"], "as near as its path");
    assert_eq!(desk.titles(&format!("events?{here}")).await, ["Markt"]);
    assert_eq!(desk.titles("events?near=51.591,12.581").await, ["Markt", "Konzert"]);
    let all = desk.look(&format!("content?{here}")).await;
    let seen: Vec<_> = all.iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(seen, ["Muldeweg", "Markt", "Nah", "Mittel"]);
    let metres: Vec<_> = all.iter().map(|item| item["distance_m"].as_u64().unwrap()).collect();
    assert!(metres.is_sorted() && metres[0] == 69, "{metres:?}");
    for path in ["places", "events", "content"] {
        for query in ["radius_m=3000", "near=51.59,12.58&radius_m=0", "near=51.59,12.58&radius_m=100001"] {
            let far = desk.installation.get(&format!("{TOWN}/{path}?{query}"));
            far.expect_problem(400, "malformed_parameter").await;
        }
    }
}

async fn pages_follow_each_other(installation: Installation) {
    let desk = Desk::open(installation).await;
    for number in 0..5 {
        desk.publish(&piece("news", &format!("Neues {number}"), json!({}))).await;
        desk.installation.clock.advance(TimeDelta::minutes(1));
    }
    let mut path = format!("{TOWN}/news?limit=2");
    let mut titles = Vec::new();
    loop {
        let page: Value = desk.installation.get(&path).expect(200).await;
        titles.extend(page["items"].as_array().unwrap().iter().map(|item| item["title"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{TOWN}/news?limit=2&cursor={cursor}");
    }
    assert_eq!(titles, ["Neues 4", "Neues 3", "Neues 2", "Neues 1", "Neues 0"]);
}

/// With the database's table gone, what was read once is still there to be read.
async fn a_read_asks_for_nothing_twice(installation: Installation) {
    use sea_orm::{ConnectionTrait, Database};
    let desk = Desk::open(installation).await;
    desk.publish(&piece("news", "Neues", json!({}))).await;
    assert_eq!(desk.titles("news").await, ["Neues"]);
    let database = Database::connect(&desk.installation.database().superuser_url).await.unwrap();
    database.execute_unprepared("ALTER TABLE contents RENAME TO contents_away").await.unwrap();
    assert_eq!(desk.titles("news").await, ["Neues"]);
    assert_eq!(desk.titles("content?q=neu").await, ["Neues"], "also for a question nobody asked before");
    database.close().await.unwrap();
}

/// SQLite is served by one process; there the test is that a change shows at once.
async fn another_process_s_change_shows_within_a_second(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.publish(&piece("news", "Eins", json!({}))).await;
    assert_eq!(desk.titles("news").await, ["Eins"]);
    if desk.installation.database().engine == Engine::Sqlite {
        desk.publish(&piece("news", "Zwei", json!({}))).await;
        assert_eq!(desk.look("news").await.len(), 2);
        return;
    }
    let files = tempfile::tempdir().unwrap();
    let clock = Clock::adjustable(desk.installation.clock.now());
    let other = Server::start(config(desk.installation.database(), &files), clock, Role::Api).await.unwrap();
    let address = format!("http://{}{TOWN}/news", other.address().unwrap());
    let there = async || {
        let listed: Value = reqwest::get(&address).await.unwrap().json().await.unwrap();
        listed["items"].as_array().unwrap().len()
    };
    assert_eq!(there().await, 1);
    desk.publish(&piece("news", "Zwei", json!({}))).await;
    let seen = async || (there().await == 2).then_some(());
    eventually("the other process to show it", Duration::from_secs(10), seen).await;
    other.stop().await.unwrap();
}
