//! What Prometheus is told of a backlog, by a process of its own: the numbers are the process's.

use std::{collections::BTreeSet, path::Path, time::Duration};

use api::clock::Clock;
use chrono::TimeDelta;
use reqwest::get;
use sea_orm::{ConnectionTrait, Database, Statement};
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

on_both!(a_backlog_shows_by_its_age_and_no_town_is_a_label);

const SOON: Duration = Duration::from_secs(30);
const PEOPLE: u32 = 40;
/// Series one process may have, however many towns there are.
const MOST_SERIES: usize = 2_000;
/// Everything series are told apart by. None of it grows with towns, people or messages.
const LABELS: [&str; 15] = [
    "channel", "class", "gateway", "kind", "lane", "le", "method", "news", "outcome", "quantile", "reason",
    "route", "state", "status", "what",
];

/// The sum of what begins so.
fn sum(seen: &str, series: &str) -> f64 {
    let values = seen.lines().filter(|line| line.starts_with(series));
    values.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

/// The names of all labels. No value holds a quotation mark, so it is enough to look between them.
fn labels(seen: &str) -> BTreeSet<String> {
    let sets = seen.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{'));
    let outside =
        sets.flat_map(|(_, rest)| rest.split('"').step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let names = outside.filter_map(|text| Some(text.trim_start_matches(',').strip_suffix('=')?.to_owned()));
    names.collect()
}

async fn a_backlog_shows_by_its_age_and_no_town_is_a_label(database: TestDatabase) {
    let owner = database.serving_role.map(|_| format!("owner_url = \"{}\"", database.owner_url));
    let settings = format!("url = \"{}\"\n{}", database.url, owner.unwrap_or_default());
    let program = Path::new(env!("CARGO_BIN_EXE_chaos"));
    let mut installation = Killable::prepare(Recording::Full, program, &settings, "concurrency = 1").await;
    installation.found();
    installation.employ("lead", LEAD);
    let books = Database::connect(&database.superuser_url).await.unwrap();
    let municipality = Statement::from_string(books.get_database_backend(), "SELECT id FROM municipalities");
    let municipality = books.query_one_raw(municipality).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    let at = Clock::system().now();
    Crowd { municipality, first: 1, people: PEOPLE, street: "muldestrasse", at }.sow(&books).await.unwrap();

    installation.start().await;
    let ops = format!("http://{}/metrics", installation.ops);
    let look = async || get(&ops).await.unwrap().text().await.unwrap();
    let desk = Broadcaster::sign_in(installation.address).await;
    desk.send("important", &json!({"everyone": true}), PEOPLE).await;
    let sent = r#"deliveries_total{channel="push",outcome="sent"}"#;
    eventually("all to be counted", SOON, async || {
        (sum(&look().await, sent) == f64::from(PEOPLE)).then_some(())
    })
    .await;

    // One broadcast holds the only place while the providers hang; the next one waits behind it.
    installation.apns.set_latency(SOON);
    installation.fcm.set_latency(SOON);
    desk.send("important", &json!({"everyone": true}), PEOPLE).await;
    let books = &books;
    let count = async |state: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM work_chunks WHERE state = '{state}'");
        let rows = Statement::from_string(books.get_database_backend(), sql);
        books.query_one_raw(rows).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    };
    eventually("one at work", SOON, async || (count("leased").await == 1).then_some(())).await;
    desk.send("important", &json!({"everyone": true}), PEOPLE).await;
    eventually("one to wait", SOON, async || (count("pending").await >= 1).then_some(())).await;
    let long_ago = Clock::system().now() - TimeDelta::hours(2);
    let aged = "UPDATE work_chunks SET due_at = $1 WHERE state = 'pending'";
    let aged = Statement::from_sql_and_values(books.get_database_backend(), aged, [long_ago.into()]);
    books.execute_raw(aged).await.unwrap();
    let oldest = |lane: &str| format!("queue_oldest_seconds{{lane=\"{lane}\"}}");
    let seen = eventually("its age", SOON, async || {
        let seen = look().await;
        (sum(&seen, &oldest("important")) > 7_190.0).then_some(seen)
    })
    .await;
    assert!(seen.contains(&oldest("crisis")), "each lane is told: {seen}");
    assert_eq!(sum(&seen, &oldest("crisis")), 0.0, "no other lane is behind");

    let series = seen.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
    println!("{series} series");
    assert!(series < MOST_SERIES, "{series}");
    let unknown: Vec<_> = labels(&seen).into_iter().filter(|name| !LABELS.contains(&name.as_str())).collect();
    assert_eq!(unknown, [""; 0], "a label that may grow with towns");
    assert!(labels(&seen).contains("lane") && labels(&seen).contains("outcome"));
    assert!(!seen.contains("bad-dueben"), "{seen}");
}
