//! Quiet hours, by the clock a test moves: news wait for the morning whatever held them up, and nothing else does.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, Offset, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Berlin;
use domain::deliveries::Channel::Sms;
use serde_json::{Value, json};
use simulators::sms::Answer;

use super::town::{Mulde, Resident};
use crate::{
    admin::first_pointer,
    support::{eventually::eventually, on_both},
};

on_both!(
    news_written_at_night_arrive_in_the_morning,
    what_is_tried_again_waits_for_the_morning_too,
    what_would_be_over_by_then_is_refused,
);

const SOON: Duration = Duration::from_secs(30);

/// A moment by the town's clocks.
fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    Berlin.from_local_datetime(&day.and_hms_opt(hour, minute, 0).unwrap()).unwrap().to_utc()
}

/// The day before the next night in which the clocks change.
fn before_the_change(now: DateTime<Utc>) -> NaiveDate {
    let noon = |day: NaiveDate| day.and_hms_opt(12, 0, 0).unwrap();
    let offset = |day| Berlin.offset_from_utc_datetime(&noon(day)).fix().local_minus_utc();
    let mut days = (1..400).map(|days| now.date_naive() + Days::new(days));
    days.find(|day| offset(*day) != offset(*day + Days::new(1))).unwrap()
}

impl Mulde {
    /// Waits until something that does not wait for the morning was told, as the message with that number.
    async fn until_told(&self, resident: &Resident, number: usize) {
        let id = self.send(json!({"severity": "important"})).await;
        self.until(&id, "sent").await;
        eventually("the text message", SOON, async || {
            (self.exchange.sms.messages_to(resident.address(Sms)).len() == number).then_some(())
        })
        .await;
    }
}

async fn news_written_at_night_arrive_in_the_morning(mulde: Mulde) {
    let evening = before_the_change(mulde.exchange.clock.now());
    let mulde = mulde.at(at(evening, 21, 30)).await;
    let erna = mulde.resident("Muldestraße", 7, &[Sms]).await;
    let news = mulde.send(json!({})).await;
    mulde.until_deliveries(&news, &["sms pending"]).await;
    mulde.until_told(&erna, 1).await;
    // The clocks change in this night: it is an hour shorter or longer than others.
    let morning = at(evening + Days::new(1), 7, 0);
    let minutes = (morning - at(evening, 21, 30)).num_minutes();
    assert_eq!(minutes, if evening.month() < 6 { 510 } else { 630 });
    mulde.exchange.clock.advance(morning - mulde.exchange.clock.now() - TimeDelta::minutes(1));
    mulde.until_told(&erna, 2).await;
    assert_eq!(mulde.deliveries(&news).await, ["sms pending"], "a minute before seven");
    mulde.exchange.clock.advance(TimeDelta::minutes(1));
    mulde.until(&news, "sent").await;
    assert_eq!(mulde.exchange.sms.messages_to(erna.address(Sms)).len(), 3);
    mulde.assert_laws(&news).await;
}

async fn what_is_tried_again_waits_for_the_morning_too(mulde: Mulde) {
    let evening = mulde.exchange.clock.now().date_naive() + Days::new(2);
    let mulde = mulde.at(at(evening, 20, 59)).await;
    let erna = mulde.resident("Muldestraße", 7, &[Sms]).await;
    mulde.exchange.sms.script(erna.address(Sms), [Answer::Busy]);
    let news = mulde.send(json!({})).await;
    let town = &mulde.exchange.town;
    town.until("SELECT outcome FROM attempts", &["retry"]).await;
    mulde.exchange.clock.advance(TimeDelta::minutes(2));
    let put_off = "SELECT count(*) FROM deliveries d JOIN broadcasts b ON b.id = d.message_id \
                   WHERE d.state = 'pending' AND d.attempts = 1 AND EXISTS (SELECT 1 FROM deliveries o \
                   WHERE o.message_id <> d.message_id AND o.due_at < d.due_at)";
    mulde.until_told(&erna, 1).await;
    town.until(put_off, &["1"]).await;
    assert_eq!(mulde.exchange.sms.messages_to(erna.address(Sms)).len(), 1, "nothing rings after nine");
    mulde.exchange.clock.advance(at(evening + Days::new(1), 7, 0) - mulde.exchange.clock.now());
    mulde.until(&news, "sent").await;
    assert_eq!(mulde.exchange.sms.messages_to(erna.address(Sms)).len(), 2);
    mulde.assert_laws(&news).await;
}

async fn what_would_be_over_by_then_is_refused(mulde: Mulde) {
    let evening = mulde.exchange.clock.now().date_naive() + Days::new(2);
    let mulde = mulde.at(at(evening, 22, 0)).await;
    mulde.resident("Muldestraße", 7, &[Sms]).await;
    let until = |hour| at(evening + Days::new(1), hour, 0).to_rfc3339_opts(SecondsFormat::Secs, true);
    let submit = async |more: Value| {
        let id = mulde.write(more).await["id"].as_str().unwrap().to_owned();
        mulde.step(&id, "submit", &mulde.editor().await, &json!({})).await
    };
    for expires in [until(5), until(7)] {
        let refused = submit(json!({"expires_at": expires})).await;
        let refused = refused.expect_problem(422, "validation_failed").await;
        assert_eq!(first_pointer(&refused), "/expires_at");
        assert!(refused.body.contains("ends_at_night"), "{}", refused.body);
    }
    // At six in the morning it is still night.
    let early = submit(json!({"send_at": until(6), "expires_at": until(7)})).await;
    early.expect_problem(422, "validation_failed").await;
    for fine in [
        json!({"expires_at": until(8)}),
        json!({"severity": "important", "expires_at": until(5)}),
        json!({"send_at": until(8), "expires_at": until(9)}),
    ] {
        let _: Value = submit(fine).await.expect(200).await;
    }
}
