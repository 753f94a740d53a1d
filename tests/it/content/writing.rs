use domain::staff::Role;
use serde_json::{Value, json};

use super::{STAFF, TOWN, piece};
use crate::{
    admin::{Desk, first_pointer},
    support::{installation::Installation, on_both},
};

on_both!(staff_write_content, only_who_may_publish_does, what_is_referred_to_is_there, removing_is_told,);

async fn staff_write_content(installation: Installation) {
    let desk = Desk::open(installation).await;
    let draft = piece(
        "news",
        "Das Freibad öffnet",
        json!({"links": [{"label": "Preise", "url": "https://x.example/"}]}),
    );
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("kind", json!("rumour"), "/kind"),
        ("texts", json!([]), "/texts"),
        ("texts", json!([{"language": "en", "title": "Pool"}]), "/texts"),
        ("texts", json!([{"language": "de", "title": "a\nb"}]), "/texts/0/title"),
        ("position", json!(-1), "/position"),
        ("event", json!({"starts_at": "2026-12-01T10:00:00Z"}), "/event"),
        ("links", json!([{"label": "Skript", "url": "javascript:alert(1)"}]), "/links/0/url"),
    ];
    let stranger = desk.installation.found("eilenburg", "Eilenburg").await;
    let stranger = desk.installation.employ(&stranger, "stranger@example.org", Role::Admin).await;
    let stranger = desk.installation.token(&stranger).await;
    let auditor = desk.installation.employ(&desk.town, "auditor@example.org", Role::Auditor).await;
    let auditor = desk.installation.token(&auditor).await;
    desk.installation.post(STAFF, &draft).expect_problem(401, "unauthenticated").await;
    desk.installation.post(STAFF, &draft).bearer(&auditor).expect_problem(403, "forbidden").await;
    desk.installation.post(STAFF, &draft).bearer(&stranger).expect_problem(404, "not_found").await;
    for (member, value, pointer) in wrong {
        let mut wrong = draft.clone();
        wrong[member] = value;
        let refused = desk.post(STAFF, &wrong).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    assert!(desk.items(STAFF).await.is_empty(), "nothing was written");

    let place = desk.add(STAFF, &draft).await;
    let changed = piece("news", "Das Freibad öffnet am Samstag", json!({}));
    desk.put(&place, "\"v7\"", &changed).expect_problem(412, "stale").await;
    let other = piece("place", "Freibad", json!({}));
    let refused = desk.put(&place, "\"v1\"", &other).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/kind");
    let now: Value = desk.put(&place, "\"v1\"", &changed).expect(200).await;
    assert_eq!(now["texts"][0]["title"], "Das Freibad öffnet am Samstag");
    assert_eq!(now["links"], json!([]), "it was written anew");
    let shown = desk.get(&place).send().await;
    assert_eq!((shown.headers["etag"].to_str().unwrap(), shown.json::<Value>()), ("\"v2\"", now));
    assert_eq!(desk.items(&format!("{STAFF}?kind=news&state=draft")).await.len(), 1);
    assert!(desk.items(&format!("{STAFF}?kind=place")).await.is_empty());
    desk.removes(&place, "\"v2\"").await;
}

