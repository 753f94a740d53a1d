//! Two pairs of eyes, and the number of people confirmed.

use domain::{deliveries::Channel, staff::Role};
use serde_json::{Value, json};

use super::town::Mulde;
use crate::support::on_both;

on_both!(
    nobody_approves_their_own_warning,
    a_broken_glass_is_seen_by_all_admins,
    news_may_be_approved_by_who_wrote_them,
    unusually_many_are_confirmed_by_their_number,
    nobody_is_nobody,
);

async fn submitted(mulde: &Mulde, more: Value) -> String {
    let draft = mulde.write(more).await;
    let id = draft["id"].as_str().unwrap().to_owned();
    let _: Value = mulde.step(&id, "submit", &mulde.editor().await, &json!({})).await.expect(200).await;
    id
}

async fn nobody_approves_their_own_warning(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Push]).await;
    let id = submitted(&mulde, json!({"severity": "crisis"})).await;
    let own = mulde.step(&id, "approve", &mulde.editor().await, &json!({})).await;
    own.expect_problem(403, "own_approval").await;
    assert_eq!(mulde.show(&id).await["state"], "submitted");
    let blind =
        mulde.post(&format!("{}/{id}/approve", super::town::CASTS), &json!({})).bearer(&mulde.lead().await);
    blind.expect_problem(428, "precondition_required").await;
    let other: Value = mulde.step(&id, "approve", &mulde.lead().await, &json!({})).await.expect(200).await;
    assert_eq!(other["state"], "approved");
    mulde.until_deliveries(&id, &["push sent"]).await;
    mulde.assert_laws(&id).await;
}

async fn a_broken_glass_is_seen_by_all_admins(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Push]).await;
    for admin in ["a@example.org", "b@example.org"] {
        mulde.staff(admin, Role::Admin).await;
    }
    let id = submitted(&mulde, json!({"severity": "crisis"})).await;
    let reason = json!({"break_glass": "Nachts allein im Haus, der Deich bricht."});
    let alone: Value = mulde.step(&id, "approve", &mulde.editor().await, &reason).await.expect(200).await;
    assert_eq!(alone["glass_broken"], reason["break_glass"]);
    mulde.until_deliveries(&id, &["push sent"]).await;
    let town = &mulde.exchange.town;
    let told = "SELECT count(*) FROM deliveries d JOIN messages m ON m.id = d.message_id \
                WHERE m.kind = 'glass_broken' AND d.channel = 'email'";
    assert_eq!(town.ask(told).await, ["2"]);
    let noted = "SELECT deed FROM audit_entries WHERE subject_kind = 'broadcast' ORDER BY 1";
    let noted = town.ask(noted).await;
    for deed in ["approved", "broke_glass", "created", "submitted"] {
        assert!(noted.iter().any(|noted| noted == deed), "{deed}: {noted:?}");
    }
}

async fn news_may_be_approved_by_who_wrote_them(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Push]).await;
    let id = submitted(&mulde, json!({"severity": "important"})).await;
    let _: Value = mulde.step(&id, "approve", &mulde.editor().await, &json!({})).await.expect(200).await;
    mulde.until(&id, "sent").await;
}

async fn unusually_many_are_confirmed_by_their_number(mulde: Mulde) {
    for house in 1..=6 {
        mulde.resident("Muldestraße", house, &[Channel::Push]).await;
    }
    let id = submitted(&mulde, json!({"severity": "important"})).await;
    assert_eq!(mulde.preview(&id).await["is_unusual"], true);
    for body in [json!({}), json!({"confirm_people": 5})] {
        let refused = mulde.step(&id, "approve", &mulde.lead().await, &body).await;
        let refused = refused.expect_problem(409, "people_unconfirmed").await;
        assert!(refused.body.contains("It is 6."), "{}", refused.body);
    }
    let body = json!({"confirm_people": 6});
    let _: Value = mulde.step(&id, "approve", &mulde.lead().await, &body).await.expect(200).await;
    mulde.until(&id, "sent").await;
    mulde.assert_laws(&id).await;
}

async fn nobody_is_nobody(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Channel::Push]).await;
    let draft = mulde.write(json!({"audience": {"street": {"name": "Am Lauch"}}})).await;
    let id = draft["id"].as_str().unwrap();
    assert_eq!(mulde.preview(id).await["people"], 0);
    let refused = mulde.step(id, "submit", &mulde.editor().await, &json!({})).await;
    refused.expect_problem(422, "audience_empty").await;
}
