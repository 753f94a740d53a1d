//! Workers that die, and workers that were only thought dead.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{
    Scope,
    deliveries::{DeliveryState, Platform, Recipients, Verdict, budget::Budget},
    ids::WorkerId,
};
use infrastructure::db::{Lease, Progress, Served, Settled};

use super::{
    providers::Providers,
    town::{Town, id},
};
use crate::support::{TestDatabase, on_both};

on_both!(
    what_was_on_its_way_is_sent_again_and_seen_once,
    a_worker_thought_dead_writes_nothing,
    two_workers_never_get_the_same_chunk,
);

const SOON: Duration = Duration::from_secs(20);
const LEASE: Duration = Duration::from_secs(60);

async fn what_was_on_its_way_is_sent_again_and_seen_once(database: TestDatabase) {
    let (town, providers) = (Town::new(&database).await, Providers::start().await);
    let person = town.person().await;
    let (iphone, android) = ("c3".repeat(32), "android-token");
    town.phone(person, Platform::Ios, &iphone).await;
    town.phone(person, Platform::Android, android).await;
    // Both providers take the push and are slow to say so.
    providers.apns.set_latency(Duration::from_secs(5));
    providers.fcm.set_latency(Duration::from_secs(5));
    let worker = town.worker(providers.lines()).await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    providers.apns.wait_for(1, SOON).await.unwrap();
    providers.fcm.wait_for(1, SOON).await.unwrap();
    worker.abort().await;
    assert_eq!(town.ask("SELECT state FROM deliveries").await, ["pending", "pending"]);
    assert_eq!(town.ask("SELECT count(*) FROM send_batches").await, ["1"]);

    providers.apns.set_latency(Duration::ZERO);
    providers.fcm.set_latency(Duration::ZERO);
    // The lease ends: by the process's clock on SQLite, by the database's on PostgreSQL.
    town.execute("UPDATE work_chunks SET lease_until = created_at").await;
    let worker = town.worker(providers.lines()).await;
    town.until_states(&["sent", "sent"]).await;
    worker.stop().await;

    providers.assert_obeyed();
    for (first, second) in
        [pair(&providers.apns.requests_for(&iphone)), pair(&providers.fcm.requests_for(android))]
    {
        assert_eq!(first, second, "byte for byte");
    }
    let ids = providers.apns.requests_for(&iphone);
    assert_eq!(ids[0].header("apns-id"), ids[1].header("apns-id"));
    assert_eq!(ids[0].header("apns-collapse-id"), ids[1].header("apns-collapse-id"));
    for phones in [providers.apns.phones(), providers.fcm.phones()] {
        assert_eq!((phones.visible(), phones.visible_duplicates()), (1, 0));
    }
    let outcomes = town.ask("SELECT outcome FROM attempts ORDER BY number").await;
    assert_eq!(outcomes, ["in_doubt", "in_doubt", "sent", "sent"]);
    assert_eq!(town.ask("SELECT count(*) FROM send_batches").await, ["0"]);
    town.assert_laws().await;
}

/// The bodies of two requests, but for what a clock decides.
fn pair<A>(requests: &[simulators::Received<A>]) -> (serde_json::Value, serde_json::Value) {
    let [first, second] = requests else { panic!("{} requests", requests.len()) };
    let body = |request: &simulators::Received<A>| {
        let mut json = request.json();
        if let Some(android) = json.pointer_mut("/message/android").and_then(|value| value.as_object_mut()) {
            android.remove("ttl");
        }
        json
    };
    (body(first), body(second))
}

async fn a_worker_thought_dead_writes_nothing(database: TestDatabase) {
    let town = Town::new(&database).await;
    let person = town.person().await;
    town.phone(person, Platform::Android, "android-token").await;
    town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    let now = town.clock.now();

    let zombie = claim(&town).await.unwrap();
    let Progress::Next(batch) =
        town.store.advance(&zombie, now, LEASE, &[], (100, Budget::default())).await.unwrap()
    else {
        panic!("nothing to send")
    };
    assert!(claim(&town).await.is_none(), "leased");
    town.execute("UPDATE work_chunks SET lease_until = created_at").await;
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    assert_eq!(db.free_expired(now + TimeDelta::seconds(1)).await.unwrap(), 1);
    db.finish().await.unwrap();
    let heir = claim(&town).await.unwrap();
    assert_eq!(heir.epoch, zombie.epoch + 1);

    let settled = Settled {
        contact_point: batch.due[0].contact_point,
        number: 1,
        at: now,
        verdict: Verdict {
            state: DeliveryState::Failed,
            due_at: None,
            counts: true,
            reason: Some("late"),
            provider_id: None,
            dead_since: Some(now),
        },
    };
    let progress =
        town.store.advance(&zombie, now, LEASE, &[settled], (100, Budget::default())).await.unwrap();
    assert!(matches!(progress, Progress::Fenced), "{progress:?}");
    assert_eq!(town.ask("SELECT state FROM deliveries").await, ["pending"]);
    assert_eq!(town.ask("SELECT count(*) FROM attempts").await, ["0"]);
    assert_eq!(town.ask("SELECT count(*) FROM contact_points").await, ["1"]);

    let progress = town.store.advance(&heir, now, LEASE, &[], (100, Budget::default())).await.unwrap();
    assert!(matches!(progress, Progress::Next(_)), "{progress:?}");
    assert_eq!(town.ask("SELECT outcome FROM attempts").await, ["in_doubt"]);
}

async fn two_workers_never_get_the_same_chunk(database: TestDatabase) {
    let town = Town::new(&database).await;
    for _ in 0..12 {
        let person = town.person().await;
        town.phone(person, Platform::Android, &format!("token-{person}")).await;
        town.enqueue(&town.notice(Recipients::Devices(person))).await.unwrap();
    }
    let race = async || {
        let mut mine = Vec::new();
        while let Some(lease) = claim(&town).await {
            mine.push(lease.chunk);
        }
        mine
    };
    let (mut one, two, three) = tokio::join!(race(), race(), race());
    one.extend(two);
    one.extend(three);
    assert_eq!(one.len(), 12);
    one.sort();
    one.dedup();
    assert_eq!(one.len(), 12);
}

async fn claim(town: &Town) -> Option<Lease> {
    let now = town.clock.now();
    let turn = town.store.installation().next_turn(now, Served::default()).await.unwrap()?;
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    let leases = db.claim(id::<WorkerId>(), now, LEASE, turn, 1).await.unwrap();
    db.finish().await.unwrap();
    leases.first().copied()
}
