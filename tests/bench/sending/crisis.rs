//! A crisis behind news that wait to be sent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    Amount,
    stage::{MAIN_STREET, RIVERSIDE, Stage, in_street},
};
use crate::{eventually::eventually, report::Figure};

/// So slowly do providers answer while the news are planned: few of them leave.
const SLOWLY: Duration = Duration::from_secs(2);
/// And so slowly afterwards, as across the internet.
const USUALLY: Duration = Duration::from_millis(50);
/// Longer than a crisis takes.
const PATIENCE: Duration = Duration::from_secs(300);

pub async fn measure(Amount { engine, people, .. }: Amount) -> Vec<Figure> {
    // A hundredth of the town lives at the river.
    let near = people / 100;
    let stage = Stage::set(engine, people, near).await;
    stage.answer_after(SLOWLY);
    let served = stage.serve(&stage.database, "all", 4).await;
    let desk = stage.desk().await;
    desk.send("important", &in_street(MAIN_STREET), people).await;
    stage.database.until_planned(people).await;
    stage.answer_after(USUALLY);
    // What was on its way slowly has arrived.
    sleep(SLOWLY + Duration::from_secs(1)).await;
    let warning = desk.submit("crisis", &in_street(RIVERSIDE)).await;
    desk.approve(&warning, near).await;
    let warning: Uuid = warning.parse().unwrap();
    let connection = stage.database.connect().await;
    let sent = "SELECT count(*) FROM deliveries WHERE message_id = $1 AND state = 'sent'";
    eventually("the crisis to be sent", PATIENCE, async || {
        sleep(Duration::from_millis(200)).await;
        (of::<i64>(&connection, sent, warning).await == i64::from(near)).then_some(())
    })
    .await;
    let news = "SELECT count(*) FROM deliveries WHERE message_id <> $1 AND state = 'pending'";
    let behind: i64 = of(&connection, news, warning).await;
    assert!(behind > 0, "news were waiting all the time");
    println!("{behind} news still waiting when the last warning had left");
    let approved: DateTime<Utc> =
        of(&connection, "SELECT approved_at FROM broadcasts WHERE id = $1", warning).await;
    let mut figures = Vec::new();
    for (name, sql) in [
        ("crisis_first_send", "SELECT min(at) FROM attempts WHERE message_id = $1"),
        ("crisis_last_send", "SELECT max(at) FROM attempts WHERE message_id = $1"),
    ] {
        let at: DateTime<Utc> = of(&connection, sql, warning).await;
        figures.push(Figure::alone(
            name.to_owned(),
            "seconds",
            (at - approved).num_milliseconds() as f64 / 1000.0,
        ));
    }
    connection.close().await.unwrap();
    let memory = served.server.peak_mebibytes();
    figures.push(Figure::alone("crisis: most memory resident".to_owned(), "mebibytes", memory));
    figures
}

/// The one value that a query about a broadcast gives.
async fn of<T: sea_orm::TryGetable>(connection: &DatabaseConnection, sql: &str, broadcast: Uuid) -> T {
    let statement =
        Statement::from_sql_and_values(connection.get_database_backend(), sql, [broadcast.into()]);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}
