//! What every test stands on: a database of its own on either engine, and waiting with a deadline.
//!
//! A test is an async function of one [`Fixture`]; [`on_both!`] names it once more and so declares it
//! twice, as `…::name::sqlite` and `…::name::postgres`. A function left out of the list is dead code,
//! which clippy refuses.

pub mod broadcaster;
pub mod crowd;
pub mod eventually;
pub mod http;
pub mod installation;
pub mod killable;
mod letters;
pub mod postgres;
mod rows;
mod sqlite;
pub mod town;

use std::{env, future::Future};

use tempfile::TempDir;

/// Settings of PostgreSQL for tests: many databases, and nothing that survives a loss of power.
const FAST: [&str; 4] =
    ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400"];

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A fresh, migrated database.
pub struct TestDatabase {
    pub engine: Engine,
    /// For serving.
    pub url: String,
    /// For migrating: another role's on PostgreSQL.
    pub owner_url: String,
    /// For looking past row-level security.
    pub superuser_url: String,
    /// The role of `url`, where there are roles.
    pub serving_role: Option<&'static str>,
    _storage: Storage,
}

/// What goes when the test ends, also after a panic.
enum Storage {
    Folder { _removed_on_drop: TempDir },
    Cluster { _dropped_later: postgres::Name },
}

/// A fresh database without any table.
pub struct EmptyDatabase(pub TestDatabase);

impl TestDatabase {
    async fn create(engine: Engine, migrated: bool) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = sqlite::create_database(&folder.path().join("rathaus.db"), migrated).await;
                let (owner_url, superuser_url) = (url.clone(), url.clone());
                let storage = Storage::Folder { _removed_on_drop: folder };
                Self { engine, url, owner_url, superuser_url, serving_role: None, _storage: storage }
            }
            Engine::Postgres => {
                let name = postgres::create_database(migrated, &FAST).await;
                let (url, owner_url) = (name.url(postgres::APP), name.url(postgres::OWNER));
                let superuser_url = name.url("postgres");
                let storage = Storage::Cluster { _dropped_later: name };
                Self {
                    engine,
                    url,
                    owner_url,
                    superuser_url,
                    serving_role: Some(postgres::APP),
                    _storage: storage,
                }
            }
        }
    }
}

/// What a test takes as its argument.
pub trait Fixture: Sized {
    fn on(engine: Engine) -> impl Future<Output = Self>;
}

impl Fixture for TestDatabase {
    async fn on(engine: Engine) -> Self {
        Self::create(engine, true).await
    }
}

impl Fixture for EmptyDatabase {
    async fn on(engine: Engine) -> Self {
        Self(TestDatabase::create(engine, false).await)
    }
}

/// Runs one test on one engine.
pub fn run<F: Fixture, Running: Future<Output = ()>>(engine: Engine, test: impl FnOnce(F) -> Running) {
    if engine == Engine::Postgres && env::var("RATHAUS_TEST_DATABASES").is_ok_and(|only| only == "sqlite") {
        eprintln!("left out: RATHAUS_TEST_DATABASES=sqlite");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { test(F::on(engine).await).await });
}

/// Declares each named test on both databases.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test]
            fn sqlite() {
                $crate::support::run($crate::support::Engine::Sqlite, super::$test);
            }
            #[test]
            fn postgres() {
                $crate::support::run($crate::support::Engine::Postgres, super::$test);
            }
        }
    )+};
}
pub(crate) use on_both;
