//! A process as an operator meets it: started, asked whether it is well, stopped.

use api::{cli::Role, clock::Clock, database, server::Server};
use domain::{Scope, Store};
use futures::future::join_all;
use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};

use crate::support::{
    EmptyDatabase, Engine, TestDatabase,
    installation::{Installation, config},
    on_both,
};

on_both!(
    a_server_is_ready_and_stops,
    a_database_without_tables_is_migrated_or_named,
    a_second_process_is_named,
    migrating_needs_the_owner,
    operators_see_metrics_and_the_public_does_not,
    reads_go_on_while_writers_wait,
    a_database_that_restarts_is_waited_for,
);

async fn a_server_is_ready_and_stops(installation: Installation) {
    installation.get("/livez").expect::<Value>(200).await;
    installation.get("/readyz").expect::<Value>(200).await;
    let gone = installation.request(Method::GET, "/livez");
    installation.server.stop().await.unwrap();
    assert!(gone.send().await.is_err());
}

async fn a_database_without_tables_is_migrated_or_named(EmptyDatabase(database): EmptyDatabase) {
    let files = tempfile::tempdir().unwrap();
    let mut config = config(&database, &files);
    if database.engine == Engine::Postgres {
        let refusal = Server::start(config.clone(), Clock::system(), Role::Api).await.map(drop);
        let sentence = refusal.unwrap_err().to_string();
        assert!(sentence.contains("rathaus migrate"), "{sentence}");
        config.database.owner_url = Some(database.owner_url.clone().try_into().unwrap());
    }
    let server = Server::start(config, Clock::system(), Role::Api).await.unwrap();
    server.stop().await.unwrap();
}

async fn a_second_process_is_named(database: TestDatabase) {
    let files = tempfile::tempdir().unwrap();
    let config = config(&database, &files);
    let first = Server::start(config.clone(), Clock::system(), Role::Api).await.unwrap();
    let second = Server::start(config, Clock::system(), Role::Worker).await;
    match database.engine {
        Engine::Sqlite => {
            let sentence = second.map(drop).unwrap_err().to_string();
            assert!(sentence.contains("in use by another rathaus process"), "{sentence}");
        }
        Engine::Postgres => {
            let second = second.unwrap();
            assert_eq!(second.address(), None, "a worker does not listen");
            second.stop().await.unwrap();
        }
    }
    first.stop().await.unwrap();
}

async fn migrating_needs_the_owner(EmptyDatabase(database): EmptyDatabase) {
    let files = tempfile::tempdir().unwrap();
    let mut config = config(&database, &files);
    if database.engine == Engine::Postgres {
        let sentence = database::bring_up_to_date(&config).await.unwrap_err().to_string();
        assert!(sentence.contains("database.owner_url"), "{sentence}");
        config.database.owner_url = Some(database.owner_url.clone().try_into().unwrap());
    }
    database::bring_up_to_date(&config).await.unwrap();
    database::open(&config).await.unwrap();
}

async fn operators_see_metrics_and_the_public_does_not(installation: Installation) {
    installation.get("/v1/nothing-here/4f1c").expect_problem(404, "not_found").await;
    installation.get("/livez").expect::<Value>(200).await;
    let ops = installation.server.ops_address();
    let seen = reqwest::get(format!("http://{ops}/metrics")).await.unwrap().text().await.unwrap();
    assert!(seen.contains(r#"http_requests_total{route="/livez",method="GET",status="200"}"#), "{seen}");
    assert!(seen.contains("http_request_seconds_bucket"), "{seen}");
    // Labels are patterns: what somebody typed never becomes one.
    assert!(!seen.contains("4f1c"), "{seen}");
    let ready = reqwest::get(format!("http://{ops}/readyz")).await.unwrap();
    assert_eq!(ready.status(), 200);
    let details: Value = serde_json::from_str(&ready.text().await.unwrap()).unwrap();
    assert_eq!(details, json!({"ready": true, "database": true, "stopping": false, "resting_gateways": []}));
    installation.get("/metrics").expect_problem(404, "not_found").await;
}

async fn reads_go_on_while_writers_wait(installation: Installation) {
    installation.found("bad-dueben", "Bad Düben").await;
    let now = installation.clock.now();
    let slow = installation.store().begin(Scope::Installation).await.unwrap();
    // The row that every guest from this address must count in.
    slow.count("guests_per_client", ("127.0.0.1", 1), now, now).await.unwrap();
    let guests = (0..40).map(|_| installation.post("/v1/auth/guest-sessions", &json!({})).send());
    let mut guests = std::pin::pin!(join_all(guests));
    let mut reads = 0;
    let waited = loop {
        let read = installation.get("/v1/municipalities/bad-dueben/categories").send();
        tokio::select! {
            answers = &mut guests => break answers,
            read = read => assert_eq!(read.status, 200, "{}", read.body),
        }
        reads += 1;
    };
    assert!(reads > 0);
    assert!(waited.iter().all(|answer| answer.status == 503), "whoever waited too long comes back");
}

async fn a_database_that_restarts_is_waited_for(installation: Installation) {
    installation.found("bad-dueben", "Bad Düben").await;
    let read = || installation.get("/v1/municipalities/bad-dueben/categories").send();
    join_all((0..20).map(|_| read())).await;
    let db = installation.store().transaction(Scope::Installation).await.unwrap();
    if db.backend() == DbBackend::Postgres {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()";
        db.connection().execute_unprepared(end).await.unwrap();
    }
    drop(db);
    let mut answers = Vec::new();
    // Each broken connection of the pool is found out by one request.
    for _ in 0..20 {
        answers.push(read().await);
    }
    for answer in &answers {
        let waits = answer.status == 503 && answer.headers.contains_key("retry-after");
        assert!(answer.status == 200 || waits, "{}", answer.body);
    }
    assert_eq!(answers.last().unwrap().status, 200, "without a restart of this process");
}
