//! A broadcast called back sends nothing more.

use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Sms};
use serde_json::{Value, json};

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::on_both;

on_both!(what_has_not_left_never_leaves, a_scheduled_one_is_called_back);

async fn what_has_not_left_never_leaves(mulde: Mulde) {
    let one = mulde.resident("Muldestraße", 1, &[Push, Sms]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting"]).await;
    let cancel = async || mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({})).bearer(&mulde.lead().await);
    let cancelled: Value = cancel().await.expect(200).await;
    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(mulde.deliveries(&id).await, ["push sent", "sms cancelled"], "at once");
    cancel().await.expect_problem(409, "transition_illegal").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(30));
    mulde.exchange.town.until("SELECT count(*) FROM broadcast_turns", &["0"]).await;
    assert_eq!(mulde.exchange.sms.messages().len(), 0);
    mulde.assert_laws(&id).await;
    let told: Value = mulde.get(MESSAGES).bearer(&mulde.app(&one).await).expect(200).await;
    assert_eq!(told["items"][0]["withdrawn"], true);
}

async fn a_scheduled_one_is_called_back(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let at = mulde.exchange.clock.now() + TimeDelta::hours(1);
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let id = mulde.send(json!({"severity": "important", "send_at": at})).await;
    let _: Value = mulde
        .post(&format!("{CASTS}/{id}/cancel"), &json!({}))
        .bearer(&mulde.editor().await)
        .expect(200)
        .await;
    mulde.exchange.clock.advance(TimeDelta::hours(2));
    mulde.exchange.town.until("SELECT count(*) FROM broadcast_turns", &["0"]).await;
    assert_eq!(mulde.fcm.counts().total, 0);
    assert_eq!(mulde.report(&id).await["people"], 0);
}
