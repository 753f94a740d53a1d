//! Where things are kept: who can read it, and what happens where it cannot be written.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use api::{cli::Role, clock::Clock, server::Server};
use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::support::{
    EmptyDatabase, Engine, TestDatabase,
    installation::{Installation, config},
    on_both,
};

on_both!(
    only_its_owner_reads_what_is_kept,
    a_place_that_cannot_be_written_is_named,
    what_cannot_be_written_now_is_asked_for_later,
);

/// Nobody can write here, whoever they are.
const UNWRITABLE: &str = "/proc/rathaus";

/// A folder with everything in it.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(all_in(&path)) } else { found.push(path) }
    }
    found
}

async fn only_its_owner_reads_what_is_kept(EmptyDatabase(database): EmptyDatabase) {
    let files = tempfile::tempdir().unwrap();
    let data = files.path().join("data");
    let mut config = config(&database, &files);
    config.files.url = format!("file://{}", data.join("files").display());
    match database.engine {
        Engine::Sqlite => {
            let url = format!("sqlite://{}", data.join("rathaus.db").display());
            config.database.url = url.try_into().unwrap();
            config.auth.secret = None;
        }
        Engine::Postgres => config.database.owner_url = Some(database.owner_url.clone().try_into().unwrap()),
    }
    let server = Server::start(config, Clock::system(), Role::Api).await.unwrap();
    let kept = all_in(&data);
    for path in &kept {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}: {mode:o}", path.display());
    }
    let names = ["rathaus.db", "rathaus.db-wal", "rathaus.db-shm", "rathaus.lock", "rathaus.secret"];
    let expected = match database.engine {
        Engine::Sqlite => &names[..],
        Engine::Postgres => &[],
    };
    for name in expected {
        assert!(kept.contains(&data.join(name)), "{name} is not among {kept:?}");
    }
    server.stop().await.unwrap();
}

async fn a_place_that_cannot_be_written_is_named(database: TestDatabase) {
    let files = tempfile::tempdir().unwrap();
    let config = config(&database, &files);
    let refused = async |config| {
        let started = Server::start(config, Clock::system(), Role::Api).await;
        started.map(drop).unwrap_err().to_string()
    };
    for folder in [UNWRITABLE, "/proc"] {
        let mut elsewhere = config.clone();
        elsewhere.files.url = format!("file://{folder}");
        let sentence = refused(elsewhere).await;
        assert!(sentence.contains("files.url") && sentence.contains(folder), "{sentence}");
        let mut elsewhere = config.clone();
        elsewhere.database.url = format!("sqlite://{folder}/rathaus.db").try_into().unwrap();
        let sentence = refused(elsewhere).await;
        assert!(sentence.contains(&format!("{folder}/rathaus.db")), "{sentence}");
    }
}

/// Lets nothing be written to the database that is served, as when its disk is mounted read-only or its
/// server became a standby; or lets it be written again.
async fn set_read_only(rathaus: &Installation, read_only: bool) {
    match rathaus.database().engine {
        Engine::Sqlite => {
            let writer = rathaus.store().connections().writer();
            writer.execute_unprepared(&format!("PRAGMA query_only = {read_only}")).await.unwrap();
        }
        Engine::Postgres => {
            let mut options = ConnectOptions::new(&rathaus.database().superuser_url);
            options.max_connections(1);
            let superuser = Database::connect(options).await.unwrap();
            superuser.execute_unprepared("SET default_transaction_read_only = off").await.unwrap();
            let set = format!(
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {read_only}', \
                 current_database()); END $$"
            );
            superuser.execute_unprepared(&set).await.unwrap();
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            superuser.execute_unprepared(end).await.unwrap();
            superuser.close().await.unwrap();
            // Each broken connection of the pool is found out by one request.
            for _ in 0..20 {
                rathaus.get("/v1/municipalities").send().await;
                rathaus.post("/v1/auth/guest-sessions", &json!({})).send().await;
            }
        }
    }
}

async fn what_cannot_be_written_now_is_asked_for_later(rathaus: Installation) {
    rathaus.found("bad-dueben", "Bad Düben").await;
    rathaus.guest().await;
    set_read_only(&rathaus, true).await;
    let before = rathaus.rows().await;
    let refused = rathaus.post("/v1/auth/guest-sessions", &json!({})).expect_problem(503, "overloaded").await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(rathaus.rows().await, before, "nothing was written");
    rathaus.get("/v1/municipalities/bad-dueben/categories").expect::<Value>(200).await;
    set_read_only(&rathaus, false).await;
    rathaus.guest().await;
}