async fn only_who_may_publish_does(installation: Installation) {
    let desk = Desk::open(installation).await;
    let clerk = desk.installation.employ(&desk.town, "clerk@example.org", Role::Clerk).await;
    let clerk = desk.installation.token(&clerk).await;
    let editor = desk.installation.employ(&desk.town, "editor@example.org", Role::Editor).await;
    let editor = desk.installation.token(&editor).await;
    let draft = piece("news", "Straße gesperrt", json!({}));
    let made: Value = desk.installation.post(STAFF, &draft).bearer(&clerk).expect(201).await;
    let place = format!("{STAFF}/{}", made["id"].as_str().unwrap());
    let step = |token: &str, tag: &str, to: &str| {
        let call = desk.installation.post(&format!("{place}/transitions"), &json!({"to": to}));
        call.bearer(token).header("if-match", tag)
    };
    step(&clerk, "\"v1\"", "published").expect_problem(403, "forbidden").await;
    step(&clerk, "\"v1\"", "archived").expect_problem(409, "transition_illegal").await;
    let handed: Value = step(&clerk, "\"v1\"", "review").expect(200).await;
    assert_eq!(handed["state"], "review");
    assert!(desk.look("news").await.is_empty(), "nobody sees it yet");
    step(&editor, "\"v1\"", "published").expect_problem(412, "stale").await;
    let _: Value = step(&editor, "\"v2\"", "published").expect(200).await;
    assert_eq!(desk.titles("news").await, ["Straße gesperrt"]);

    let changed = piece("news", "Straße frei", json!({}));
    let change = |token: &str| {
        let request = desk.installation.request(reqwest::Method::PUT, &place).json(&changed);
        crate::support::http::Call(request).bearer(token).header("if-match", "\"v3\"")
    };
    change(&clerk).expect_problem(403, "forbidden").await;
    let _: Value = change(&editor).expect(200).await;
    assert_eq!(desk.titles("news").await, ["Straße frei"]);
    desk.delete(&place, "\"v4\"").expect_problem(409, "transition_illegal").await;
    let _: Value = step(&editor, "\"v4\"", "archived").expect(200).await;
    assert!(desk.look("news").await.is_empty());
    desk.removes(&place, "\"v5\"").await;
}

async fn what_is_referred_to_is_there(installation: Installation) {
    let desk = Desk::open(installation).await;
    let nothing = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01";
    for member in ["topic", "area", "office"] {
        let refused = desk.post(STAFF, &piece("news", "Neues", json!({member: nothing})));
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), format!("/{member}"), "{}", refused.body);
    }
    let picture =
        json!({"pictures": [{"id": nothing, "alternatives": [{"language": "de", "text": "Bild"}]}]});
    let refused = desk.post(STAFF, &piece("news", "Neues", picture));
    assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), "/pictures/0/id");

    let topics = format!("{TOWN}/admin/topics");
    let topic = desk.add(&topics, &json!({"code": "kita", "names": {"de": "Kitas"}})).await;
    let id = topic.rsplit('/').next().unwrap();
    let place = desk.add(STAFF, &piece("news", "Kita zu", json!({"topic": id}))).await;
    desk.delete(&topic, "\"v1\"").expect_problem(409, "in_use").await;
    desk.step(&place, "\"v1\"", "published").await;
    assert_eq!(desk.look("news?topic=kita").await[0]["topic"], "kita");
    assert!(desk.look("news?topic=seniors").await.is_empty());

    let square = json!([[[12.55, 51.58], [12.57, 51.58], [12.57, 51.6], [12.55, 51.6], [12.55, 51.58]]]);
    let area = json!({
        "code": "schnaditz", "name": "Schnaditz", "kind": "district",
        "geometry": {"type": "Polygon", "coordinates": square},
    });
    let area = desk.add(&format!("{TOWN}/admin/areas"), &area).await;
    let id = area.rsplit('/').next().unwrap();
    let event = json!({"area": id, "event": {"starts_at": "2026-11-26T08:00:00Z"}});
    desk.publish(&piece("event", "Dorffest", event)).await;
    desk.publish(&piece("place", "Dorfkirche", json!({"area": id}))).await;
    desk.publish(&piece("place", "Burg", json!({}))).await;
    assert_eq!(desk.titles("places?area=schnaditz").await, ["Dorfkirche"]);
    assert_eq!(desk.titles("events?area=schnaditz").await, ["Dorffest"]);
    assert_eq!(desk.titles("content?area=schnaditz&kind=place").await, ["Dorfkirche"]);
    assert_eq!(desk.look("content?area=schnaditz").await.len(), 2);
    assert!(desk.look("places?area=tiefensee").await.is_empty());
    assert_eq!(desk.look("places?area=schnaditz").await[0]["area_name"], "Schnaditz");
    desk.delete(&area, "\"v1\"").expect_problem(409, "in_use").await;
}

async fn removing_is_told(installation: Installation) {
    let desk = Desk::open(installation).await;
    let id = desk.publish(&piece("place", "Burg", json!({}))).await;
    let place = format!("{STAFF}/{id}");
    desk.step(&place, "\"v2\"", "archived").await;
    desk.removes(&place, "\"v3\"").await;
    desk.installation.get(&format!("{TOWN}/content/{id}")).expect_problem(404, "not_found").await;
}
