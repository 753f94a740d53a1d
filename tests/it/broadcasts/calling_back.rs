//! A broadcast called back sends nothing more.

use std::time::{Duration, Instant};

use api::clock::Clock;
use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Sms};
use sea_orm::Database;
use serde_json::{Value, json};
use simulators::fcm;

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::{crowd::Crowd, eventually::eventually, on_both};

on_both!(
    what_has_not_left_never_leaves,
    a_slow_provider_gets_nothing_two_seconds_later,
    a_scheduled_one_is_called_back,
    who_was_to_be_told_is_not_taken_for_unreachable,
);

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

/// Thousands wait while the provider takes seconds for each.
async fn a_slow_provider_gets_nothing_two_seconds_later(mulde: Mulde) {
    const PEOPLE: u32 = 3_000;
    mulde.know_google().await;
    let town = &mulde.exchange.town;
    let books = Database::connect(&mulde.exchange.database.superuser_url).await.unwrap();
    let at = mulde.exchange.clock.now();
    let crowd =
        Crowd { municipality: town.municipality.0, first: 1, people: PEOPLE, street: "muldestrasse", at };
    crowd.sow(&books).await.unwrap();
    books.close().await.unwrap();
    let notice = mulde.fcm.counts().total;
    mulde.fcm.set_latency(Duration::from_secs(4));
    let id = mulde.send(json!({"severity": "crisis"})).await;
    // Many are on their way, and none has arrived.
    let on_their_way =
        "SELECT count(*) FROM (SELECT 1 FROM work_chunks WHERE state = 'leased' LIMIT 4) AS four";
    town.until(on_their_way, &["4"]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asked = Instant::now();
    let cancel = mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({})).bearer(&mulde.lead().await);
    let _: Value = cancel.expect(200).await;
    let (took, called_back) = (asked.elapsed(), Clock::system().now());
    let over = "SELECT count(*) FROM work_chunks WHERE state = 'leased'";
    eventually("all that had left to come back", Duration::from_secs(40), async || {
        (town.ask(over).await == ["0"]).then_some(())
    })
    .await;
    // Whoever waits a minute longer gets nothing either.
    mulde.exchange.clock.advance(TimeDelta::minutes(10));
    town.until("SELECT count(*) FROM broadcast_turns", &["0"]).await;
    let left = mulde.fcm.requests().into_iter().skip(usize::try_from(notice).unwrap());
    let last = left.map(|request| request.at).max().unwrap();
    println!("the answer took {took:?}; the last push left {} after it", last - called_back);
    assert!(last - called_back <= TimeDelta::seconds(2), "the last left {} after", last - called_back);
    let stands = mulde.deliveries(&id).await;
    let stopped = stands.iter().filter(|one| *one == "push cancelled").count();
    assert!(stopped > 500);
    assert_eq!(mulde.standings(&id).await["called_back"], u64::try_from(stopped).unwrap());
    let sent = stands.iter().filter(|one| *one == "push sent").count();
    assert_eq!(u64::try_from(sent).unwrap(), mulde.fcm.counts().accepted - notice, "what left is known");
    mulde.assert_laws(&id).await;
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

async fn who_was_to_be_told_is_not_taken_for_unreachable(mulde: Mulde) {
    let told = mulde.resident("Muldestraße", 1, &[Sms]).await;
    let waits = mulde.resident("Muldestraße", 2, &[Push]).await;
    let nowhere = mulde.resident("Muldestraße", 3, &[]).await;
    // Google is overloaded until it is too late.
    mulde.fcm.script(waits.address(Push), [fcm::Answer::retry_after(fcm::Error::Unavailable, 60); 9]);
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push pending", "sms delivered"]).await;
    assert_eq!(mulde.standings(&id).await.get("not_yet"), Some(&1));
    let cancel = mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({})).bearer(&mulde.lead().await);
    let _: Value = cancel.expect(200).await;
    for (standing, one, reason) in [
        ("delivered", &told, None),
        ("called_back", &waits, Some("cancelled")),
        ("unreachable", &nowhere, Some("no_channel")),
    ] {
        let list = format!("{CASTS}/{id}/deliveries?standing={standing}");
        let list: Value = mulde.get(&list).bearer(&mulde.lead().await).expect(200).await;
        let people = list["items"].as_array().unwrap();
        assert_eq!(people.len(), 1, "{standing}: {list}");
        assert_eq!((&people[0]["person"], &people[0]["standing"]), (&json!(one.person), &json!(standing)));
        assert_eq!(people[0].get("reason").and_then(Value::as_str), reason);
    }
    assert_eq!(mulde.standings(&id).await["called_back"], 1);
    let table = format!("{CASTS}/{id}/report?format=csv");
    let table = mulde.get(&table).bearer(&mulde.lead().await).send().await;
    assert!(table.body.lines().any(|line| line == "standing;called_back;1"), "{}", table.body);
    mulde.assert_laws(&id).await;
}
