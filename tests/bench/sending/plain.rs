//! The same work in plain SQL: what it costs at least.

use api::clock::Clock;
use chrono::TimeDelta;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionTrait, Value};
use serde_json::json;
use uuid::Uuid;

use crate::crowd::{hex, uuid};

/// Rows claimed and completed together.
const BATCH: u32 = 1_000;

/// Everybody's row and delivery, in the order of their keys, as one transaction of two large statements.
pub async fn fan_out(connection: &DatabaseConnection, municipality: Uuid) {
    let backend = connection.get_database_backend();
    let now = Clock::system().now();
    let (town, message): (Value, Value) = (municipality.into(), Clock::system().uuid().into());
    let chunk = uuid(backend, &hex(backend, 32));
    let tx = connection.begin().await.unwrap();
    for (sql, values) in [
        (
            "INSERT INTO messages (municipality_id, id, severity, kind, params, expires_at, created_at) \
             VALUES ($1, $2, 'important', 'broadcast', $3, $4, $5)"
                .to_owned(),
            vec![json!({}).into(), (now + TimeDelta::hours(6)).into(), now.into()],
        ),
        (
            "INSERT INTO audience (municipality_id, message_id, person_id, rung) SELECT $1, $2, person_id, 0 \
             FROM follows WHERE municipality_id = $1 AND chosen_at IS NOT NULL ORDER BY person_id"
                .to_owned(),
            vec![],
        ),
        (
            format!(
                "INSERT INTO deliveries (municipality_id, message_id, contact_point_id, person_id, channel, state, \
                 chunk_id, due_at, attempts, updated_at) SELECT $1, $2, contact_point_id, person_id, channel, \
                 'pending', {chunk}, $3, 0, $3 FROM (SELECT contact_point_id, person_id, channel, \
                 (row_number() OVER (ORDER BY contact_point_id) - 1) / 500 AS i FROM reach \
                 WHERE municipality_id = $1 AND active AND important) AS numbered ORDER BY contact_point_id"
            ),
            vec![now.into()],
        ),
    ] {
        let values = [town.clone(), message.clone()].into_iter().chain(values);
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Rows that wait, of the width of deliveries.
pub async fn fill_queue(connection: &DatabaseConnection, rows: u32) {
    let fill = format!(
        "INSERT INTO plain_queue (id, message, contact_point, channel, state) WITH RECURSIVE n(i) AS (SELECT 1 \
         UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i, 'a message of thirty-two bytes..', \
         'a contact point of that width...', 'push', 'pending' FROM n"
    );
    for sql in [
        "CREATE TABLE plain_queue (id bigint PRIMARY KEY, message varchar(36) NOT NULL, \
         contact_point varchar(36) NOT NULL, channel varchar(16) NOT NULL, state varchar(16) NOT NULL, owner bigint)",
        "CREATE INDEX plain_queue_state ON plain_queue (state, id)",
        &fill,
    ] {
        connection.execute_unprepared(sql).await.unwrap();
    }
}

/// Claims and completes all rows, batch by batch, in as many hands as the database has writers.
pub async fn work_off(connection: &DatabaseConnection) {
    let hands = if connection.get_database_backend() == DbBackend::Postgres { 4 } else { 1 };
    join_all((1..=hands).map(|owner| work(connection, owner))).await;
    let left = "SELECT count(*) FROM plain_queue WHERE state <> 'sent'";
    assert_eq!(super::stage::one::<i64>(connection, left).await, 0);
}

async fn work(connection: &DatabaseConnection, owner: i64) {
    let backend = connection.get_database_backend();
    let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let claim = format!(
        "UPDATE plain_queue SET state = 'leased', owner = $1 WHERE id IN (SELECT id FROM plain_queue \
         WHERE state = 'pending' ORDER BY id LIMIT {BATCH} {skip})"
    );
    let complete =
        "UPDATE plain_queue SET state = 'sent', owner = NULL WHERE state = 'leased' AND owner = $1";
    loop {
        let claim = Statement::from_sql_and_values(backend, &claim, [owner.into()]);
        if connection.execute_raw(claim).await.unwrap().rows_affected() == 0 {
            return;
        }
        let complete = Statement::from_sql_and_values(backend, complete, [owner.into()]);
        connection.execute_raw(complete).await.unwrap();
    }
}
