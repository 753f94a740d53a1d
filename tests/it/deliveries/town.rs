//! A town hall and its people, as rows.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use api::clock::Clock;
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use domain::{
    Scope, StoreError,
    complaints::Status,
    deliveries::{Channel, NewMessage, Platform, Recipients, Severity, Topic, port::Outbox},
    ids::{ContactPointId, MunicipalityId, PersonId},
};
use infrastructure::{
    db::{Connections, Served, SqlStore},
    secrets::{Secrets, hex, sha256},
    worker::{Composer, Lines, Running, Settings, Worker},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value, sea_query::Query};
use uuid::Uuid;

use crate::support::{TestDatabase, eventually::eventually};

/// A fresh identifier.
pub fn id<I: From<Uuid>>() -> I {
    Clock::system().uuid().into()
}

/// A moment where none in particular is needed.
pub fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

/// An installation with one town hall.
pub struct Town {
    pub store: SqlStore,
    pub municipality: MunicipalityId,
    /// Stands still at the time the test began: the simulators know the real time.
    pub clock: Clock,
    pub(super) lines: Mutex<Arc<Lines>>,
}

impl Town {
    pub async fn new(database: &TestDatabase) -> Self {
        let store = SqlStore::new(Connections::open(&database.url, 6).await.unwrap());
        Self::within(store, Clock::adjustable(Clock::system().now())).await
    }

    /// Has it be day: news wait for the morning, whenever the tests run.
    pub fn by_day(&self) {
        let hour = self.clock.now().hour();
        if !(6..19).contains(&hour) {
            let wait = if hour < 6 { 10 - hour } else { 34 - hour };
            self.clock.advance(TimeDelta::hours(wait.into()));
        }
    }

    /// A town hall of an installation that serves already.
    pub async fn within(store: SqlStore, clock: Clock) -> Self {
        let town = Self { store, municipality: id(), clock, lines: Mutex::default() };
        town.another(town.municipality, "bad-dueben").await;
        town
    }

