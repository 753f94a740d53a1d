use serde_json::{Value, json};

use super::Desk;
use crate::support::{
    http::{Answer, Call},
    installation::Installation,
    on_both,
};

on_both!(
    staff_keep_houses,
    a_register_is_taken_in_from_a_file,
    nothing_is_taken_where_a_line_is_wrong,
    a_whole_register_replaces_what_was_there,
    a_file_that_is_none_is_refused,
    only_those_who_keep_the_register_take_one_in,
);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/addresses";
const IMPORTS: &str = "/v1/municipalities/bad-dueben/admin/address-imports";

/// Three houses of a town without a boundary.
const HOUSES: &str = "straße;hausnummer;plz;breite;länge\n\
                      Leipziger Straße;12a;04849;51,5921;12,5857\n\
                      Leipziger Straße;9;04849;51,5922;12,5858\n\
                      Am Lauch;3;04849;;\n";

fn upload(desk: &Desk, query: &str, kind: &str, file: impl Into<reqwest::Body>) -> Call {
    let path = format!("{IMPORTS}{query}");
    let request = desk.installation.request(reqwest::Method::POST, &path);
    Call(request.header("content-type", kind).body(file)).bearer(&desk.admin)
}

async fn houses(desk: &Desk) -> Vec<String> {
    let houses = desk.items(PATH).await;
    let name = |house: &Value| {
        format!("{} {}", house["street"].as_str().unwrap(), house["house_number"].as_str().unwrap())
    };
    houses.iter().map(name).collect()
}

fn counts(report: &Value) -> [u64; 5] {
    ["added", "changed", "unchanged", "removed", "refused"].map(|name| report[name].as_u64().unwrap())
}

async fn staff_keep_houses(installation: Installation) {
    let desk = Desk::open(installation).await;
    let new = json!({
        "street": "Leipziger Straße", "house_number": "12 A", "postal_code": "04849",
        "location": {"lat": 51.5921, "lon": 12.5857}
    });
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("street", json!(""), "/street"),
        ("house_number", json!("hinter 5"), "/house_number"),
        ("house_number", json!("0"), "/house_number"),
        ("location", json!({"lat": 91, "lon": 12}), "/location"),
        ("area", json!("019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01"), "/area"),
        ("postal_code", json!("04849 Bad Düben"), "/postal_code"),
    ];
    desk.guards(PATH, &new, &wrong).await;
    let place = desk.add(PATH, &new).await;
    let same = json!({"street": "LEIPZIGER STR.", "house_number": "12a"});
    desk.post(PATH, &same).expect_problem(409, "already_exists").await;
    let changed = desk.guards_versions(&place, &json!({"house_number": "14", "postal_code": null})).await;
    assert_eq!((&changed["house_number"], changed.get("postal_code")), (&json!("14"), None));
    assert_eq!(changed["location"], new["location"], "what is absent stays");
    desk.add(PATH, &json!({"street": "Am Lauch", "house_number": "3"})).await;
    // Folded, it is twice as long.
    desk.add(PATH, &json!({"street": "ß".repeat(120), "house_number": "1"})).await;
    let found: Value = desk.get(&format!("{PATH}?street=leipziger%20str")).expect(200).await;
    assert_eq!(found["items"], json!([changed]));
    desk.removes(&place, "\"v2\"").await;
}

async fn a_register_is_taken_in_from_a_file(installation: Installation) {
    let desk = Desk::open(installation).await;
    let west = json!({"type": "Polygon", "coordinates": [[[12.5, 51.5], [12.58575, 51.5], [12.58575, 51.7], [12.5, 51.7], [12.5, 51.5]]]});
    let area = json!({"code": "west", "name": "Weststadt", "kind": "district", "geometry": west});
    let area = desk.add("/v1/municipalities/bad-dueben/admin/areas", &area).await;
    let first: Value = upload(&desk, "", "text/csv", HOUSES).expect(200).await;
    assert_eq!(counts(&first), [3, 0, 0, 0, 0]);
    assert_eq!(houses(&desk).await, ["Am Lauch 3", "Leipziger Straße 9", "Leipziger Straße 12a"]);
    let kept = desk.items(PATH).await;
    assert_eq!(kept[2]["area"], area.rsplit('/').next().unwrap(), "by its place");
    assert_eq!(kept[1].get("area"), None);

    let again: Value = upload(&desk, "", "text/csv; charset=utf-8", HOUSES).expect(200).await;
    assert_eq!(counts(&again), [0, 0, 3, 0, 0]);
    let feature = |number: &str, lat: f64| {
        json!({
            "type": "Feature", "properties": {"street": "Leipziger Str.", "house_number": number, "area": "weststadt"},
            "geometry": {"type": "Point", "coordinates": [12.5857, lat]}
        })
    };
    let features = [feature("12a", 51.6), feature("10", 51.6), feature("10", 51.6)];
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    let mixed: Value = upload(&desk, "?on_fault=skip", "application/geo+json", file).expect(200).await;
    assert_eq!(counts(&mixed), [1, 1, 0, 0, 1]);
    let line = &mixed["lines"][0];
    assert_eq!((&line["line"], &line["code"]), (&json!(3), &json!("contradiction")), "twice in one file");
    assert_eq!(desk.items(PATH).await.len(), 4);
}

