//! Whoever is reached at a number that somebody else was to be reached at is told there, whatever became of the other.

use chrono::TimeDelta;
use domain::deliveries::Channel::{Push, Sms, Voice};

use super::by_hand::ByHand;
use crate::support::on_both;

on_both!(
    who_knows_already_does_not_keep_the_next_from_being_called,
    who_has_only_that_number_is_called_at_once,
    who_left_does_not_keep_the_next_from_being_told,
    who_knows_at_the_very_moment_does_not_either,
    who_leaves_and_hands_on_has_a_reason,
);

async fn who_knows_already_does_not_keep_the_next_from_being_called(town: ByHand) {
    let (erna, emil) = town.two(("Muldestraße", &[Push, Voice]), ("Am Lauch", &[Push])).await;
    town.0.reach(emil.person, Voice, erna.ways[1].1, true).await;
    let warning = town.begun("crisis").await;
    assert!(town.plan(&warning, "Muldestraße", None).await);
    town.acknowledge(warning.id, erna.person).await;
    assert_eq!(town.states("voice").await, ["cancelled"]);
    assert!(town.plan(&warning, "Am Lauch", Some(&erna)).await);
    assert_eq!(town.states("voice").await, ["waiting"]);
    assert!(!town.plan(&warning, "Am Lauch", Some(&emil)).await, "that was all of them");
    for minutes in [3, 6] {
        town.0.exchange.clock.advance(TimeDelta::minutes(minutes));
        town.climb(&warning).await;
    }
    assert_eq!(town.states("voice").await, ["pending"], "he is called");
    town.acknowledge(warning.id, emil.person).await;
    assert_eq!(town.states("voice").await, ["cancelled"]);
    assert!(!town.plan(&warning, "Am Lauch", Some(&emil)).await);
    assert_eq!(town.states("voice").await, ["cancelled"], "nobody there is left");
}

async fn who_has_only_that_number_is_called_at_once(town: ByHand) {
    let (erna, nora) = town.two(("Muldestraße", &[Push, Voice]), ("Am Lauch", &[])).await;
    town.0.reach(nora.person, Voice, erna.ways[1].1, true).await;
    let warning = town.begun("crisis").await;
    town.plan(&warning, "Muldestraße", None).await;
    town.acknowledge(warning.id, erna.person).await;
    town.plan(&warning, "Am Lauch", Some(&erna)).await;
    assert_eq!(town.states("voice").await, ["pending"]);
    let chunks = "SELECT channel FROM work_chunks WHERE state = 'pending' AND channel = 'voice'";
    assert_eq!(town.0.exchange.town.ask(chunks).await, ["voice"]);
}

async fn who_left_does_not_keep_the_next_from_being_told(town: ByHand) {
    let (erna, emil) = town.two(("Muldestraße", &[Sms]), ("Am Lauch", &[])).await;
    town.0.reach(emil.person, Sms, erna.ways[0].1, true).await;
    let news = town.begun("important").await;
    town.plan(&news, "Muldestraße", None).await;
    town.leave(&erna).await;
    let (_, batch) = town.take().await;
    assert!(batch.is_none(), "she wants nothing");
    assert_eq!(town.states("sms").await, ["suppressed"]);
    town.plan(&news, "Am Lauch", Some(&erna)).await;
    assert_eq!(town.send().await, [emil.person]);
    assert_eq!(town.states("sms").await, ["sent"]);
    town.0.exchange.town.assert_laws().await;
}

async fn who_knows_at_the_very_moment_does_not_either(town: ByHand) {
    let (erna, emil) = town.two(("Muldestraße", &[Push, Voice]), ("Muldestraße", &[Push])).await;
    town.0.reach(emil.person, Voice, erna.ways[1].1, true).await;
    let warning = town.begun("crisis").await;
    town.plan(&warning, "Muldestraße", None).await;
    town.acknowledge(warning.id, erna.person).await;
    assert_eq!(town.states("voice").await, ["waiting"], "it is his as well");
    // As it stands where her acknowledgement did not see yet that he is planned.
    town.0
        .exchange
        .town
        .execute("UPDATE deliveries SET state = 'cancelled', reason = 'acknowledged' WHERE channel = 'voice'")
        .await;
    assert!(!town.plan(&warning, "Muldestraße", Some(&emil)).await, "that was all of them");
    assert_eq!(town.states("voice").await, ["pending"]);
}

async fn who_leaves_and_hands_on_has_a_reason(town: ByHand) {
    let (erna, emil) = town.two(("Muldestraße", &[Sms]), ("Muldestraße", &[])).await;
    town.0.reach(emil.person, Sms, erna.ways[0].1, true).await;
    let news = town.begun("important").await;
    town.plan(&news, "Muldestraße", None).await;
    town.leave(&erna).await;
    assert_eq!(town.send().await, [emil.person], "it goes on in his name");
    let id = news.id.to_string();
    assert_eq!(town.0.standings(&id).await.get("unreachable"), Some(&1));
    let reasons = "SELECT reason FROM audience WHERE reason IS NOT NULL";
    assert_eq!(town.0.exchange.town.ask(reasons).await, ["not_agreed"]);
    let town = &town.0.exchange.town;
    let view = town.store.view(town.scope()).await.unwrap();
    assert_eq!(view.people_unaccounted_for(news.id).await.unwrap(), 0, "at once, and not when a sweep comes");
}
