use serde_json::{Value, json};

use super::{Desk, first_pointer};
use crate::{
    auth::access,
    complaints::{COMPLAINTS, report, report_with},
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    admins_change_the_settings,
    wrong_settings_change_nothing,
    what_is_accepted_changes_at_once,
    the_boundary_is_drawn_anew,
);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/settings";
const BOUNDARY: &str = "/v1/municipalities/bad-dueben/admin/settings/boundary";

async fn admins_change_the_settings(installation: Installation) {
    let desk = Desk::open(installation).await;
    let seen = desk.get(PATH).send().await;
    assert_eq!(
        (seen.status.as_u16(), &seen.headers["etag"]),
        (200, &"\"v1\"".parse().unwrap()),
        "{}",
        seen.body
    );
    let before: Value = seen.json();
    assert_eq!((&before["name"], &before["reference_prefix"]), (&json!("Bad Düben"), &json!("BD")));
    assert_eq!((&before["default_locale"], &before["has_boundary"]), (&json!("de"), &json!(true)));
    assert_eq!(desk.get(PATH).header("if-none-match", "\"v1\"").send().await.status, 304);

    let patch = json!({
        "name": "Stadt Bad Düben", "state": "ST", "time_zone": "Europe/Vienna", "default_locale": "en",
        "accepts_guests": false, "guests_confirm_by_email": true, "guest_reports_per_day": 7,
        "contact_email": "Stadt@example.org", "contact_phone": "+4934243722000",
        "website": "https://www.bad-dueben.example/",
    });
    desk.patch(PATH, &patch).expect_problem(428, "precondition_required").await;
    desk.patch(PATH, &patch).header("if-match", "\"v7\"").expect_problem(412, "stale").await;
    let changed = desk.patch(PATH, &patch).header("if-match", "\"v1\"").send().await;
    assert_eq!(
        (changed.status.as_u16(), changed.headers["etag"].to_str().unwrap()),
        (200, "\"v2\""),
        "{}",
        changed.body
    );
    let now: Value = changed.json();
    for (name, value) in patch.as_object().unwrap() {
        let stored = if name == "contact_email" { &json!("stadt@example.org") } else { value };
        assert_eq!(&now[name], stored, "{name}");
    }
    assert_eq!(now["accepts_anonymous"], true, "what is absent stays");
    assert_eq!(desk.get(PATH).send().await.body, changed.body);
    let public: Value = desk.installation.get("/v1/municipalities/bad-dueben").expect(200).await;
    assert_eq!((&public["name"], &public["contact_phone"]), (&now["name"], &now["contact_phone"]));
    assert_eq!(public["reporting"]["guests_confirm_by_email"], true);

    let without = json!({"contact_phone": null, "website": null});
    let now: Value = desk.patch(PATH, &without).header("if-match", "\"v2\"").expect(200).await;
    assert_eq!((now.get("contact_phone"), now.get("website")), (None, None));
    desk.patch(PATH, &without).header("if-match", "\"v2\"").expect_problem(412, "stale").await;
}

async fn wrong_settings_change_nothing(installation: Installation) {
    let desk = Desk::open(installation).await;
    let (clerk, stranger) = desk.others().await;
    let patch = json!({"accepts_guests": false});
    for path in [PATH, BOUNDARY] {
        desk.installation.get(path).expect_problem(401, "unauthenticated").await;
        desk.installation.get(path).bearer(&clerk).expect_problem(403, "forbidden").await;
        desk.installation.get(path).bearer(&stranger).expect_problem(404, "not_found").await;
    }
    let by = |token: &str| {
        let request = desk.installation.request(reqwest::Method::PATCH, PATH).json(&patch);
        Call(request).header("if-match", "\"v1\"").bearer(token)
    };
    by(&clerk).expect_problem(403, "forbidden").await;
    by(&stranger).expect_problem(404, "not_found").await;

    for (member, value) in [
        ("colour", json!("red")),
        ("slug", json!("elsewhere")),
        ("reference_prefix", json!("XX")),
        ("name", json!("")),
        ("name", json!("x".repeat(81))),
        ("name", json!("NUL\u{0}")),
        ("state", json!("XX")),
        ("time_zone", json!("Europe/Atlantis")),
        ("default_locale", json!("fr")),
        ("accepts_guests", json!("yes")),
        ("accepts_guests", json!(null)),
        ("guest_reports_per_day", json!(0)),
        ("guest_reports_per_day", json!(101)),
        ("guest_reports_per_day", json!(-1)),
        ("contact_email", json!("nobody")),
        ("contact_phone", json!("034243")),
        ("website", json!("javascript:alert(1)")),
        ("website", json!("https://a b.example")),
    ] {
        let wrong = json!({"accepts_anonymous": false, member: value});
        let refused = desk.patch(PATH, &wrong).header("if-match", "\"v1\"");
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), format!("/{member}"), "{}", refused.body);
    }
    let seen = desk.get(PATH).send().await;
    assert_eq!(seen.headers["etag"], "\"v1\"", "nothing was written");
}