async fn nothing_is_taken_where_a_line_is_wrong(installation: Installation) {
    let desk = Desk::open(installation).await;
    let file = format!("{HOUSES}Am Lauch;hinter 5;;;\nAm Lauch;7;;51,6;\nAm Lauch;9;;51,6;912,6\n");
    let refused = upload(&desk, "", "text/csv", file.clone()).expect_problem(422, "validation_failed").await;
    let errors = refused.json::<Value>()["errors"].clone();
    let named: Vec<_> = errors.as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(named, ["/5/house_number", "/6/lon", "/7/lat"]);
    assert_eq!(houses(&desk).await, [""; 0]);

    let skipped: Value = upload(&desk, "?on_fault=skip", "text/csv", file).expect(200).await;
    assert_eq!(counts(&skipped), [3, 0, 0, 0, 3]);
    let german = upload(&desk, "?on_fault=skip", "text/csv", "strasse;hausnummer\nAm Lauch;hinter 5\n")
        .header("accept-language", "de");
    let german: Value = german.expect(200).await;
    let detail = german["lines"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("Eine Hausnummer beginnt mit einer Zahl"), "{detail}");
}

async fn a_whole_register_replaces_what_was_there(installation: Installation) {
    let desk = Desk::open(installation).await;
    upload(&desk, "", "text/csv", HOUSES).expect::<Value>(200).await;
    let broken = "street,house_number\nAm Lauch,hinter 5\n";
    let kept: Value = upload(&desk, "?mode=replace&on_fault=skip", "text/csv", broken).expect(200).await;
    assert_eq!(counts(&kept), [0, 0, 0, 0, 1], "a line that cannot be read removes nothing");
    let file = "street,house_number\nAm Lauch,3\nAm Lauch,5\n";
    let replaced: Value = upload(&desk, "?mode=replace", "text/csv", file).expect(200).await;
    assert_eq!(counts(&replaced), [1, 1, 0, 2, 0]);
    assert_eq!(houses(&desk).await, ["Am Lauch 3", "Am Lauch 5"]);
}

async fn a_file_that_is_none_is_refused(installation: Installation) {
    let desk = Desk::open(installation).await;
    let none: &[(&str, &[u8], u16, &str)] = &[
        ("text/csv", b"", 422, "validation_failed"),
        ("text/csv", b"Leipziger Strasse;12a\n", 422, "validation_failed"),
        ("text/csv", b"\x89PNG\r\n\x1a\n\0\0", 422, "validation_failed"),
        ("application/geo+json", b"{", 400, "malformed_json"),
        ("application/geo+json", b"[]", 422, "validation_failed"),
        ("text/html", b"<p>", 415, "unsupported_media_type"),
    ];
    for (kind, file, status, code) in none {
        upload(&desk, "", kind, *file).expect_problem(*status, code).await;
    }
    upload(&desk, "?mode=everything", "text/csv", HOUSES).expect_problem(400, "malformed_parameter").await;
    assert_eq!(houses(&desk).await, [""; 0]);
}

async fn only_those_who_keep_the_register_take_one_in(installation: Installation) {
    let desk = Desk::open(installation).await;
    let clerk = desk.installation.employ(&desk.town, "clerk@example.org", domain::staff::Role::Clerk).await;
    let clerk = desk.installation.token(&clerk).await;
    let other = desk.installation.found("eilenburg", "Eilenburg").await;
    let stranger = desk.installation.employ(&other, "stranger@example.org", domain::staff::Role::Admin).await;
    let stranger = desk.installation.token(&stranger).await;
    let send = || {
        desk.installation
            .request(reqwest::Method::POST, IMPORTS)
            .header("content-type", "text/csv")
            .body(HOUSES)
    };
    Call(send()).expect_problem(401, "unauthenticated").await;
    Call(send()).bearer(&clerk).expect_problem(403, "forbidden").await;
    let foreign: Answer = Call(send()).bearer(&stranger).expect_problem(404, "not_found").await;
    assert_eq!(foreign.status, 404);
    assert_eq!(houses(&desk).await, [""; 0]);
}
