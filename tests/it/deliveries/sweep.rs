//! What the sweep finds: each fault is planted, and found once its time has come.

use chrono::TimeDelta;
use domain::{
    Scope,
    deliveries::{Platform, Recipients},
    ids::WorkerId,
};
use infrastructure::worker::{Found, sweep};
use sea_orm::{ConnectionTrait, Database};

use super::town::{Town, id};
use crate::support::{Engine, TestDatabase, on_both};

on_both!(
    a_clean_installation_has_no_faults,
    workers_of_killed_processes_are_forgotten,
    phones_whose_app_is_not_opened_any_more_are_removed,
    silent_phones_are_found_by_an_index,
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

async fn silent_phones_are_found_by_an_index(database: TestDatabase) {
    let town = Town::new(&database).await;
    let many = match database.engine {
        Engine::Sqlite => {
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000) \
             INSERT INTO contact_points (id, kind, address, address_hash, locale, registered_at) \
             SELECT randomblob(16), 'push', 'token ' || n, 'hash ' || n, 'de', '2026-11-23T09:00:00+00:00' FROM numbers"
        }
        Engine::Postgres => {
            "INSERT INTO contact_points (id, kind, address, address_hash, locale, registered_at) \
             SELECT gen_random_uuid(), 'push', 'token ' || n, 'hash ' || n, 'de', '2026-11-23T09:00:00Z' \
             FROM generate_series(1, 20000) n"
        }
    };
    let superuser = Database::connect(&database.superuser_url).await.unwrap();
    for statement in [many, "ANALYZE contact_points"] {
        superuser.execute_unprepared(statement).await.unwrap();
    }
    superuser.close().await.unwrap();

    let db = town.store.transaction(Scope::Installation).await.unwrap();
    let mut statement = db.silent_phones(town.clock.now());
    let explain = if database.engine == Engine::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    statement.sql = format!("{explain} {}", statement.sql);
    let column = if database.engine == Engine::Sqlite { "detail" } else { "QUERY PLAN" };
    let plan = db.connection().query_all_raw(statement).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.try_get("", column).unwrap()).collect();
    assert!(plan.iter().any(|line| line.contains("contact_points_silent")), "{plan:#?}");
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
