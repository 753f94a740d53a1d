//! A town hall with many people behind a server, and copies of its database, so that each turn finds the same.

use std::{env, fs, time::Duration};

use api::clock::Clock;
use domain::municipalities::street_key;
use reqwest::get;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use serde_json::{Value, json};
use simulators::Recording;
use tempfile::TempDir;
use uuid::Uuid;

use crate::{
    broadcaster::{Broadcaster, LEAD},
    crowd::Crowd,
    eventually::eventually,
    ground::{DURABLE, Engine},
    killable::Killable,
    postgres::{self, Name},
    process::{Server, free_address},
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(1200);
/// Nobody is answered: planning is measured without sending.
pub const NEVER: Duration = Duration::from_secs(60);

/// Where most people live.
pub const MAIN_STREET: &str = "Hauptstraße";
/// Where those live whom a crisis is for.
pub const RIVERSIDE: &str = "Muldestraße";

/// A founded town hall with people, and simulators that count.
pub struct Stage {
    pub installation: Killable,
    pub database: Filled,
    pub municipality: Uuid,
}

/// One database. It goes with this value.
pub struct Filled {
    /// For serving.
    pub url: String,
    /// Sees and may change every town hall's rows.
    pub owner_url: String,
    storage: Storage,
}

enum Storage {
    Folder(TempDir),
    /// Kept as long as this value; copies go when the next one is made.
    Cluster {
        _kept: Option<Name>,
    },
}

/// The name of a copy on PostgreSQL. There is one at a time.
const TURN: &str = "turn";

impl Stage {
    /// `people` in the one street and `riverside` in the other.
    pub async fn set(engine: Engine, people: u32, riverside: u32) -> Self {
        let database = Filled::prepare(engine).await;
        let mut settings = format!("url = \"{}\"", database.url);
        if let Some(url) = database.migrating_url() {
            settings.push_str(&format!("\nowner_url = \"{url}\""));
        }
        let program = env::current_exe().unwrap();
        let installation =
            Killable::prepare(Recording::Counts, &program, &settings, "lease_seconds = 25").await;
        installation.found();
        installation.employ("lead", LEAD);
        let connection = database.connect().await;
        let municipality = one(&connection, "SELECT id FROM municipalities").await;
        let at = Clock::system().now();
        for (first, people, street) in [(1, people, MAIN_STREET), (people + 1, riverside, RIVERSIDE)] {
            if people > 0 {
                let street = &street_key(street);
                Crowd { municipality, first, people, street, at }.sow(&connection).await.unwrap();
            }
        }
        if engine == Engine::Postgres {
            connection.execute_unprepared("VACUUM ANALYZE").await.unwrap();
        }
        connection.close().await.unwrap();
        Self { installation, database, municipality }
    }

    /// The same with a broadcast to all of them that is planned and of which nothing was sent.
    pub async fn planned(engine: Engine, people: u32) -> Self {
        let mut stage = Self::set(engine, people, 0).await;
        stage.answer_after(NEVER);
        stage.installation.start().await;
        stage.desk().await.send("important", &in_street(MAIN_STREET), people).await;
        stage.database.until_planned(people).await;
        stage.installation.kill();
        let connection = stage.database.connect().await;
        // Leased by nobody who lives, until everybody is ready. On SQLite whoever starts frees them.
        for sql in [
            "DELETE FROM send_batches",
            // What providers were asked meanwhile and never answered.
            "UPDATE deliveries SET attempts = 0, reason = NULL, due_at = (SELECT min(created_at) FROM work_chunks) \
             WHERE attempts <> 0",
            "DELETE FROM attempts",
            "UPDATE work_chunks SET state = 'leased', owner = id, lease_until = '2100-01-01T00:00:00Z'",
        ] {
            connection.execute_unprepared(sql).await.unwrap();
        }
        if engine == Engine::Postgres {
            connection.execute_unprepared("VACUUM ANALYZE").await.unwrap();
        }
        connection.close().await.unwrap();
        stage.answer_after(Duration::ZERO);
        stage
    }

    pub fn answer_after(&self, latency: Duration) {
        self.installation.apns.set_latency(latency);
        self.installation.fcm.set_latency(latency);
    }

    /// A server of a copy, in a process of its own, that works on so many chunks at the same time.
    pub async fn serve(&self, database: &Filled, role: &str, concurrency: usize) -> Served {
        let ops = free_address();
        let mut command = self.installation.command(&format!("serve --role {role}"));
        command
            .env("RATHAUS__DATABASE__URL", &database.url)
            .env("RATHAUS__WORKER__CONCURRENCY", concurrency.to_string())
            .env("RATHAUS__HTTP__OPS_LISTEN", ops.to_string());
        if let Some(url) = database.migrating_url() {
            command.env("RATHAUS__DATABASE__OWNER_URL", url);
        }
        // A worker listens for operators only.
        let listens = if role == "worker" { ops } else { self.installation.address };
        let server = Server::start(&mut command, listens).await;
        Served { server, metrics: format!("http://{ops}/metrics") }
    }

    /// Those who write broadcasts, once somebody serves.
    pub async fn desk(&self) -> Broadcaster {
        Broadcaster::sign_in(self.installation.address).await
    }

    /// Requests that providers took so far.
    pub fn taken(&self) -> u64 {
        let Killable { apns, fcm, .. } = &self.installation;
        let (apns, fcm) = (apns.counts(), fcm.counts());
        assert_eq!((apns.violations, fcm.violations), (0, 0), "{:?} {:?}", apns.refused, fcm.refused);
        apns.accepted + fcm.accepted
    }
}

/// A serving process.
pub struct Served {
    pub server: Server,
    metrics: String,
}

impl Served {
    /// The longest that anybody had the right to write, in milliseconds.
    pub async fn longest_write(&self) -> f64 {
        let page = get(&self.metrics).await.unwrap().text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("write_turn_longest_seconds "));
        line.unwrap().parse::<f64>().unwrap() * 1000.0
    }
}

