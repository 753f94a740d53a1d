//! From the row to the phone.

use std::time::Duration;

use chrono::TimeDelta;
use domain::deliveries::{Platform, Recipients};
use infrastructure::{
    db::SharedTokens,
    gateways::{IssuedToken, ProviderTokens},
};
use simulators::{apns, fcm};

use super::{providers::Providers, town::Town};
use crate::support::{TestDatabase, on_both};

on_both!(
    both_phones_hear_it_once,
    a_provider_that_asks_to_wait_is_asked_again_then,
    a_dead_token_is_forgotten,
    one_registered_again_since_is_kept,
    what_expires_is_not_sent,
    wrong_credentials_stop_their_channel_only,
    a_removed_phone_is_out_at_once,
    an_overlooked_chunk_is_found_and_sent,
    instances_share_one_provider_token,
);

const SOON: Duration = Duration::from_secs(20);

fn iphone() -> String {
    "a1".repeat(32)
}

async fn both_phones_hear_it_once(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Ios, &iphone()).await;
    town.phone(person, Platform::Android, "android-token").await;
    let worker = town.worker(providers.lines()).await;

    let notice = town.notice(Recipients::Devices(person));
    town.enqueue(&notice).await.unwrap();
    providers.apns.wait_for_accepted(1, SOON).await.unwrap();
    providers.fcm.wait_for_accepted(1, SOON).await.unwrap();
    town.until_states(&["sent", "sent"]).await;
    worker.stop().await;

    providers.assert_obeyed();
    assert_eq!((providers.apns.counts().total, providers.fcm.counts().total), (1, 1));
    let push = &providers.apns.requests()[0];
    assert_eq!(push.header("apns-collapse-id"), Some(notice.id.to_string().as_str()));
    let json = push.json();
    assert_eq!(json["data"]["message_id"], notice.id.to_string());
    assert_eq!(json["data"]["kind"], "complaint_status");
    assert_eq!(json["data"]["municipality"], "bad-dueben");
    assert_eq!(json["aps"]["alert"]["body"], "Es gibt Neues zu Ihrem Anliegen.");
    assert_eq!(town.ask("SELECT outcome FROM attempts").await, ["sent", "sent"]);
    assert_eq!(town.ask("SELECT state FROM work_chunks").await, ["done"]);
    assert_eq!(town.ask("SELECT count(*) FROM send_batches").await, ["0"]);
    assert_eq!(town.ask("SELECT count(*) FROM workers").await, ["0"]);
    town.assert_laws().await;
}

async fn a_provider_that_asks_to_wait_is_asked_again_then(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Ios, &iphone()).await;
    let busy = apns::Answer::retry_after(apns::Reason::ServiceUnavailable, 30);
    providers.apns.script(iphone(), [busy]);
    let worker = town.worker(providers.lines()).await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();

    providers.apns.wait_for(1, SOON).await.unwrap();
    town.until_states(&["pending"]).await;
    town.until("SELECT outcome FROM attempts", &["retry"]).await;
    town.until("SELECT state FROM work_chunks", &["pending"]).await;
    town.clock.advance(TimeDelta::seconds(29));
    assert!(!town.is_anything_due().await, "not before the provider said");
    assert_eq!(providers.apns.counts().total, 1);
    town.clock.advance(TimeDelta::seconds(8));
    providers.apns.wait_for_accepted(1, SOON).await.unwrap();
    town.until_states(&["sent"]).await;
    worker.stop().await;

    let requests = providers.apns.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].header("apns-id"), requests[1].header("apns-id"));
    town.until("SELECT outcome FROM attempts ORDER BY number", &["retry", "sent"]).await;
    town.assert_laws().await;
}

async fn a_dead_token_is_forgotten(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Ios, &iphone()).await;
    town.phone(person, Platform::Android, "android-token").await;
    providers
        .apns
        .script(iphone(), [apns::Answer::unregistered_since(town.clock.now() + TimeDelta::seconds(1))]);
    providers.fcm.script("android-token", [fcm::Answer::from(fcm::Error::Unregistered)]);
    let worker = town.worker(providers.lines()).await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.until_states(&["failed", "failed"]).await;
    assert_eq!(town.ask("SELECT count(*) FROM contact_points").await, ["0"]);
    assert_eq!(town.ask("SELECT count(*) FROM devices").await, ["0"]);
    assert_eq!(town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap(), 0);
    worker.stop().await;
    town.assert_laws().await;
}

