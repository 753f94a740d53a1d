//! Saved audiences.

use domain::deliveries::Channel::Push;
use reqwest::Method;
use serde_json::{Value, json};

use super::town::{CASTS, Mulde};
use crate::{admin::first_pointer, support::on_both};

on_both!(
    a_broadcast_is_for_whom_its_segment_finds,
    a_segment_stays_while_it_is_decided_on,
    wrong_segments_are_refused
);

const SEGMENTS: &str = "/v1/municipalities/bad-dueben/staff/segments";

impl Mulde {
    async fn segment(&self, name: &str, audience: Value) -> String {
        let body = json!({"name": name, "audience": audience});
        let made: Value = self.post(SEGMENTS, &body).bearer(&self.editor().await).expect(201).await;
        made["id"].as_str().unwrap().to_owned()
    }
}

async fn a_broadcast_is_for_whom_its_segment_finds(mulde: Mulde) {
    for (street, house) in [("Muldestraße", 1), ("Muldestraße", 2), ("Am Lauch", 3), ("Dorfstraße", 9)] {
        mulde.resident(street, house, &[Push]).await;
    }
    let street = |name: &str| json!({"street": {"name": name}});
    let river = mulde.segment("Ufer", street("Muldestraße")).await;
    let pond = mulde.segment("Lauch", street("Am Lauch")).await;
    let found = async |audience: Value| {
        let draft = mulde.write(json!({"audience": audience})).await;
        mulde.preview(draft["id"].as_str().unwrap()).await["people"].as_u64().unwrap()
    };
    assert_eq!(found(json!({"segment": [river]})).await, 2);
    assert_eq!(found(json!({"segment": [river, pond]})).await, 3);
    assert_eq!(found(json!({"not": {"segment": [river]}})).await, 2);
    assert_eq!(found(json!({"any": [{"segment": [pond]}, street("Dorfstraße")]})).await, 2);
    let id = mulde.send(json!({"severity": "important", "audience": {"segment": [river]}})).await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.report(&id).await["people"], 2);
    mulde.assert_laws(&id).await;
}

async fn a_segment_stays_while_it_is_decided_on(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    mulde.resident("Am Lauch", 2, &[Push]).await;
    let river = mulde.segment("Ufer", json!({"street": {"name": "Muldestraße"}})).await;
    let place = format!("{SEGMENTS}/{river}");
    let editor = mulde.editor().await;
    let redraw = |tag: &str| {
        let body = json!({"audience": {"everyone": true}});
        mulde.call(Method::PATCH, &place, Some(&body)).bearer(&editor).header("if-match", tag)
    };
    let remove = |tag: &str| mulde.call(Method::DELETE, &place, None).bearer(&editor).header("if-match", tag);
    let draft = mulde.write(json!({"severity": "important", "audience": {"segment": [river]}})).await;
    let id = draft["id"].as_str().unwrap().to_owned();
    remove("\"v1\"").expect_problem(409, "in_use").await;
    let _: Value = mulde.step(&id, "submit", &editor, &json!({})).await.expect(200).await;
    redraw("\"v1\"").expect_problem(409, "in_use").await;
    // A name changes nothing about who is meant.
    let renamed = mulde.call(Method::PATCH, &place, Some(&json!({"name": "Am Ufer"}))).bearer(&editor);
    let _: Value = renamed.header("if-match", "\"v1\"").expect(200).await;
    let _: Value = mulde.step(&id, "approve", &mulde.lead().await, &json!({})).await.expect(200).await;
    mulde.until(&id, "sent").await;
    // Its people are written down: the segment may change, and go, and theirs was the message.
    let _: Value = redraw("\"v2\"").expect(200).await;
    assert_eq!(remove("\"v3\"").send().await.status, 204);
    assert_eq!(mulde.report(&id).await["people"], 1);
    mulde.get(&place).bearer(&editor).expect_problem(404, "not_found").await;
    let late = mulde.draft(json!({"audience": {"segment": [river]}}));
    let late = mulde.post(CASTS, &late).bearer(&editor).expect_problem(422, "validation_failed").await;
    assert_eq!(first_pointer(&late), "/audience");
}

async fn wrong_segments_are_refused(mulde: Mulde) {
    let editor = mulde.editor().await;
    let river = mulde.segment("Ufer", json!({"street": {"name": "Muldestraße"}})).await;
    for (audience, pointer) in [
        (json!({}), "/audience"),
        (json!({"segment": [river]}), "/audience"),
        (json!({"any": [{"everyone": true}, {"segment": [river]}]}), "/audience"),
        (json!({"topic": [uuid::Uuid::new_v4()]}), "/audience"),
        (json!({"age_group": []}), "/audience/age_group"),
    ] {
        let body = json!({"name": "Falsch", "audience": audience});
        let refused =
            mulde.post(SEGMENTS, &body).bearer(&editor).expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), pointer, "{}", refused.body);
    }
    let twice = json!({"name": "Ufer", "audience": {"everyone": true}});
    mulde.post(SEGMENTS, &twice).bearer(&editor).expect_problem(409, "already_exists").await;
    let listed: Value = mulde.get(SEGMENTS).bearer(&mulde.lead().await).expect(200).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