    pub async fn another(&self, id: MunicipalityId, slug: &str) {
        let row: [(&'static str, Value); 10] = [
            ("id", id.0.into()),
            ("slug", slug.into()),
            ("name", "Bad Düben".into()),
            ("state", "SN".into()),
            ("time_zone", "Europe/Berlin".into()),
            ("reference_prefix", "BD".into()),
            ("settings", serde_json::json!({}).into()),
            ("register_version", 1_i64.into()),
            ("version", 1_i64.into()),
            ("created_at", self.clock.now().into()),
        ];
        self.insert(Scope::Installation, "municipalities", row).await;
    }

    pub async fn insert<const N: usize>(
        &self,
        scope: Scope,
        table: &'static str,
        row: [(&'static str, Value); N],
    ) {
        let db = self.store.transaction(scope).await.unwrap();
        let (columns, values): (Vec<_>, Vec<_>) = row.into_iter().unzip();
        let insert = Query::insert()
            .into_table(table)
            .columns(columns)
            .values_panic(values.into_iter().map(sea_orm::sea_query::Expr::val))
            .to_owned();
        db.connection().execute(&insert).await.unwrap();
        db.finish().await.unwrap();
    }

    pub async fn person(&self) -> PersonId {
        let id: PersonId = id();
        self.insert(
            Scope::Installation,
            "people",
            [
                ("id", id.0.into()),
                ("kind", "citizen".into()),
                ("version", 1_i64.into()),
                ("locale", "de".into()),
                ("created_at", self.clock.now().into()),
            ],
        )
        .await;
        id
    }

    /// `proxy` represents `ward`, and both agreed.
    pub async fn represent(&self, proxy: PersonId, ward: PersonId) {
        let now = self.clock.now();
        let tie = [
            ("id", Uuid::new_v4().into()),
            ("ward_id", ward.0.into()),
            ("municipality_id", self.municipality.0.into()),
            ("proxy_id", proxy.0.into()),
            ("created_at", now.into()),
            ("accepted_at", now.into()),
        ];
        self.insert(Scope::Installation, "proxies", tie).await;
    }

    pub async fn phone(&self, person: PersonId, platform: Platform, token: &str) -> ContactPointId {
        let id: ContactPointId = id();
        self.insert(
            Scope::Installation,
            "contact_points",
            [
                ("id", id.0.into()),
                ("kind", "push".into()),
                ("address", token.into()),
                ("address_hash", token.chars().take(64).collect::<String>().into()),
                ("platform", platform.to_string().into()),
                ("locale", "de".into()),
                ("registered_at", self.clock.now().into()),
            ],
        )
        .await;
        self.insert(
            Scope::Installation,
            "devices",
            [
                ("person_id", person.0.into()),
                ("id", Clock::system().uuid().into()),
                ("contact_point_id", id.0.into()),
                ("registered_at", self.clock.now().into()),
            ],
        )
        .await;
        id
    }

    /// A telephone that takes text messages or calls.
    pub async fn telephone(&self, channel: Channel, number: &str) -> ContactPointId {
        let id: ContactPointId = id();
        let row = [
            ("id", id.0.into()),
            ("kind", channel.to_string().into()),
            ("address", number.into()),
            ("address_hash", hex(&sha256(number.as_bytes())).into()),
            ("locale", "de".into()),
            ("registered_at", self.clock.now().into()),
        ];
        self.insert(Scope::Installation, "contact_points", row).await;
        id
    }

    /// A notice about a complaint, good for a day.
    pub fn notice(&self, to: Recipients) -> NewMessage {
        NewMessage {
            id: id(),
            severity: Severity::Notice,
            topic: Topic::ComplaintStatus { complaint: id(), status: Status::Accepted, step: id() },
            expires_at: self.clock.now() + TimeDelta::days(1),
            to,
        }
    }

    pub async fn enqueue(&self, message: &NewMessage) -> Result<u64, StoreError> {
        let db = self.store.transaction(self.scope()).await?;
        let planned = db.enqueue(self.clock.now(), message).await?;
        db.finish().await?;
        Ok(planned)
    }

    /// A worker with these gateways that looks for work all the time.
    pub async fn worker(&self, lines: Lines) -> Running {
        self.worker_with(lines, Settings::default()).await
    }

    /// The same, with other settings.
    pub async fn worker_with(&self, lines: Lines, settings: Settings) -> Running {
        let lines = Arc::new(lines);
        *self.lines.lock().unwrap() = lines.clone();
        let clock = self.clock.clone();
        let worker = Worker {
            store: self.store.clone(),
            lines,
            composer: Composer {
                secrets: self.secrets(),
                public_url: "https://rathaus.example".parse().unwrap(),
                staff_url: None,
                photos: None,
            },
            now: Arc::new(move || clock.now()),
            entropy: self.clock.entropy(),
            fetcher: Default::default(),
            settings: Settings { poll: Duration::from_millis(20), ..settings },
        };
        worker.start().await.unwrap()
    }

    pub fn secrets(&self) -> Secrets {
        Secrets::new("a secret for tests that is long enough").unwrap()
    }

    /// The gateways of the last worker.
    pub fn lines(&self) -> Arc<Lines> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits until the deliveries have these states, in alphabetical order.
    pub async fn until_states(&self, states: &[&str]) {
        self.until("SELECT state FROM deliveries ORDER BY state", states).await;
    }

    /// Waits until a query gives this.
    pub async fn until(&self, sql: &str, wanted: &[&str]) {
        let mut seen = Vec::new();
        eventually(sql, Duration::from_secs(20), async || {
            seen = self.ask(sql).await;
            (seen == wanted).then_some(())
        })
        .await;
    }

    /// Whether a worker would find anything to do now.
    pub async fn is_anything_due(&self) -> bool {
        self.store.installation().next_turn(self.clock.now(), Served::default()).await.unwrap().is_some()
    }

    /// Fails the test where a delivery was lost from the books.
    pub async fn assert_laws(&self) {
        let ledger = self.store.view(self.scope()).await.unwrap().ledger().await.unwrap();
        assert!(ledger.balances(), "{ledger:?}");
    }

    pub async fn execute(&self, sql: &str) {
        let db = self.store.transaction(self.scope()).await.unwrap();
        db.connection().execute_unprepared(sql).await.unwrap();
        db.finish().await.unwrap();
    }

    pub fn scope(&self) -> Scope {
        Scope::Municipality(self.municipality)
    }

    /// What a query of the town's rows gives, as text.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        let db = self.store.view(self.scope()).await.unwrap();
        let statement = Statement::from_string(backend(&self.store), sql.to_owned());
        let rows = db.connection().query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| {
                row.try_get_by_index::<String>(0)
                    .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
                    .unwrap()
            })
            .collect()
    }
}

fn backend(store: &SqlStore) -> DbBackend {
    store.connections().backend()
}
