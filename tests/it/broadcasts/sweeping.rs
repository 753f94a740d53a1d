//! What the sweep finds of broadcasts: each fault is planted, found, and mended.

use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Sms};
use infrastructure::{db::Mended, worker::sweep};
use serde_json::json;

use super::town::Mulde;
use crate::support::on_both;

on_both!(
    what_should_have_begun_is_counted,
    what_nobody_would_look_at_is_called_up,
    people_without_a_delivery_get_a_reason,
    what_nobody_reported_on_expires,
);

impl Mulde {
    async fn sweep(&self) -> Mended {
        sweep(self.exchange.server.store(), self.exchange.clock.now()).await.unwrap().broadcasts
    }

    /// A broadcast that is to begin in an hour.
    async fn scheduled(&self) -> String {
        let at = self.exchange.clock.now() + TimeDelta::hours(1);
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        self.send(json!({"severity": "important", "send_at": at})).await
    }
}

async fn what_should_have_begun_is_counted(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    // The sweep goes to towns that have ever sent something.
    let first = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&first, "sent").await;
    let id = mulde.scheduled().await;
    assert_eq!(mulde.sweep().await, Mended::default());
    let turn =
        "UPDATE broadcast_turns SET due_at = (SELECT expires_at FROM broadcasts WHERE id = broadcast_id)";
    mulde.exchange.town.execute(turn).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(62));
    assert_eq!(mulde.sweep().await, Mended { late: 1, ..Mended::default() });
    assert_eq!(mulde.show(&id).await["state"], "approved");
}

async fn what_nobody_would_look_at_is_called_up(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Sms]).await;
    let first = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&first, "sent").await;
    let id = mulde.scheduled().await;
    mulde.exchange.town.execute("DELETE FROM broadcast_turns").await;
    assert_eq!(mulde.sweep().await, Mended { forgotten: 1, ..Mended::default() });
    mulde.exchange.clock.advance(TimeDelta::minutes(61));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.sweep().await, Mended::default());
}

async fn people_without_a_delivery_get_a_reason(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let lost = mulde.resident("Muldestraße", 2, &[Push]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.sweep().await, Mended::default());
    let person = mulde.identifier(lost.person.0);
    mulde.exchange.town.execute(&format!("DELETE FROM deliveries WHERE person_id = {person}")).await;
    assert_eq!(mulde.sweep().await, Mended { unaccounted: 1, ..Mended::default() });
    assert_eq!(mulde.report(&id).await["unreachable"], json!([{"name": "overlooked", "count": 1}]));
    assert_eq!(mulde.standings(&id).await["unreachable"], 1, "the town hall sees whom to knock at");
    assert_eq!(mulde.sweep().await, Mended::default());
}

async fn what_nobody_reported_on_expires(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Sms]).await;
    mulde.resident("Muldestraße", 2, &[Push]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    mulde.until_deliveries(&id, &["push sent", "sms delivered"]).await;
    mulde.exchange.town.execute("UPDATE deliveries SET state = 'sent'").await;
    mulde.exchange.clock.advance(TimeDelta::hours(71));
    assert_eq!(mulde.sweep().await, Mended::default());
    mulde.exchange.clock.advance(TimeDelta::hours(2));
    assert_eq!(mulde.sweep().await, Mended { without_receipt: 1, ..Mended::default() });
    let states = mulde.exchange.town.ask("SELECT channel || ' ' || state FROM deliveries ORDER BY 1").await;
    assert_eq!(states, ["push sent", "sms expired"], "push services report nothing");
}
