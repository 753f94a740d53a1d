//! The server is killed (SIGKILL) while a broadcast becomes deliveries.

use std::{path::Path, time::Duration};

use api::clock::Clock;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use serde_json::json;
use simulators::Recording;

use crate::support::{
    TestDatabase,
    broadcaster::{Broadcaster, LEAD},
    crowd::Crowd,
    eventually::eventually,
    killable::Killable,
    on_both,
};

on_both!(killed_while_it_is_planned_everybody_has_one_delivery_and_planning_again_adds_none);

const SOON: Duration = Duration::from_secs(60);
/// Two and a half slices.
const PEOPLE: u32 = 12_500;

/// What is written down: people the broadcast counts, people, deliveries, those that chunks were made for.
const BOOKS: &str = "SELECT (SELECT people FROM broadcasts), (SELECT count(*) FROM audience), \
                     (SELECT count(*) FROM deliveries), \
                     CAST((SELECT coalesce(sum(size), 0) FROM work_chunks) AS BIGINT)";

async fn numbers<const N: usize>(database: &DatabaseConnection, sql: &str) -> [i64; N] {
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let row = database.query_one_raw(statement).await.unwrap().unwrap();
    std::array::from_fn(|index| row.try_get_by_index(index).unwrap())
}

/// Waits until so many people are planned.
async fn until_planned(database: &DatabaseConnection, people: i64) {
    eventually("people to be planned", SOON, async || {
        (numbers::<1>(database, "SELECT people FROM broadcasts").await[0] >= people).then_some(())
    })
    .await;
}

async fn until_all_planned(database: &DatabaseConnection) {
    eventually("everybody to be planned", SOON, async || {
        let sql = "SELECT count(*) FROM broadcasts WHERE planned";
        (numbers::<1>(database, sql).await == [1]).then_some(())
    })
    .await;
}

async fn killed_while_it_is_planned_everybody_has_one_delivery_and_planning_again_adds_none(
    database: TestDatabase,
) {
    let owner = database.serving_role.map(|_| format!("owner_url = \"{}\"", database.owner_url));
    let settings = format!("url = \"{}\"\n{}", database.url, owner.unwrap_or_default());
    let program = Path::new(env!("CARGO_BIN_EXE_chaos"));
    let mut installation = Killable::prepare(Recording::Full, program, &settings, "concurrency = 1").await;
    installation.found();
    installation.employ("lead", LEAD);
    // Sending is not what this is about.
    installation.apns.set_latency(SOON);
    installation.fcm.set_latency(SOON);
    let books = Database::connect(&database.superuser_url).await.unwrap();
    let municipality = Statement::from_string(books.get_database_backend(), "SELECT id FROM municipalities");
    let municipality = books.query_one_raw(municipality).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let at = Clock::system().now();
    Crowd { municipality, first: 1, people: PEOPLE, street: "muldestrasse", at }.sow(&books).await.unwrap();

    installation.start().await;
    let desk = Broadcaster::sign_in(installation.address).await;
    desk.send("crisis", &json!({"everyone": true}), PEOPLE).await;
    for seen in [0, 1, 5_001] {
        // The next slice is on its way.
        until_planned(&books, seen).await;
        installation.kill();
        let [people, audience, deliveries, chunked] = numbers(&books, BOOKS).await;
        assert_eq!([audience, deliveries, chunked], [people; 3], "a slice is written as a whole");
        installation.start().await;
    }
    until_all_planned(&books).await;
    installation.kill();
    let everybody = [i64::from(PEOPLE); 4];
    assert_eq!(numbers(&books, BOOKS).await, everybody);
    let ladder = "SELECT count(*) FROM audience WHERE reason IS NULL AND next_at IS NOT NULL";
    assert_eq!(numbers(&books, ladder).await, [i64::from(PEOPLE)]);

    let anew = "UPDATE broadcasts SET planned = false, planned_through = NULL, people = 0";
    books.execute_unprepared(anew).await.unwrap();
    installation.start().await;
    until_all_planned(&books).await;
    assert_eq!(numbers(&books, BOOKS).await, everybody, "planned once more, nothing is there twice");
    books.close().await.unwrap();
}
