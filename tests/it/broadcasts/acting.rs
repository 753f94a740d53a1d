//! What staff do about those who are left.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    deliveries::Channel::{Push, Sms, Voice},
    staff::Role,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::telephony::Answer;
use uuid::Uuid;

use super::town::{CASTS, Mulde, Resident};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, http::Call, on_both},
};

on_both!(
    somebody_at_the_door_ends_the_ladder,
    the_next_rung_is_taken_at_once,
    a_call_nobody_took_is_made_again,
    news_go_again_only_to_whom_they_did_not_reach,
    what_is_over_is_not_sent_again,
);

const SOON: Duration = Duration::from_secs(30);

impl Mulde {
    fn inform(&self, id: &str, person: Uuid) -> Call {
        self.call(Method::PUT, &format!("{CASTS}/{id}/people/{person}/acknowledgement"), None)
    }

    fn again(&self, id: &str, people: &[&Resident]) -> Call {
        let people: Vec<_> = people.iter().map(|resident| resident.person).collect();
        self.post(&format!("{CASTS}/{id}/retries"), &json!({"people": people}))
    }

    async fn sent_again(&self, id: &str, people: &[&Resident]) -> (u64, u64) {
        let sent: Value = self.again(id, people).bearer(&self.lead().await).expect(202).await;
        (sent["ahead"].as_u64().unwrap(), sent["again"].as_u64().unwrap())
    }

    /// Waits until there were so many calls and the last of them is noted. One that a machine took stays sent.
    async fn until_called(&self, times: usize) {
        eventually("a call", SOON, async || (self.exchange.phone.heard().len() == times).then_some(())).await;
        let over = "SELECT CASE WHEN state IN ('sent', 'failed') THEN 'over' ELSE state END                     FROM deliveries WHERE channel = 'voice'";
        self.exchange.town.until(over, &["over"]).await;
    }
}

async fn somebody_at_the_door_ends_the_ladder(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Push, Sms, Voice]).await;
    let nobody = mulde.resident("Muldestraße", 9, &[]).await;
    let stranger = Uuid::new_v4();
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "sms waiting", "voice waiting"]).await;
    let (lead, auditor) = (mulde.lead().await, mulde.staff("auditor@example.org", Role::Auditor).await);
    mulde.inform(&id, erna.person.0).bearer(&auditor).expect_problem(403, "forbidden").await;
    mulde.inform(&id, stranger).bearer(&lead).expect_problem(404, "not_found").await;
    mulde.inform(&stranger.to_string(), erna.person.0).bearer(&lead).expect_problem(404, "not_found").await;
    for _ in 0..2 {
        let noted = mulde.inform(&id, erna.person.0).bearer(&lead).send().await;
        assert_eq!(noted.status, 204, "{}", noted.body);
        mulde.exchange.clock.advance(TimeDelta::seconds(2));
    }
    // Whom no channel leads to is told as well.
    assert_eq!(mulde.inform(&id, nobody.person.0).bearer(&lead).send().await.status, 204);
    assert_eq!(mulde.standings(&id).await.get("acknowledged"), Some(&2));
    assert_eq!(mulde.report(&id).await["acknowledged"], json!([{"name": "staff", "count": 2}]));
    // Who looks at whom a broadcast reached leaves a trace.
    let looks = "SELECT actor_kind || ' ' || deed FROM audit_entries WHERE subject_kind = 'broadcast' \
                 AND deed IN ('read', 'searched')";
    assert_eq!(mulde.exchange.town.ask(looks).await, [""; 0]);
    let list: Value = mulde.get(&format!("{CASTS}/{id}/deliveries")).bearer(&lead).expect(200).await;
    assert_eq!(mulde.exchange.town.ask(looks).await, ["staff searched"]);
    let staff = mulde.show(&id).await["approved"]["by"].clone();
    for one in list["items"].as_array().unwrap() {
        assert_eq!((&one["acknowledged_by"], &one["informed_by"]), (&json!("staff"), &staff), "{one}");
    }
    let deeds = "SELECT count(*) FROM audit_entries WHERE deed = 'informed' AND subject_kind = 'person'";
    assert_eq!(mulde.exchange.town.ask(deeds).await, ["3"]);
    mulde.exchange.clock.advance(TimeDelta::minutes(20));
    mulde.until(&id, "sent").await;
    assert_eq!((mulde.exchange.sms.messages().len(), mulde.exchange.phone.heard().len()), (0, 0));
    mulde.assert_laws(&id).await;
}

