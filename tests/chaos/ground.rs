//! The database under Rathaus: looked into beside it, and brought down with it.

use std::{fs, path::PathBuf, time::Duration};

use clap::ValueEnum;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, QueryResult, Statement};
use tempfile::TempDir;

use crate::{
    eventually::eventually,
    postgres::{self, Name},
};

/// As an operator runs it: what was committed is on the disk.
const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// What Rathaus stores in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A fresh database. It goes with this value.
pub struct Ground {
    /// Members of the section `database` in the settings.
    pub settings: String,
    /// Sees the rows of every town hall.
    url: String,
    storage: Storage,
}

enum Storage {
    Folder { _removed_on_drop: TempDir },
    Cluster { _dropped_later: Name, data: PathBuf },
}

impl Ground {
    pub async fn prepare(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("rathaus.db").display());
                let settings = format!("url = \"{url}\"");
                Self { settings, url, storage: Storage::Folder { _removed_on_drop: folder } }
            }
            Engine::Postgres => {
                let name = postgres::create_database(true, &DURABLE).await;
                let settings = format!(
                    "url = \"{}\"\nowner_url = \"{}\"",
                    name.url(postgres::APP),
                    name.url(postgres::OWNER)
                );
                let url = name.url("postgres");
                let mut ground = Self {
                    settings,
                    url,
                    storage: Storage::Cluster { _dropped_later: name, data: PathBuf::new() },
                };
                let shown: String = ground.rows("SHOW data_directory").await[0].try_get_by_index(0).unwrap();
                if let Storage::Cluster { data, .. } = &mut ground.storage {
                    *data = shown.into();
                }
                ground
            }
        }
    }

    /// Stops the database as `pg_ctl stop -m immediate` does and waits until it is back, recovered.
    /// Answers whether it can be stopped at all: SQLite is part of the server.
    pub async fn crash(&self) -> bool {
        let Storage::Cluster { data, .. } = &self.storage else { return false };
        let running = fs::read_to_string(data.join("postmaster.pid")).unwrap();
        let pid = running.lines().next().unwrap();
        // The script that started it starts it again where it finds this.
        fs::write(data.with_file_name("again"), "").unwrap();
        let killed = std::process::Command::new("kill").args(["-QUIT", pid]).status();
        assert!(killed.unwrap().success());
        eventually("the database to go down", Duration::from_secs(30), async || {
            let now = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            (now.lines().next() != Some(pid)).then_some(())
        })
        .await;
        eventually("the database to recover", Duration::from_secs(60), async || {
            self.connect().await.ok()?.close().await.ok()
        })
        .await;
        true
    }

    /// What a query gives.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let database = self.connect().await.unwrap();
        let statement = Statement::from_string(database.get_database_backend(), sql);
        let rows = database.query_all_raw(statement).await.unwrap();
        database.close().await.unwrap();
        rows
    }

    /// A connection that sees and may change every town hall's rows.
    pub async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false).connect_timeout(Duration::from_secs(1));
        Database::connect(options).await
    }
}
