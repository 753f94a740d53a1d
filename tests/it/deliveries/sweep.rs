//! What the sweep finds: each fault is planted, and found once its time has come.

use chrono::TimeDelta;
use domain::{
    Scope,
    deliveries::{Platform, Recipients},
    ids::WorkerId,
};
use infrastructure::worker::{Found, sweep};

use super::town::{Town, id};
use crate::support::{TestDatabase, on_both};

on_both!(
    a_clean_installation_has_no_faults,
    workers_of_killed_processes_are_forgotten,
    phones_whose_app_is_not_opened_any_more_are_removed,
    what_is_past_due_is_counted,
    what_nobody_would_look_at_is_opened_again,
    kept_answers_and_codes_go_after_a_day,
);

impl Town {
    async fn sweep(&self) -> Found {
        sweep(&self.store, self.clock.now()).await.unwrap()
    }

    /// A person with a phone who is told something.
    async fn tell_somebody(&self) {
        let person = self.person().await;
        self.phone(person, Platform::Android, "android-token").await;
        self.enqueue(&self.notice(Recipients::Devices(person))).await.unwrap();
    }
}

async fn a_clean_installation_has_no_faults(database: TestDatabase) {
    let town = Town::new(&database).await;
    town.tell_somebody().await;
    assert_eq!(town.sweep().await, Found::default());
    town.assert_laws().await;
}

async fn workers_of_killed_processes_are_forgotten(database: TestDatabase) {
    let town = Town::new(&database).await;
    let (dead, alive) = (id::<WorkerId>(), id::<WorkerId>());
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    db.add_worker(dead, town.clock.now()).await.unwrap();
    db.add_worker(alive, town.clock.now()).await.unwrap();
    db.finish().await.unwrap();
    town.clock.advance(TimeDelta::hours(1));
    let db = town.store.transaction(Scope::Installation).await.unwrap();
    db.see_worker(alive, town.clock.now()).await.unwrap();
    db.finish().await.unwrap();
    assert_eq!(town.sweep().await.silent_workers, 0);
    town.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.silent_workers, 1);
    assert_eq!(town.ask("SELECT count(*) FROM workers").await, ["1"]);
    assert_eq!(town.sweep().await.silent_workers, 0);
}

async fn phones_whose_app_is_not_opened_any_more_are_removed(database: TestDatabase) {
    let town = Town::new(&database).await;
    let person = town.person().await;
    town.phone(person, Platform::Android, "an old phone").await;
    town.clock.advance(TimeDelta::days(1));
    town.phone(person, Platform::Ios, "a newer phone").await;
    town.clock.advance(TimeDelta::days(269));
    assert_eq!(town.sweep().await.silent_phones, 0);
    town.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.silent_phones, 1);
    assert_eq!(town.ask("SELECT address FROM contact_points").await, ["a newer phone"]);
    assert_eq!(town.ask("SELECT count(*) FROM devices").await, ["1"]);
}

async fn what_is_past_due_is_counted(database: TestDatabase) {
    let town = Town::new(&database).await;
    town.tell_somebody().await;
    town.clock.advance(TimeDelta::seconds(119));
    assert_eq!(town.sweep().await.past_due, 0);
    town.clock.advance(TimeDelta::seconds(1));
    let found = town.sweep().await;
    assert_eq!((found.past_due, found.overlooked), (1, 0), "it waits for a worker, and one would find it");
    assert!(town.is_anything_due().await);
}

async fn what_nobody_would_look_at_is_opened_again(database: TestDatabase) {
    let town = Town::new(&database).await;
    town.tell_somebody().await;
    town.execute("UPDATE work_chunks SET state = 'done'").await;
    town.clock.advance(TimeDelta::seconds(119));
    assert_eq!(town.sweep().await.overlooked, 0);
    assert!(!town.is_anything_due().await);
    town.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.overlooked, 1);
    assert!(town.is_anything_due().await);
    town.assert_laws().await;
}

async fn kept_answers_and_codes_go_after_a_day(database: TestDatabase) {
    let town = Town::new(&database).await;
    let now = town.clock.now();
    town.insert(
        Scope::Installation,
        "idempotency_keys",
        [
            ("actor", "nobody".into()),
            ("method", "POST".into()),
            ("path", "/v1/somewhere".into()),
            ("key", "8e03978e".into()),
            ("fingerprint", "00".repeat(32).into()),
            ("status", 201.into()),
            ("sealed_answer", "c2VhbGVk".into()),
            ("created_at", now.into()),
        ],
    )
    .await;
    town.insert(
        Scope::Installation,
        "rate_counters",
        [
            ("rule", "codes_per_client".into()),
            ("subject", "192.0.2.1".into()),
            ("window_start", now.into()),
            ("count", 1_i64.into()),
        ],
    )
    .await;
    town.insert(
        Scope::Installation,
        "one_time_codes",
        [
            ("id", id::<uuid::Uuid>().into()),
            ("purpose", "sign_in".into()),
            ("channel", "email".into()),
            ("address", "erika@example.org".into()),
            ("locale", "de".into()),
            ("code_hash", "00".repeat(32).into()),
            ("tries", 0.into()),
            ("created_at", now.into()),
            ("expires_at", now.into()),
            ("send_attempts", 0.into()),
        ],
    )
    .await;
    town.clock.advance(TimeDelta::hours(24));
    assert_eq!(town.sweep().await.outlived, 0, "an answer is kept for a day");
    town.clock.advance(TimeDelta::seconds(1));
    assert_eq!(town.sweep().await.outlived, 1);
    town.clock.advance(TimeDelta::hours(3));
    assert_eq!(town.sweep().await.outlived, 2, "codes and counters outlive the longest window");
    for table in ["idempotency_keys", "rate_counters", "one_time_codes"] {
        assert_eq!(town.ask(&format!("SELECT count(*) FROM {table}")).await, ["0"], "{table}");
    }
}
