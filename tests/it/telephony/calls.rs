//! Calls: what they say, what keys do, and that a completed call is not a heard one.

use chrono::TimeDelta;
use domain::deliveries::{Channel, Recipients};
use simulators::telephony::{Answer, Heard};

use super::{Exchange, LANDLINE, SOON};
use crate::support::{eventually::eventually, on_both};

on_both!(
    a_key_proves_that_somebody_heard,
    a_completed_call_is_not_a_heard_one,
    nobody_answers,
    nine_leaves,
    unsigned_callers_are_turned_away,
);

const STATES: &str = "SELECT state FROM deliveries";
const CALL: &str = "SELECT state || ' ' || coalesce(reason, '') FROM deliveries";

async fn called(exchange: &Exchange, answer: Answer) -> Heard {
    exchange.phone.script(LANDLINE, [answer]);
    let telephone = exchange.town.telephone(Channel::Voice, LANDLINE).await;
    let notice = exchange.town.notice(Recipients::Telephone(telephone, Channel::Voice));
    exchange.town.enqueue(&notice).await.unwrap();
    eventually("the call", SOON, async || exchange.phone.heard().pop()).await
}

async fn a_key_proves_that_somebody_heard(exchange: Exchange) {
    let heard = called(&exchange, Answer::PickUp("21")).await;
    let words = "Bad Düben: Es gibt Neues zu Ihrem Anliegen.";
    assert!(heard.said.iter().all(|(language, _)| language == "de-DE"));
    assert_eq!(heard.said.iter().filter(|(_, text)| text == words).count(), 2, "{:?}", heard.said);
    assert!(heard.said.last().unwrap().1.starts_with("Vielen Dank"));
    exchange.town.until(STATES, &["read"]).await;
    exchange.town.assert_laws().await;
    exchange.assert_obeyed();
}

async fn a_completed_call_is_not_a_heard_one(exchange: Exchange) {
    let heard = called(&exchange, Answer::Machine).await;
    assert_eq!(heard.status, "completed");
    let told = exchange.phone.told();
    assert!(told.iter().any(|told| told.fields.contains(&("CallStatus".into(), "completed".into()))));
    assert!(told.iter().all(|told| told.status == 200), "{told:?}");
    exchange.town.until(STATES, &["sent"]).await;
    exchange.town.until("SELECT reason FROM deliveries", &["voicemail"]).await;
    assert_eq!(heard.said.len(), 1, "the machine has the words once: {:?}", heard.said);
    exchange.assert_obeyed();
}

async fn nobody_answers(exchange: Exchange) {
    let heard = called(&exchange, Answer::NotAnswered("busy")).await;
    assert_eq!(heard.said, []);
    exchange.town.until(CALL, &["pending busy"]).await;
    exchange.phone.script(LANDLINE, ["no-answer", "no-answer"].map(Answer::NotAnswered));
    exchange.clock.advance(TimeDelta::seconds(121));
    exchange.town.until(CALL, &["pending no_answer"]).await;
    exchange.clock.advance(TimeDelta::seconds(601));
    exchange.town.until(CALL, &["failed no_answer"]).await;
    exchange.clock.advance(TimeDelta::hours(1));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(exchange.phone.heard().len(), 3, "called three times, not more");
    exchange.town.assert_laws().await;
}

async fn nine_leaves(exchange: Exchange) {
    let heard = called(&exchange, Answer::PickUp("9")).await;
    assert!(heard.said.last().unwrap().1.contains("nicht mehr angerufen"));
    exchange.town.until("SELECT count(*) FROM contact_points", &["0"]).await;
    // The same key once more, as after a lost answer: a number registered since stays.
    let pressed = exchange.phone.told().into_iter().find(|told| told.url.ends_with("/keys")).unwrap();
    exchange.clock.advance(chrono::TimeDelta::seconds(5));
    exchange.town.telephone(Channel::Voice, LANDLINE).await;
    let fields: Vec<_> = pressed.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(exchange.phone.tell(&pressed.url, &fields).await.status, 200);
    exchange.town.until("SELECT count(*) FROM contact_points", &["1"]).await;
}

async fn unsigned_callers_are_turned_away(exchange: Exchange) {
    called(&exchange, Answer::Machine).await;
    let asked = exchange.phone.told();
    let words = asked.iter().find(|told| told.url.contains("/calls/")).unwrap();
    let report = asked.iter().find(|told| told.url.contains("/reports/")).unwrap();
    let client = reqwest::Client::new();
    for url in
        [&words.url, &format!("{}/keys", words.url), &report.url, &exchange.url("/callbacks/twilio/messages")]
    {
        let form = [("Digits", "1"), ("CallStatus", "busy")];
        let unsigned = client.post(url).form(&form).send().await.unwrap();
        assert_eq!(unsigned.status(), 403, "{url}");
        let wrong = client.post(url).header("x-twilio-signature", "AAAA").form(&form).send().await.unwrap();
        assert_eq!(wrong.status(), 403, "{url}");
    }
    // Signed, but for something that was never handed out.
    for path in ["calls/AAAA", "calls/AAAA/keys", "reports/AAAA"] {
        let url = exchange.url(&format!("/callbacks/twilio/{path}"));
        assert_eq!(exchange.phone.tell(&url, &[("Digits", "1")]).await.status, 404, "{path}");
    }
    let inbox = exchange.url("/callbacks/twilio/messages");
    let told = exchange.phone.tell(&inbox, &[("From", LANDLINE), ("Body", "STOPP"), ("Colour", "red")]).await;
    assert_eq!((told.status, told.body.contains("<Response/>")), (200, true));
    exchange.town.until(STATES, &["sent"]).await;
}