impl Filled {
    async fn prepare(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::in_folder(tempfile::tempdir().unwrap()),
            Engine::Postgres => {
                let name = postgres::create_database(true, &DURABLE).await;
                let (url, owner_url) = (name.url(postgres::APP), name.url("postgres"));
                Self { url, owner_url, storage: Storage::Cluster { _kept: Some(name) } }
            }
        }
    }

    fn in_folder(folder: TempDir) -> Self {
        let url = format!("sqlite://{}", folder.path().join("rathaus.db").display());
        Self { url: url.clone(), owner_url: url, storage: Storage::Folder(folder) }
    }

    /// Another one with the same rows, which takes the place of the last one made. Nobody may be connected to
    /// either.
    pub async fn copy(&self) -> Self {
        if let Storage::Folder(folder) = &self.storage {
            let other = tempfile::tempdir().unwrap();
            for name in ["rathaus.db", "rathaus.db-wal"] {
                let file = folder.path().join(name);
                if file.exists() {
                    fs::copy(file, other.path().join(name)).unwrap();
                }
            }
            return Self::in_folder(other);
        }
        let (server, name) = self.owner_url.rsplit_once('/').unwrap();
        let connection = connect(&format!("{server}/postgres")).await;
        let owner = postgres::OWNER;
        for sql in [
            format!("DROP DATABASE IF EXISTS {TURN} WITH (FORCE)"),
            format!("CREATE DATABASE {TURN} TEMPLATE {name} OWNER {owner} STRATEGY FILE_COPY"),
        ] {
            connection.execute_unprepared(&sql).await.unwrap();
        }
        connection.close().await.unwrap();
        let renamed = |url: &str| format!("{}/{TURN}", url.rsplit_once('/').unwrap().0);
        let storage = Storage::Cluster { _kept: None };
        Self { url: renamed(&self.url), owner_url: renamed(&self.owner_url), storage }
    }

    /// As whom to migrate, where that is another role.
    fn migrating_url(&self) -> Option<String> {
        let separate = matches!(self.storage, Storage::Cluster { .. });
        separate.then(|| self.url.replacen(postgres::APP, postgres::OWNER, 1))
    }

    /// A connection that sees and may change every town hall's rows.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.owner_url).await
    }

    /// Waits until so many people are planned, and those are all.
    pub async fn until_planned(&self, people: u32) {
        let connection = self.connect().await;
        let sql = "SELECT CASE WHEN planned THEN people ELSE -1 END FROM broadcasts";
        eventually("everybody to be planned", PATIENCE, async || {
            (one::<i64>(&connection, sql).await == i64::from(people)).then_some(())
        })
        .await;
        connection.close().await.unwrap();
    }

    /// Fails unless that many deliveries were sent.
    pub async fn assert_sent(&self, people: u32) {
        let connection = self.connect().await;
        let sent: i64 = one(&connection, "SELECT count(*) FROM deliveries WHERE state = 'sent'").await;
        assert_eq!(sent, i64::from(people));
        connection.close().await.unwrap();
    }

    /// Fails unless that many deliveries are there.
    pub async fn assert_planned(&self, people: u32) {
        let connection = self.connect().await;
        let planned: i64 = one(&connection, "SELECT count(*) FROM deliveries").await;
        assert_eq!(planned, i64::from(people), "each has a delivery");
        connection.close().await.unwrap();
    }

    /// Lets go of what [`Stage::planned`] has nobody claim.
    pub async fn open(&self) {
        let connection = self.connect().await;
        let open = "UPDATE work_chunks SET state = 'pending', owner = NULL, lease_until = NULL WHERE state = 'leased' \
                    AND owner = id";
        connection.execute_unprepared(open).await.unwrap();
        connection.close().await.unwrap();
    }
}

async fn connect(owner_url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(owner_url);
    // As durable as Rathaus has it.
    options.max_connections(4).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
        sqlite.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full)
    });
    Database::connect(options).await.unwrap()
}

/// Waits until nothing of a database is left to send.
pub async fn until_all_sent(owner_url: &str) {
    let connection = connect(owner_url).await;
    let open = "SELECT count(*) FROM work_chunks WHERE state <> 'done'";
    eventually("everything to be sent", PATIENCE, async || {
        (one::<i64>(&connection, open).await == 0).then_some(())
    })
    .await;
    connection.close().await.unwrap();
}

/// The audience of all who live there.
pub fn in_street(name: &str) -> Value {
    json!({"street": {"name": name}})
}

/// The one value that a query gives.
pub async fn one<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str) -> T {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}
