use serde_json::{Value, json};

use super::{CALENDARS, Depot, TYPES};
use crate::{
    admin::Desk,
    support::{installation::Installation, on_both},
};

on_both!(staff_keep_kinds_of_waste, staff_keep_calendars, what_is_in_use_stays);

async fn staff_keep_kinds_of_waste(rathaus: Installation) {
    let desk = Desk::open(rathaus).await;
    let new = json!({"code": "organic", "names": {"de": "Biotonne", "en": "Organic waste"}, "words": ["Bioabfall"]});
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("code", json!("Bio Tonne"), "/code"),
        ("words", json!([""]), "/words/0"),
        ("words", json!(vec!["a"; 51]), "/words"),
        ("position", json!(-1), "/position"),
    ];
    desk.guards(TYPES, &new, &wrong).await;
    let place = desk.add(TYPES, &new).await;
    desk.post(TYPES, &new).expect_problem(409, "already_exists").await;
    let changed = desk.guards_versions(&place, &json!({"words": ["Grüne Tonne"]})).await;
    assert_eq!((&changed["words"], &changed["names"]), (&json!(["Grüne Tonne"]), &new["names"]));
    let public: Value = desk.installation.get("/v1/municipalities/bad-dueben/waste/types").expect(200).await;
    assert_eq!(public["items"], json!([{"code": "organic", "name": "Biotonne"}]));
    desk.removes(&place, "\"v2\"").await;
}

async fn staff_keep_calendars(rathaus: Installation) {
    let desk = Desk::open(rathaus).await;
    let new = json!({
        "name": "Tour 3", "holidays": "later",
        "sections": [{"street": "Leipziger Straße", "house_numbers": "2 – 8 gerade"}, {"street": "Am Lauch"}],
    });
    let on = |houses: &str| json!([{"street": "Am Lauch", "house_numbers": houses}]);
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("name", json!(""), "/name"),
        ("holidays", json!("never"), "/holidays"),
        ("stale_after_days", json!(0), "/stale_after_days"),
        ("sections", on("hinter 5"), "/sections/0/house_numbers"),
        ("sections", on("0"), "/sections/0/house_numbers"),
        ("sections", on("8-2"), "/sections/0/house_numbers"),
        (
            "sections",
            json!([{"street": "Am Lauch"}, {"street": "am lauch", "house_numbers": "alle"}]),
            "/sections/1",
        ),
        ("source", json!({"kind": "abfall_io", "house": "1257"}), "/source/key"),
        ("source", json!({"kind": "abfall_io", "key": "a b", "house": "1257"}), "/source/key"),
    ];
    desk.guards(CALENDARS, &new, &wrong).await;
    let place = desk.add(CALENDARS, &new).await;
    desk.post(CALENDARS, &new).expect_problem(409, "already_exists").await;
    let shown: Value = desk.get(&place).expect(200).await;
    let sections = json!([{"street": "Am Lauch", "house_numbers": "all"}, {"street": "Leipziger Straße", "house_numbers": "2-8 even"}]);
    assert_eq!(shown["sections"], sections);
    assert_eq!((&shown["freshness"], &shown["source"]), (&json!("empty"), &json!({"kind": "file"})));
    let listed = desk.items(CALENDARS).await;
    assert_eq!((listed.len(), listed[0].get("sections")), (1, None));
    let changed = desk.guards_versions(&place, &json!({"sections": on("12 1/2")})).await;
    assert_eq!(changed["sections"], on("12 1/2"));
    assert_eq!(changed["holidays"], "later", "what is absent stays");
    desk.removes(&place, "\"v2\"").await;
}

async fn what_is_in_use_stays(rathaus: Installation) {
    let depot = Depot::open(rathaus).await;
    depot.take(&["2026-12-03"]).await;
    let kinds = depot.desk.items(TYPES).await;
    let organic = kinds.iter().find(|kind| kind["code"] == "organic").unwrap();
    let place = format!("{TYPES}/{}", organic["id"].as_str().unwrap());
    depot.desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    depot.desk.removes(&depot.calendar, "\"v1\"").await;
    depot.desk.removes(&place, "\"v1\"").await;
}
