//! Drafts: what they say, and what is refused.

use domain::{deliveries::Channel, staff::Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::town::{CASTS, Mulde};
use crate::{admin::first_pointer, support::on_both};

on_both!(
    a_draft_is_written_edited_and_listed,
    what_is_wrong_is_refused_where_it_is,
    what_was_submitted_is_not_edited,
    a_text_that_does_not_fit_is_refused_and_never_cut,
    each_channel_has_its_own_limit,
    a_huge_polygon_is_refused,
);

async fn a_draft_is_written_edited_and_listed(mulde: Mulde) {
    let draft = mulde.write(json!({"links": [{"url": "https://example.org/", "label": "Pegel"}]})).await;
    assert_eq!((&draft["state"], &draft["people"]), (&json!("draft"), &json!(0)));
    let place = format!("{CASTS}/{}", draft["id"].as_str().unwrap());
    let patch =
        async |body: Value| mulde.call(Method::PATCH, &place, Some(&body)).bearer(&mulde.editor().await);
    patch(json!({"drill": true})).await.expect_problem(428, "precondition_required").await;
    patch(json!({"drill": true})).await.header("if-match", "\"v7\"").expect_problem(412, "stale").await;
    let changed: Value = patch(json!({"severity": "important", "links": []}))
        .await
        .header("if-match", "\"v1\"")
        .expect(200)
        .await;
    assert_eq!((&changed["severity"], &changed["links"]), (&json!("important"), &json!([])));
    assert_eq!(changed["texts"], draft["texts"]);
    let listed: Value = mulde.get(CASTS).bearer(&mulde.lead().await).expect(200).await;
    assert_eq!(listed["items"], json!([changed]));
    let none: Value = mulde.get(&format!("{CASTS}?state=sent")).bearer(&mulde.lead().await).expect(200).await;
    assert_eq!(none["items"], json!([]));
    let clerk = mulde.staff("clerk@example.org", Role::Clerk).await;
    mulde.get(CASTS).bearer(&clerk).expect_problem(403, "forbidden").await;
    mulde
        .post(CASTS, &mulde.draft(json!({})))
        .bearer(&mulde.lead().await)
        .expect_problem(403, "forbidden")
        .await;
}

async fn what_is_wrong_is_refused_where_it_is(mulde: Mulde) {
    let nobody = uuid::Uuid::new_v4();
    let bow_tie = json!({"type": "Polygon", "coordinates":
        [[[12.5, 51.5], [12.7, 51.7], [12.7, 51.5], [12.5, 51.72], [12.5, 51.5]]]});
    for (more, pointer) in [
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"expires_at": "2099-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"send_at": "2099-01-01T00:00:00Z"}), "/expires_at"),
        (json!({"severity": "notice"}), "/severity"),
        (json!({"audience": {}}), "/audience"),
        (json!({"audience": {"everyone": true, "role": "guest"}}), "/audience"),
        (json!({"audience": {"polygon": bow_tie}}), "/audience/polygon"),
        (json!({"audience": {"area": [nobody]}}), "/audience"),
        (json!({"topic": nobody}), "/topic"),
        (json!({"follows_up": {"first": nobody, "kind": "all_clear"}}), ""),
        (json!({"texts": {"de": {"title": "Hochwasser {ort}"}}}), "/texts/de/body"),
        (json!({"colour": "red"}), "/colour"),
    ] {
        let refused = mulde.post(CASTS, &mulde.draft(more.clone())).bearer(&mulde.editor().await);
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{more}: {}", refused.body);
    }
    let mut up = mulde.draft(json!({"follows_up": {"first": nobody, "kind": "all_clear"}}));
    up.as_object_mut().unwrap().remove("audience");
    let refused =
        mulde.post(CASTS, &up).bearer(&mulde.editor().await).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/follows_up/first");
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM broadcasts").await, ["0"]);
}

async fn what_was_submitted_is_not_edited(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Push]).await;
    let draft = mulde.write(json!({})).await;
    let id = draft["id"].as_str().unwrap();
    let _: Value = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    let place = format!("{CASTS}/{id}");
    let edit = mulde.call(Method::PATCH, &place, Some(&json!({"drill": true}))).bearer(&mulde.editor().await);
    edit.header("if-match", "\"v2\"").expect_problem(409, "not_editable").await;
    let again = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await;
    again.expect_problem(409, "transition_illegal").await;
}

async fn a_text_that_does_not_fit_is_refused_and_never_cut(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Sms]).await;
    let long = json!({"de": {"title": "Hochwasser", "body": "Wasser ".repeat(150)}});
    let draft = mulde.write(json!({"texts": long})).await;
    let id = draft["id"].as_str().unwrap();
    let preview = mulde.preview(id).await;
    let sms = &preview["limits"][0];
    assert_eq!((&sms["channel"], &sms["fits"], &sms["most"]), (&json!("sms"), &json!(false), &json!(6)));
    assert_eq!(preview["limits"][1]["fits"], true, "a call has the time");
    let refused = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await;
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/texts/de/short");
}

async fn each_channel_has_its_own_limit(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Voice]).await;
    let town = &mulde.exchange.town;
    let wording = |times: usize| json!({"title": "Hochwasser", "body": "Wasser ".repeat(times)});
    // Too long to be read aloud, in English only; nobody here is reached by text message.
    let draft = mulde.write(json!({"texts": {"de": wording(150), "en": wording(300)}})).await;
    let id = draft["id"].as_str().unwrap();
    let limits = mulde.preview(id).await["limits"].clone();
    let fits: Vec<_> =
        limits.as_array().unwrap().iter().map(|limit| limit["fits"].as_bool().unwrap()).collect();
    assert_eq!(fits, [false, true, false, false], "{limits}");
    let refused = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await;
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&refused), "/texts/en/short");
    // A push and a letter have room for all of it.
    town.execute("DELETE FROM reach").await;
    mulde.resident("Muldestraße", 2, &[Channel::Push, Channel::Email]).await;
    let submitted: Value =
        mulde.step(id, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    assert_eq!(submitted["texts"], draft["texts"], "never cut");
}

async fn a_huge_polygon_is_refused(mulde: Mulde) {
    let circle = |points: u32| {
        let point = |n: u32| {
            let angle = f64::from(n % points) / f64::from(points) * std::f64::consts::TAU;
            json!([12.5 + angle.cos() / 10.0, 51.5 + angle.sin() / 10.0])
        };
        let ring: Vec<Value> = (0..=points).map(point).collect();
        mulde.draft(json!({"audience": {"polygon": {"type": "Polygon", "coordinates": [ring]}}}))
    };
    let editor = mulde.editor().await;
    let _: Value = mulde.post(CASTS, &circle(900)).bearer(&editor).expect(201).await;
    let many =
        mulde.post(CASTS, &circle(5_000)).bearer(&editor).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&many), "/audience/polygon");
    mulde.post(CASTS, &circle(100_000)).bearer(&editor).expect_problem(413, "payload_too_large").await;
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM broadcasts").await, ["1"]);
}
