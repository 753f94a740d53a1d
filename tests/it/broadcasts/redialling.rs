//! Calls that reached nobody: made again, or left on a machine.

use std::time::Duration;

use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Voice};
use serde_json::{Value, json};
use simulators::telephony::Answer;

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::{eventually::eventually, on_both};

on_both!(
    a_busy_number_is_called_again,
    after_two_more_calls_it_has_failed,
    a_report_that_comes_twice_is_one_call,
    a_call_back_stops_the_next_call,
    who_knows_by_now_is_not_called_again,
    a_machine_has_the_message_and_the_next_rung_is_taken,
    a_machine_that_has_news_is_left_alone,
);

const SOON: Duration = Duration::from_secs(30);
const CALL: &str = "SELECT state || ' ' || coalesce(reason, '') || ' ' || CAST(generation AS text) FROM deliveries \
                    WHERE channel = 'voice'";

impl Mulde {
    async fn until_rung(&self, times: usize) {
        eventually("a call", SOON, async || (self.exchange.phone.heard().len() == times).then_some(())).await;
    }

    /// The only person of a broadcast, as the list shows them.
    async fn only(&self, id: &str) -> Value {
        let list: Value =
            self.get(&format!("{CASTS}/{id}/deliveries")).bearer(&self.lead().await).expect(200).await;
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        list["items"][0].clone()
    }

    async fn stays_quiet(&self, id: &str, calls: usize) {
        self.exchange.clock.advance(TimeDelta::minutes(30));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(self.exchange.phone.heard().len(), calls);
        self.assert_laws(id).await;
    }
}

async fn a_busy_number_is_called_again(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let answers = [Answer::NotAnswered("busy"), Answer::PickUp("1")];
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), answers);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until_rung(1).await;
    mulde.exchange.town.until(CALL, &["pending busy 1"]).await;
    mulde.until(&id, "sending").await;
    let listed = mulde.only(&id).await;
    assert_eq!((&listed["standing"], &listed["reason"]), (&json!("not_yet"), &json!("busy")));
    assert!(listed["next_at"].is_string(), "{listed}");
    mulde.exchange.clock.advance(TimeDelta::seconds(115));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 1, "two minutes are two minutes");
    mulde.exchange.clock.advance(TimeDelta::seconds(6));
    mulde.until_rung(2).await;
    eventually("the acknowledgement", SOON, async || {
        (mulde.standings(&id).await.get("acknowledged") == Some(&1)).then_some(())
    })
    .await;
    mulde.until(&id, "sent").await;
    mulde.stays_quiet(&id, 2).await;
}

async fn after_two_more_calls_it_has_failed(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let answers = ["busy", "no-answer", "busy"].map(Answer::NotAnswered);
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), answers);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.exchange.town.until(CALL, &["pending busy 1"]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    mulde.exchange.town.until(CALL, &["pending no_answer 2"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(9));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 2, "ten minutes are ten minutes");
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    mulde.exchange.town.until(CALL, &["failed busy 2"]).await;
    mulde.until(&id, "sent").await;
    let listed = mulde.only(&id).await;
    assert_eq!((&listed["standing"], &listed["reason"]), (&json!("unreachable"), &json!("busy")));
    mulde.stays_quiet(&id, 3).await;
}

async fn a_report_that_comes_twice_is_one_call(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::NotAnswered("busy")]);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.exchange.town.until(CALL, &["pending busy 1"]).await;
    let told = mulde.exchange.phone.told().into_iter().rfind(|told| told.url.contains("/reports/")).unwrap();
    let fields: Vec<_> = told.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let late = [("CallStatus", "in-progress")];
    for report in [fields.as_slice(), &late] {
        assert_eq!(mulde.exchange.phone.tell(&told.url, report).await.status, 200);
        assert_eq!(mulde.exchange.town.ask(CALL).await, ["pending busy 1"]);
    }
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    mulde.until_rung(2).await;
    mulde.exchange.town.until(CALL, &["sent  1"]).await;
    assert_eq!(mulde.exchange.phone.tell(&told.url, &fields).await.status, 200);
    assert_eq!(mulde.exchange.town.ask(CALL).await, ["sent  1"], "that was the call before");
    mulde.stays_quiet(&id, 2).await;
}

async fn a_call_back_stops_the_next_call(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::NotAnswered("no-answer")]);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.exchange.town.until(CALL, &["pending no_answer 1"]).await;
    let cancel = mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({}));
    let _: Value = cancel.bearer(&mulde.lead().await).expect(200).await;
    mulde.exchange.town.until("SELECT state FROM deliveries", &["cancelled"]).await;
    mulde.stays_quiet(&id, 1).await;
}

async fn who_knows_by_now_is_not_called_again(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::NotAnswered("busy")]);
    // It rings until she has read it elsewhere.
    mulde.exchange.phone.set_latency(Duration::from_secs(2));
    let id = mulde.send(json!({"severity": "important"})).await;
    // The note that it may have left is written before it leaves.
    mulde.exchange.town.until("SELECT count(*) FROM send_batches", &["1"]).await;
    let said = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({}));
    assert_eq!(said.bearer(&mulde.app(&erna).await).send().await.status, 204);
    mulde.until_rung(1).await;
    eventually("the end", SOON, async || {
        let call = mulde.exchange.town.ask(CALL).await;
        (!call.iter().any(|call| call.starts_with("pending"))).then_some(())
    })
    .await;
    mulde.stays_quiet(&id, 1).await;
}

async fn a_machine_has_the_message_and_the_next_rung_is_taken(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Push, Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::Machine, Answer::Machine]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "voice waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    mulde.until_rung(1).await;
    mulde.exchange.town.until(CALL, &["sent voicemail 0"]).await;
    let heard = mulde.exchange.phone.heard().pop().unwrap();
    let words = "Guten Tag, hier ist das Rathaus Bad Düben. Hochwasser an der Mulde. Bitte Keller und Ufer verlassen.";
    assert_eq!(heard.said, [("de-DE".to_owned(), words.to_owned())], "once, and nothing about keys");
    let listed = mulde.only(&id).await;
    assert_eq!((&listed["standing"], &listed["reason"]), (&json!("not_yet"), &json!("voicemail")));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 1, "the machine still records");
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    mulde.until_rung(2).await;
    // After the last rung nobody waits any longer either.
    mulde.until(&id, "sent").await;
    mulde.exchange.town.until(CALL, &["sent voicemail 1"]).await;
    let standings = mulde.standings(&id).await;
    assert_eq!((standings.get("acknowledged"), standings.get("delivered")), (None, None), "{standings:?}");
    mulde.stays_quiet(&id, 2).await;
}

async fn a_machine_that_has_news_is_left_alone(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), [Answer::Machine]);
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.exchange.town.until(CALL, &["sent voicemail 0"]).await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.standings(&id).await.get("not_yet"), Some(&1));
    mulde.stays_quiet(&id, 1).await;
}
