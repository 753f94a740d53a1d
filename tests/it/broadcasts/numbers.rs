//! Several numbers of one person: tried in their order, each once a round, and only then the ladder climbs.

use std::time::Duration;

use chrono::TimeDelta;
use domain::deliveries::Channel::{self, Sms, Voice};
use serde_json::{Value, json};
use simulators::{sms, telephony::Answer};

use super::town::{CASTS, Mulde, Resident};
use crate::support::{eventually::eventually, on_both};

on_both!(
    where_it_is_busy_the_next_number_rings,
    who_answers_at_the_first_is_called_nowhere_else,
    a_machine_is_nobody_and_each_round_goes_through_all_numbers,
    a_call_that_nobody_confirms_is_over_when_its_time_is,
    a_text_message_goes_to_the_next_number_where_the_first_is_dead,
    a_text_message_that_arrived_goes_nowhere_else,
    a_number_that_is_gone_is_not_the_first,
    a_second_number_of_two_rings_once,
    a_number_that_is_the_first_of_one_and_the_second_of_another_rings_once,
    a_call_back_stops_the_second,
    whoever_leaves_meanwhile_is_not_called_at_the_second,
);

const SOON: Duration = Duration::from_secs(30);
const OTHER: &str = "+4934243733001";
/// States in the order of the numbers.
const IN_ORDER: &str = "SELECT state FROM deliveries ORDER BY place";

impl Mulde {
    /// Gives somebody one more number behind those they have.
    async fn another(&self, resident: &Resident, channel: Channel, number: &str) {
        let town = &self.exchange.town;
        let point = town.telephone(channel, number).await;
        self.reach(resident.person, channel, point, true).await;
        self.stand_second(resident, point.0).await;
    }

    async fn stand_second(&self, resident: &Resident, point: uuid::Uuid) {
        let (person, point) = (self.identifier(resident.person.0), self.identifier(point));
        for table in ["contacts", "reach"] {
            let place = format!(
                "UPDATE {table} SET place = 1 WHERE person_id = {person} AND contact_point_id = {point}"
            );
            self.exchange.town.execute(&place).await;
        }
    }

    /// Waits until there were so many calls, and says where.
    async fn called(&self, times: usize) -> Vec<String> {
        eventually("calls", SOON, async || (self.exchange.phone.heard().len() >= times).then_some(())).await;
        self.exchange.phone.heard().into_iter().map(|heard| heard.to).collect()
    }

    async fn until_acknowledged(&self, id: &str, people: u64) {
        eventually("the acknowledgement", SOON, async || {
            (self.standings(id).await.get("acknowledged") == Some(&people)).then_some(())
        })
        .await;
    }

    /// Nothing more happens, however long one waits.
    async fn assert_quiet(&self, id: &str, calls: usize) {
        self.exchange.clock.advance(TimeDelta::minutes(30));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(self.exchange.phone.heard().len(), calls);
        self.assert_laws(id).await;
    }

    async fn in_order(&self) -> Vec<String> {
        self.exchange.town.ask(IN_ORDER).await
    }
}

async fn where_it_is_busy_the_next_number_rings(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::NotAnswered("busy")]);
    mulde.exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    assert_eq!(mulde.called(2).await, [erna.address(Voice), OTHER], "at once, and in their order");
    mulde.until_acknowledged(&id, 1).await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.in_order().await, ["failed", "read"]);
    assert_eq!(mulde.deliveries(&id).await, ["voice read"], "a person counts once on a channel");
    mulde.assert_quiet(&id, 2).await;
}

async fn who_answers_at_the_first_is_called_nowhere_else(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_acknowledged(&id, 1).await;
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.in_order().await, ["read", "cancelled"]);
    assert_eq!(mulde.deliveries(&id).await, ["voice read"]);
    assert_eq!(mulde.called(1).await, [erna.address(Voice)]);
    mulde.assert_quiet(&id, 1).await;
}

async fn a_machine_is_nobody_and_each_round_goes_through_all_numbers(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::Machine, Answer::Machine]);
    mulde.exchange.phone.script(OTHER, [Answer::NotAnswered("no-answer"), Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    let mut wanted = vec![erna.address(Voice), OTHER];
    mulde.called(2).await;
    mulde.exchange.town.until(IN_ORDER, &["sent", "failed"]).await;
    let mut reasons = mulde.exchange.town.ask("SELECT reason FROM deliveries").await;
    reasons.sort();
    assert_eq!(reasons, ["no_answer", "voicemail"]);
    let said = mulde.exchange.phone.heard();
    let left = said.iter().find(|heard| heard.to == erna.address(Voice)).unwrap();
    assert!(left.said.iter().any(|(_, text)| text.contains("Hochwasser")), "a message is left: {left:?}");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 2, "the next round waits");
    mulde.exchange.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    wanted.extend(wanted.clone());
    assert_eq!(mulde.called(4).await.len(), 4);
    mulde.until_acknowledged(&id, 1).await;
    let mut seen = mulde.called(4).await;
    seen.sort();
    wanted.sort();
    assert_eq!(seen, wanted);
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.in_order().await, ["sent", "read"]);
    mulde.assert_quiet(&id, 4).await;
}