async fn what_is_accepted_changes_at_once(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    desk.installation.file(&report()).expect::<Value>(201).await;
    let guest = desk.installation.guest().await;
    let by_guest =
        || desk.installation.file(&report_with(json!({"anonymous": false}))).bearer(access(&guest));
    by_guest().expect::<Value>(201).await;

    let fewer = json!({"accepts_anonymous": false, "guest_reports_per_day": 1});
    desk.patch(PATH, &fewer).header("if-match", "\"v1\"").expect::<Value>(200).await;
    desk.installation.file(&report()).expect_problem(403, "anonymous_not_accepted").await;
    by_guest().expect_problem(429, "too_many_requests").await;
    let none = json!({"accepts_guests": false});
    desk.patch(PATH, &none).header("if-match", "\"v2\"").expect::<Value>(200).await;
    by_guest().expect_problem(403, "guests_not_accepted").await;
}

async fn the_boundary_is_drawn_anew(installation: Installation) {
    let desk = Desk::open(installation).await;
    desk.installation.add_category(&desk.town, "illegal-waste", 1).await;
    desk.installation.file(&report()).expect::<Value>(201).await;
    let seen = desk.get(BOUNDARY).send().await;
    assert_eq!(seen.headers["etag"], "\"v1\"");
    assert_eq!(seen.json::<Value>()["type"], "Polygon");

    let ring = json!([[[12.6, 51.6], [12.7, 51.6], [12.7, 51.7], [12.6, 51.6]]]);
    let smaller = json!({"type": "Polygon", "coordinates": ring});
    let put = |body: &Value| {
        Call(desk.installation.request(reqwest::Method::PUT, BOUNDARY).json(body)).bearer(&desk.admin)
    };
    put(&smaller).expect_problem(428, "precondition_required").await;
    put(&smaller).header("if-match", "\"v9\"").expect_problem(412, "stale").await;
    let swapped = json!([[[51.6, 12.6], [51.6, 12.7], [51.7, 12.7], [51.6, 12.6]]]);
    for wrong in [
        json!({"type": "Polygon", "coordinates": swapped}),
        json!({"type": "Point", "coordinates": [12.6, 51.6]}),
        json!({"type": "Polygon", "coordinates": []}),
        json!({"type": "Polygon", "coordinates": ring, "crs": "EPSG:25833"}),
        json!({"coordinates": ring}),
    ] {
        put(&wrong).header("if-match", "\"v1\"").expect_problem(422, "validation_failed").await;
    }
    let drawn = put(&smaller).header("if-match", "\"v1\"").send().await;
    assert_eq!(
        (drawn.status.as_u16(), drawn.headers["etag"].to_str().unwrap()),
        (200, "\"v2\""),
        "{}",
        drawn.body
    );
    assert_eq!(desk.get(BOUNDARY).expect::<Value>(200).await, smaller);
    desk.installation.file(&report()).expect_problem(422, "outside_municipality").await;
    let public: Value = desk.installation.get(COMPLAINTS).expect(200).await;
    assert!(public["items"].is_array(), "what was reported stays");

    desk.installation.delete(BOUNDARY).bearer(&desk.admin).expect_problem(428, "precondition_required").await;
    desk.delete(BOUNDARY, "\"v1\"").expect_problem(412, "stale").await;
    assert_eq!(desk.delete(BOUNDARY, "\"v2\"").send().await.status, 204);
    desk.get(BOUNDARY).expect_problem(404, "not_found").await;
    desk.delete(BOUNDARY, "\"v3\"").expect_problem(404, "not_found").await;
    desk.installation.file(&report()).expect::<Value>(201).await;
}
