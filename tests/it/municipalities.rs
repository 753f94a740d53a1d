//! What everyone may read of a town hall.

use domain::{Scope, Store, geo::MultiPolygon, municipalities::Municipality};
use serde_json::{Value, json};

use crate::support::{installation::Installation, on_both, town::rectangle};

on_both!(
    town_halls_are_found_by_name_and_by_place,
    a_place_leads_to_the_town_hall_it_lies_in,
    a_town_hall_shows_its_boundary_once,
    categories_come_in_order_and_in_the_language_asked_for,
    areas_come_with_their_shape,
    what_is_not_there_is_not_found,
    wrong_queries_are_named,
);

async fn read(installation: &Installation, path: &str) -> Value {
    installation.get(path).expect(200).await
}

fn column<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    list["items"].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap()).collect()
}

async fn town_halls_are_found_by_name_and_by_place(installation: Installation) {
    for (slug, name) in [("wurzen", "Wurzen"), ("bad-dueben", "Bad Düben"), ("eilenburg", "Eilenburg")] {
        installation.found(slug, name).await;
    }
    let all = read(&installation, "/v1/municipalities").await;
    assert_eq!(column(&all, "slug"), ["bad-dueben", "eilenburg", "wurzen"]);
    assert!(all.get("next_cursor").is_none());
    let some = read(&installation, "/v1/municipalities?q=d%C3%BCben").await;
    assert_eq!(column(&some, "name"), ["Bad Düben"]);
    assert_eq!(column(&read(&installation, "/v1/municipalities?q=100%25").await, "name"), [""; 0]);
    let elsewhere = read(&installation, "/v1/municipalities?near=52.5,13.4").await;
    assert_eq!(elsewhere["items"], json!([]));

    let first = read(&installation, "/v1/municipalities?limit=2").await;
    assert_eq!(column(&first, "slug"), ["bad-dueben", "eilenburg"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = read(&installation, &format!("/v1/municipalities?limit=2&cursor={cursor}")).await;
    assert_eq!(column(&second, "slug"), ["wurzen"]);
}

/// Founds a town hall with a boundary of its own.
async fn found_within(installation: &Installation, slug: &str, boundary: MultiPolygon) {
    let town = installation.found(slug, slug).await;
    let tx = installation.store().begin(Scope::Municipality(town.id)).await.unwrap();
    let town = tx.municipality_by_id(town.id).await.unwrap().unwrap();
    tx.update_municipality(&Municipality { boundary: Some(boundary), ..town }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_place_leads_to_the_town_hall_it_lies_in(installation: Installation) {
    // Neighbours, and a small town within a district that has an installation of its own.
    found_within(&installation, "bad-dueben", rectangle(12.5, 51.5, 12.7, 51.7)).await;
    found_within(&installation, "eilenburg", rectangle(12.55, 51.4, 12.75, 51.5)).await;
    found_within(&installation, "nordsachsen", rectangle(12.0, 51.2, 13.2, 51.8)).await;
    for (near, slugs) in [
        ("51.5919,12.5853", vec!["bad-dueben"]),
        ("51.4608,12.6351", vec!["eilenburg"]),
        ("51.5253,12.3386", vec!["nordsachsen"]),
        ("51.3397,12.3731", vec!["nordsachsen"]),
        ("52.52,13.405", vec![]),
        ("12.5853,51.5919", vec![]),
    ] {
        let found = read(&installation, &format!("/v1/municipalities?near={near}")).await;
        assert_eq!(column(&found, "slug"), slugs, "{near}");
    }
}

async fn a_town_hall_shows_its_boundary_once(installation: Installation) {
    installation.found("bad-dueben", "Bad Düben").await;
    let response = installation.get("/v1/municipalities/bad-dueben").send().await;
    assert_eq!(response.headers["cache-control"], "public, max-age=60");
    assert!(response.headers["vary"].to_str().unwrap().contains("Accept-Language"));
    let tag = response.headers["etag"].to_str().unwrap().to_owned();
    let town: Value = response.json();
    assert_eq!(town["name"], "Bad Düben");
    assert_eq!(town["state"], "SN");
    assert_eq!(town["bounds"], json!({"west": 12.5, "south": 51.5, "east": 12.7, "north": 51.7}));
    assert_eq!(town["boundary"]["type"], "Polygon");
    assert_eq!(
        town["reporting"],
        json!({"guests": true, "guests_confirm_by_email": false, "anonymous": true})
    );
    let again = installation.get("/v1/municipalities/bad-dueben").header("if-none-match", &tag);
    assert_eq!(again.send().await.status, 304);
    let english = installation.get("/v1/municipalities/bad-dueben").header("accept-language", "en");
    assert_eq!(english.header("if-none-match", &tag).send().await.status, 200);
}

async fn categories_come_in_order_and_in_the_language_asked_for(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    installation.add_category(&town, "street-light", 2).await;
    installation.add_category(&town, "illegal-waste", 1).await;
    let path = "/v1/municipalities/bad-dueben/categories";
    let german = installation.get(path).send().await;
    let tag = german.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(german.headers["content-language"], "de");
    let german: Value = german.json();
    assert_eq!(column(&german, "code"), ["illegal-waste", "street-light"]);
    assert_eq!(column(&german, "name"), ["illegal-waste auf Deutsch", "street-light auf Deutsch"]);
    assert_eq!(german["items"][0]["promise"], json!({"first_answer_days": 2, "solution_days": 10}));
    let english = installation.get(path).header("accept-language", "en").send().await;
    let english: Value = english.json();
    assert_eq!(column(&english, "name"), ["illegal-waste in English", "street-light in English"]);
    let again = installation.get(path).header("if-none-match", &tag);
    assert_eq!(again.send().await.status, 304);
    installation.add_category(&town, "pothole", 3).await;
    let changed = installation.get(path).header("if-none-match", &tag);
    assert_eq!(changed.send().await.status, 200);
}

async fn areas_come_with_their_shape(installation: Installation) {
    let town = installation.found("bad-dueben", "Bad Düben").await;
    let other = installation.found("eilenburg", "Eilenburg").await;
    installation.add_area(&town, "schnaditz", rectangle(12.55, 51.58, 12.57, 51.6)).await;
    installation.add_area(&other, "kueltzschau", rectangle(12.6, 51.4, 12.62, 51.5)).await;
    let areas = read(&installation, "/v1/municipalities/bad-dueben/areas").await;
    assert_eq!(column(&areas, "code"), ["schnaditz"]);
    assert_eq!(areas["items"][0]["kind"], "district");
    assert_eq!(areas["items"][0]["geometry"]["coordinates"][0][0], json!([12.55, 51.58]));
}

async fn what_is_not_there_is_not_found(installation: Installation) {
    for path in ["nowhere", "nowhere/categories", "nowhere/areas", "No%20Slug", "%00"] {
        let response = installation.get(&format!("/v1/municipalities/{path}")).send().await;
        assert_eq!(response.status, 404, "{path}");
        assert_eq!(response.headers["content-type"], "application/problem+json", "{path}");
        assert_eq!(response.json::<Value>()["code"], "not_found", "{path}");
    }
}

async fn wrong_queries_are_named(installation: Installation) {
    for (query, pointer) in [
        ("near=51.5", Some("/near")),
        ("near=91,12", Some("/near")),
        ("q=", Some("/q")),
        ("page=2", Some("/page")),
        ("limit=0", Some("/limit")),
        ("cursor=forged", None),
    ] {
        let response = installation.get(&format!("/v1/municipalities?{query}")).send().await;
        assert_eq!(response.status, 400, "{query}");
        let problem: Value = response.json();
        assert_eq!(problem["errors"][0]["pointer"].as_str(), pointer, "{query}: {problem}");
    }
}
