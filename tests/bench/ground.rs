//! The databases that Rathaus and the bare handler stand on: one each, on the same engine with the same
//! settings.

use clap::ValueEnum;
use sea_orm::{ConnectionTrait, Database, Statement};
use tempfile::TempDir;

use crate::postgres::{self, Name};

/// As durable as PostgreSQL comes, and as SQLite with `synchronous=FULL` is.
pub const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A fresh database for each side. They go with this value.
pub struct Ground {
    /// For Rathaus to serve with.
    pub url: String,
    /// For Rathaus to migrate with, where another role does that.
    pub owner_url: Option<String>,
    /// For the bare handler.
    pub bare_url: String,
    /// Sees the rows of every town hall.
    counting_url: String,
    /// For files besides.
    pub folder: TempDir,
    databases: Option<[Name; 2]>,
}

impl Ground {
    pub async fn prepare(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
                let (url, bare_url) = (url("rathaus.db"), url("bare.db"));
                Self { counting_url: url.clone(), url, owner_url: None, bare_url, folder, databases: None }
            }
            Engine::Postgres => {
                let ours = postgres::create_database(true, &DURABLE).await;
                let bare = postgres::create_database(false, &DURABLE).await;
                Self {
                    url: ours.url(postgres::APP),
                    owner_url: Some(ours.url(postgres::OWNER)),
                    bare_url: bare.url(postgres::OWNER),
                    counting_url: ours.url("postgres"),
                    folder,
                    databases: Some([ours, bare]),
                }
            }
        }
    }

    /// How many complaints Rathaus keeps.
    pub async fn complaints(&self) -> u64 {
        let database = Database::connect(&self.counting_url).await.unwrap();
        let sql = "SELECT count(*) AS complaints FROM complaints";
        let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await;
        let count: i64 = row.unwrap().unwrap().try_get("", "complaints").unwrap();
        database.close().await.unwrap();
        u64::try_from(count).unwrap()
    }

    /// PostgreSQL looks at what is stored now and not at some time during the measuring.
    pub async fn take_stock(&self) {
        for name in self.databases.iter().flatten() {
            let database = Database::connect(name.url("postgres")).await.unwrap();
            database.execute_unprepared("VACUUM ANALYZE").await.unwrap();
            database.close().await.unwrap();
        }
    }
}