async fn one_registered_again_since_is_kept(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Ios, &iphone()).await;
    let long_ago = town.clock.now() - TimeDelta::days(1);
    providers.apns.script(iphone(), [apns::Answer::unregistered_since(long_ago)]);
    let worker = town.worker(providers.lines()).await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.until_states(&["failed"]).await;
    assert_eq!(town.ask("SELECT count(*) FROM contact_points").await, ["1"]);
    worker.stop().await;
}

async fn what_expires_is_not_sent(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    let mut notice = town.notice(Recipients::Devices(person));
    notice.expires_at = town.clock.now() - TimeDelta::seconds(1);
    town.enqueue(&notice).await.unwrap();
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["expired"]).await;
    worker.stop().await;
    assert_eq!(providers.fcm.counts().total, 0);
    town.assert_laws().await;
}

async fn wrong_credentials_stop_their_channel_only(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Ios, &iphone()).await;
    town.phone(person, Platform::Android, "android-token").await;
    providers.apns.answer_all(apns::Answer::from(apns::Reason::InvalidProviderToken));
    let worker = town.worker(providers.lines()).await;
    let lines = town.lines();
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.until_states(&["pending", "sent"]).await;
    let troubles = lines.troubles(town.clock.now());
    assert_eq!(troubles.len(), 1);
    assert_eq!((troubles[0].gateway.as_str(), troubles[0].stopped), ("apns", true));

    // Nobody bothers Apple meanwhile; Android goes on.
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.until_states(&["pending", "pending", "sent", "sent"]).await;
    assert_eq!(providers.apns.counts().total, 1);

    providers.apns.answer_all(None);
    town.clock.advance(TimeDelta::seconds(301));
    town.until_states(&["sent", "sent", "sent", "sent"]).await;
    assert!(lines.troubles(town.clock.now()).is_empty());
    assert_eq!(town.ask("SELECT DISTINCT CAST(attempts AS bigint) FROM deliveries").await, ["1"]);
    worker.stop().await;
    town.assert_laws().await;
}

async fn a_removed_phone_is_out_at_once(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.execute("DELETE FROM contact_points").await;
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["suppressed"]).await;
    worker.stop().await;
    assert_eq!(providers.fcm.counts().total, 0);
    town.assert_laws().await;
}

async fn an_overlooked_chunk_is_found_and_sent(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    town.execute("UPDATE work_chunks SET state = 'done'").await;
    assert!(!town.is_anything_due().await);
    town.execute("UPDATE deliveries SET due_at = '2026-01-01T00:00:00+00:00'").await;
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["sent"]).await;
    worker.stop().await;
    town.assert_laws().await;
}

async fn instances_share_one_provider_token(database: TestDatabase) {
    let town = Town::new(&database).await;
    let tokens =
        SharedTokens { store: town.store.clone(), secrets: town.secrets(), entropy: town.clock.entropy() };
    let now = town.clock.now();
    let fresh = |token: &str, issued_at| IssuedToken { token: token.into(), issued_at };
    let old = now - TimeDelta::minutes(40);
    let (one, two) = tokio::join!(
        tokens.newer("TEAM/KEY", old, fresh("one", now)),
        tokens.newer("TEAM/KEY", old, fresh("two", now)),
    );
    assert_eq!(one.unwrap(), two.unwrap(), "everybody gets the winner's");
    let later = now + TimeDelta::minutes(41);
    let renewed =
        tokens.newer("TEAM/KEY", later - TimeDelta::minutes(40), fresh("three", later)).await.unwrap();
    assert_eq!(renewed, fresh("three", later));
    assert!(!town.ask("SELECT sealed_token FROM provider_tokens").await[0].contains("three"));
}