async fn a_call_that_nobody_confirms_is_over_when_its_time_is(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::PickUp("")]);
    mulde.exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.called(1).await;
    mulde.exchange.town.until(IN_ORDER, &["sent", "waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(4));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(mulde.exchange.phone.heard().len(), 1);
    mulde.exchange.clock.advance(TimeDelta::seconds(61));
    assert_eq!(mulde.called(2).await, [erna.address(Voice), OTHER], "before the first is called again");
    mulde.until_acknowledged(&id, 1).await;
    mulde.until(&id, "sent").await;
    mulde.assert_quiet(&id, 2).await;
}

async fn a_text_message_goes_to_the_next_number_where_the_first_is_dead(mulde: Mulde) {
    const MOBILE: &str = "+491711239901";
    let erna = mulde.resident("Muldestraße", 7, &[Sms]).await;
    mulde.another(&erna, Sms, MOBILE).await;
    mulde.exchange.sms.script(erna.address(Sms), [sms::Answer::Accept(vec![16])]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    eventually("the other number", SOON, async || mulde.exchange.sms.messages_to(MOBILE).pop()).await;
    mulde.exchange.town.until(IN_ORDER, &["failed", "delivered"]).await;
    assert_eq!(mulde.deliveries(&id).await, ["sms delivered"]);
    assert_eq!(mulde.standings(&id).await.get("delivered"), Some(&1));
    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.exchange.sms.messages().len(), 2);
    mulde.assert_quiet(&id, 0).await;
}

async fn a_text_message_that_arrived_goes_nowhere_else(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Sms]).await;
    mulde.another(&erna, Sms, "+491711239901").await;
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.exchange.town.until(IN_ORDER, &["delivered", "waiting"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(6));
    mulde.until(&id, "sent").await;
    assert_eq!(mulde.in_order().await, ["delivered", "cancelled"]);
    assert_eq!(mulde.exchange.sms.messages().len(), 1);
    mulde.assert_quiet(&id, 0).await;
}

async fn a_number_that_is_gone_is_not_the_first(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    // As when its provider called it dead.
    let dead = mulde.identifier(erna.ways[0].1.0);
    mulde.exchange.town.execute(&format!("DELETE FROM contact_points WHERE id = {dead}")).await;
    mulde.exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    assert_eq!(mulde.called(1).await, [OTHER]);
    mulde.until_acknowledged(&id, 1).await;
    mulde.assert_quiet(&id, 1).await;
}

async fn a_second_number_of_two_rings_once(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let emil = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    let shared = mulde.exchange.server.store();
    let shared = domain::Store::read(shared, domain::Scope::Installation).await.unwrap();
    let point = shared.contact_point(Voice, OTHER).await.unwrap().unwrap();
    drop(shared);
    mulde.reach(emil.person, Voice, point, true).await;
    mulde.stand_second(&emil, point.0).await;
    for one in [&erna, &emil] {
        mulde.exchange.phone.script(one.address(Voice), [Answer::NotAnswered("busy")]);
    }
    mulde.exchange.phone.script(OTHER, [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_acknowledged(&id, 2).await;
    mulde.until(&id, "sent").await;
    let mut called = mulde.called(3).await;
    called.sort();
    let mut wanted = [erna.address(Voice), emil.address(Voice), OTHER];
    wanted.sort();
    assert_eq!(called, wanted, "one call for both");
    mulde.assert_quiet(&id, 3).await;
}

async fn a_number_that_is_the_first_of_one_and_the_second_of_another_rings_once(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    let emil = mulde.resident("Muldestraße", 9, &[Voice]).await;
    let point = erna.ways[0].1;
    mulde.reach(emil.person, Voice, point, true).await;
    mulde.stand_second(&emil, point.0).await;
    mulde.exchange.phone.script(emil.address(Voice), [Answer::NotAnswered("busy")]);
    mulde.exchange.phone.script(erna.address(Voice), [Answer::PickUp("1")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_acknowledged(&id, 2).await;
    let hers = mulde.exchange.phone.heard().into_iter().filter(|heard| heard.to == erna.address(Voice));
    assert_eq!(hers.count(), 1);
    mulde.exchange.clock.advance(TimeDelta::minutes(30));
    mulde.until(&id, "sent").await;
    mulde.assert_laws(&id).await;
}

async fn a_call_back_stops_the_second(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::PickUp("")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.exchange.town.until(IN_ORDER, &["sent", "waiting"]).await;
    let cancel = mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({}));
    let _: Value = cancel.bearer(&mulde.lead().await).expect(200).await;
    mulde.exchange.town.until(IN_ORDER, &["sent", "cancelled"]).await;
    mulde.assert_quiet(&id, 1).await;
}

async fn whoever_leaves_meanwhile_is_not_called_at_the_second(mulde: Mulde) {
    let erna = mulde.resident("Muldestraße", 7, &[Voice]).await;
    mulde.another(&erna, Voice, OTHER).await;
    mulde.exchange.phone.script(erna.address(Voice), [Answer::PickUp("")]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.exchange.town.until(IN_ORDER, &["sent", "waiting"]).await;
    // What withdrawing writes.
    mulde.exchange.town.execute("UPDATE reach SET crisis = false").await;
    mulde.exchange.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    mulde.exchange.town.until(IN_ORDER, &["sent", "suppressed"]).await;
    let why = "SELECT reason FROM deliveries WHERE state = 'suppressed'";
    assert_eq!(mulde.exchange.town.ask(why).await, ["consent_withdrawn"]);
    mulde.assert_quiet(&id, 1).await;
}
