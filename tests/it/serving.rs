//! A process as an operator meets it: started, asked whether it is well, stopped.

use api::{cli::Role, clock::Clock, database, server::Server};
use reqwest::Method;
use serde_json::Value;

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
    installation.get("/metrics").expect_problem(404, "not_found").await;
}
