//! The schema as an operator meets it.

use infrastructure::db::{
    ConnectError, Connections,
    migrate::{check, migrate},
};
use sea_orm::{ConnectionTrait, Database};

use crate::support::{EmptyDatabase, Engine, TestDatabase, on_both};

on_both!(
    a_migrated_database_is_fit_to_serve,
    an_empty_database_is_refused,
    a_newer_database_is_refused,
    migrating_again_changes_nothing,
    two_may_migrate_at_once,
    the_serving_role_cannot_change_the_schema,
    who_is_bound_by_no_policy_does_not_serve,
);

async fn a_migrated_database_is_fit_to_serve(database: TestDatabase) {
    check(&open(&database).await).await.unwrap();
}

async fn an_empty_database_is_refused(EmptyDatabase(database): EmptyDatabase) {
    let refusal = check(&open(&database).await).await;
    assert!(matches!(refusal, Err(ConnectError::SchemaOlder)), "{refusal:?}");
}

async fn a_newer_database_is_refused(database: TestDatabase) {
    let owner = Database::connect(&database.owner_url).await.unwrap();
    owner.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await.unwrap();
    owner.close().await.unwrap();
    let refusal = check(&open(&database).await).await;
    assert!(matches!(refusal, Err(ConnectError::SchemaNewer)), "{refusal:?}");
}

async fn migrating_again_changes_nothing(database: TestDatabase) {
    migrate(&database.owner_url, database.serving_role).await.unwrap();
    check(&open(&database).await).await.unwrap();
}

async fn two_may_migrate_at_once(EmptyDatabase(database): EmptyDatabase) {
    let (one, other) = tokio::join!(
        migrate(&database.owner_url, database.serving_role),
        migrate(&database.owner_url, database.serving_role),
    );
    for outcome in [&one, &other] {
        // PostgreSQL lets the second wait; SQLite, which serves one process, turns it away.
        let in_use = matches!(outcome, Err(ConnectError::InUse(_))) && database.engine == Engine::Sqlite;
        assert!(outcome.is_ok() || in_use, "{outcome:?}");
    }
    assert!(one.is_ok() || other.is_ok());
    check(&open(&database).await).await.unwrap();
}

async fn the_serving_role_cannot_change_the_schema(database: TestDatabase) {
    let connections = open(&database).await;
    let attempt = connections.reader().execute_unprepared("CREATE TABLE another (id integer)").await;
    assert!(attempt.is_err());
}

async fn who_is_bound_by_no_policy_does_not_serve(database: TestDatabase) {
    for url in [&database.owner_url, &database.superuser_url] {
        let outcome = check(&Connections::open(url, 1).await.unwrap()).await;
        match database.engine {
            Engine::Postgres => assert!(matches!(outcome, Err(ConnectError::UnfitRole(_))), "{outcome:?}"),
            // It knows no roles.
            Engine::Sqlite => assert!(outcome.is_ok(), "{outcome:?}"),
        }
    }
}

async fn open(database: &TestDatabase) -> Connections {
    Connections::open(&database.url, 2).await.unwrap()
}
