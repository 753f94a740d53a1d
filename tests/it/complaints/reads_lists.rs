//! Lists of complaints: one's own over all towns, the public's, and what is near.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{COMPLAINTS, in_bad_dueben, reads::publish, report, report_with};
use crate::{
    auth::access,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    ones_own_come_from_every_town_newest_first,
    the_public_list_is_filtered_and_paged,
    possible_duplicates_are_shown_without_their_place,
    bad_questions_are_refused,
);

/// All items of a list, page by page, and how many pages there were.
async fn all(ask: impl Fn(&str) -> Call) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page: Value = ask(&cursor).expect(200).await;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        pages += 1;
        match page.get("next_cursor") {
            Some(next) => cursor = format!("&cursor={}", next.as_str().unwrap()),
            None => return (items, pages),
        }
    }
}

async fn ones_own_come_from_every_town_newest_first(installation: Installation) {
    in_bad_dueben(&installation).await;
    let neighbour = installation.found("eilenburg", "Eilenburg").await;
    installation.add_category(&neighbour, "illegal-waste", 1).await;
    let (guest, other) = (installation.guest().await, installation.guest().await);
    let report = report_with(json!({"anonymous": false}));
    let mut expected = Vec::new();
    for (number, town) in
        ["bad-dueben", "eilenburg", "eilenburg", "bad-dueben", "bad-dueben"].iter().enumerate()
    {
        // Two of one moment in two towns, so that the id decides.
        if number != 1 {
            installation.clock.advance(TimeDelta::minutes(2));
        }
        let path = format!("/v1/municipalities/{town}/complaints");
        let filed: Value = installation.post(&path, &report).bearer(access(&guest)).expect(201).await;
        expected.push((filed["created_at"].clone(), filed["id"].clone(), json!(town)));
    }
    let _: Value = installation.file(&report).bearer(access(&other)).expect(201).await;
    expected.sort_by_key(|(at, id, _)| std::cmp::Reverse((at.to_string(), id.to_string())));

    for (limit, expected_pages) in [(1, 5), (2, 3), (5, 1), (100, 1)] {
        let ask = |cursor: &str| {
            let path = format!("/v1/me/complaints?limit={limit}{cursor}");
            installation.get(&path).bearer(access(&guest))
        };
        let (items, pages) = all(ask).await;
        let found: Vec<_> = items
            .iter()
            .map(|item| (item["created_at"].clone(), item["id"].clone(), item["municipality"].clone()))
            .collect();
        assert_eq!((found, pages), (expected.clone(), expected_pages), "pages of {limit}");
        assert_eq!(items[0]["description"], report["description"]);
    }
    installation.get("/v1/me/complaints").expect_problem(401, "unauthenticated").await;
}

async fn the_public_list_is_filtered_and_paged(installation: Installation) {
    in_bad_dueben(&installation).await;
    let private: Value = installation.get(COMPLAINTS).expect(200).await;
    publish(&installation).await;
    assert_eq!(private["items"], json!([]));
    let mut expected = Vec::new();
    for _ in 0..5 {
        installation.clock.advance(TimeDelta::minutes(2));
        let filed: Value = installation.file(&report()).expect(201).await;
        expected.insert(0, filed["id"].clone());
    }
    let north = report_with(json!({"location": {"lat": 51.68, "lon": 12.6}}));
    installation.clock.advance(TimeDelta::minutes(2));
    let north: Value = installation.file(&north).expect(201).await;

    let here = "bbox=12.55,51.57,12.61,51.61&status=routed&category=illegal-waste";
    let ask = |cursor: &str| installation.get(&format!("{COMPLAINTS}?{here}&limit=2{cursor}"));
    let (items, pages) = all(ask).await;
    let found: Vec<_> = items.iter().map(|item| item["id"].clone()).collect();
    assert_eq!((found, pages), (expected, 3));
    for item in &items {
        assert!(item.get("description").is_none() && item.get("address").is_none(), "{item}");
        assert_ne!(item["location"], report()["location"], "{item}");
    }
    let everything: Value = installation.get(COMPLAINTS).expect(200).await;
    assert_eq!(everything["items"].as_array().unwrap().len(), 6);
    assert_eq!(everything["items"][0]["id"], north["id"]);
    for nothing in ["category=no-such", "status=resolved", "status=unconfirmed", "bbox=1,1,2,2"] {
        let listed: Value = installation.get(&format!("{COMPLAINTS}?{nothing}")).expect(200).await;
        assert_eq!(listed["items"], json!([]), "{nothing}");
    }
}

async fn possible_duplicates_are_shown_without_their_place(installation: Installation) {
    in_bad_dueben(&installation).await;
    let filed: Value = installation.file(&report()).expect(201).await;
    let near = |lat: f64| format!("{COMPLAINTS}/nearby?lat={lat}&lon=12.5853&category=illegal-waste");
    let private: Value = installation.get(&near(51.5919)).expect(200).await;
    assert_eq!(private["items"], json!([]), "what is not public has no neighbours");

    publish(&installation).await;
    let found: Value = installation.get(&near(51.5919)).expect(200).await;
    let [item] = &found["items"].as_array().unwrap()[..] else { panic!("one complaint: {found}") };
    assert_eq!((&item["id"], &item["status"]), (&filed["id"], &json!("routed")));
    assert_ne!(item["location"], report()["location"]);
    let metres = item["distance_m"].as_u64().unwrap();
    assert!(metres <= 80 && metres.is_multiple_of(10), "{metres}");
    assert!(item.get("description").is_none(), "{item}");

    let far: Value = installation.get(&near(51.5950)).expect(200).await;
    assert_eq!(far["items"], json!([]));
}

async fn bad_questions_are_refused(installation: Installation) {
    in_bad_dueben(&installation).await;
    for query in [
        "?status=lost",
        "?bbox=1,2,3",
        "?bbox=12.7,51.5,12.5,51.7",
        "?colour=red",
        "?limit=0",
        "/nearby",
        "/nearby?lat=91&lon=12&category=illegal-waste",
        "/nearby?lat=NaN&lon=12&category=illegal-waste",
        "/nearby?lat=51&lon=181&category=illegal-waste",
        "/nearby?lat=51&lon=12&category=Illegal%20Waste",
    ] {
        let path = format!("{COMPLAINTS}{query}");
        installation.get(&path).expect_problem(400, "malformed_parameter").await;
    }
    installation.get(&format!("{COMPLAINTS}?cursor=made-up")).expect_problem(400, "cursor_invalid").await;
    installation.get("/v1/municipalities/nowhere/complaints").expect_problem(404, "not_found").await;
}