async fn the_next_rung_is_taken_at_once(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Sms, Voice]).await;
    let emil = mulde.resident("Muldestraße", 8, &[Sms, Voice]).await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["sms delivered", "sms delivered", "voice waiting", "voice waiting"]).await;
    assert_eq!(mulde.sent_again(&id, &[]).await, (0, 0), "they were told this minute");
    mulde.exchange.clock.advance(TimeDelta::seconds(121));
    assert_eq!(mulde.exchange.phone.heard().len(), 0, "the ladder waits five minutes");
    assert_eq!(mulde.sent_again(&id, &[&erna]).await, (1, 0));
    let heard = eventually("the call", SOON, async || mulde.exchange.phone.heard().pop()).await;
    assert_eq!(heard.to, erna.address(Voice));
    assert_eq!(mulde.sent_again(&id, &[&erna]).await, (0, 0), "the telephone rings");
    assert_eq!(mulde.sent_again(&id, &[]).await, (1, 0), "the other one");
    eventually("the other call", SOON, async || (mulde.exchange.phone.heard().len() == 2).then_some(()))
        .await;
    assert_eq!(mulde.exchange.phone.heard().iter().filter(|call| call.to == emil.address(Voice)).count(), 1);
    mulde.assert_laws(&id).await;
}

async fn a_call_nobody_took_is_made_again(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let answers = [Answer::NotAnswered("no-answer"), Answer::Machine, Answer::PickUp("1")];
    mulde.exchange.phone.script(erna.address(Voice).to_owned(), answers);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_called(1).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until_called(2).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.standings(&id).await.get("acknowledged"), None);
    assert_eq!(mulde.sent_again(&id, &[]).await, (0, 1));
    eventually("the acknowledgement", SOON, async || {
        (mulde.standings(&id).await.get("acknowledged") == Some(&1)).then_some(())
    })
    .await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.phone.heard().len(), 3);
    assert_eq!(mulde.sent_again(&id, &[]).await, (0, 0), "everybody knows");
    let deeds = "SELECT count(*) FROM audit_entries WHERE deed = 'sent_again' AND subject_kind = 'broadcast'";
    assert_eq!(mulde.exchange.town.ask(deeds).await, ["2"]);
    mulde.assert_laws(&id).await;
}

async fn news_go_again_only_to_whom_they_did_not_reach(mulde: Mulde) {
    let mulde = mulde.by_day();
    let erna = mulde.resident("Muldestraße", 7, &[Sms]).await;
    let emil = mulde.resident("Muldestraße", 8, &[Sms]).await;
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until(&id, "sent").await;
    mulde.until_deliveries(&id, &["sms delivered", "sms delivered"]).await;
    let town = &mulde.exchange.town;
    for (resident, state) in [(&erna, "failed"), (&emil, "delivered")] {
        let person = mulde.identifier(resident.person.0);
        town.execute(&format!("UPDATE deliveries SET state = '{state}' WHERE person_id = {person}")).await;
    }
    assert_eq!(mulde.sent_again(&id, &[&emil]).await, (0, 0));
    assert_eq!(mulde.sent_again(&id, &[]).await, (0, 1));
    eventually("the text message", SOON, async || {
        (mulde.exchange.sms.messages_to(erna.address(Sms)).len() == 2).then_some(())
    })
    .await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.sms.messages_to(emil.address(Sms)).len(), 1);
    mulde.assert_laws(&id).await;
}

async fn what_is_over_is_not_sent_again(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Push, Voice]).await;
    let (lead, auditor) = (mulde.lead().await, mulde.staff("auditor@example.org", Role::Auditor).await);
    let draft = mulde.write(json!({"severity": "crisis"})).await["id"].as_str().unwrap().to_owned();
    mulde.again(&draft, &[]).bearer(&lead).expect_problem(409, "transition_illegal").await;
    let cancelled = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&cancelled, &["push sent", "voice waiting"]).await;
    mulde.again(&cancelled, &[]).bearer(&auditor).expect_problem(403, "forbidden").await;
    let many = json!({"people": vec![erna.person; 101]});
    let refused = mulde.post(&format!("{CASTS}/{cancelled}/retries"), &many).bearer(&lead);
    assert_eq!(first_pointer(&refused.expect_problem(422, "validation_failed").await), "/people");
    let _: Value =
        mulde.post(&format!("{CASTS}/{cancelled}/cancel"), &json!({})).bearer(&lead).expect(200).await;
    mulde.again(&cancelled, &[]).bearer(&lead).expect_problem(409, "transition_illegal").await;
    let expired = mulde.send(json!({"severity": "crisis"})).await;
    mulde.exchange.clock.advance(TimeDelta::hours(7));
    let lead = mulde.lead().await;
    mulde.again(&expired, &[]).bearer(&lead).expect_problem(409, "transition_illegal").await;
    mulde.again(&Uuid::new_v4().to_string(), &[]).bearer(&lead).expect_problem(404, "not_found").await;
    // It was told all the same, and that is noted.
    assert_eq!(mulde.inform(&cancelled, erna.person.0).bearer(&lead).send().await.status, 204);
    assert_eq!(mulde.exchange.phone.heard().len(), 0);
}
