//! Two towns at the same time over two connections: nothing of one reaches the other.

use std::collections::BTreeSet;

use domain::{Scope, StoreError, ids::MunicipalityId, staff::Role};
use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use super::catalogue::texts;
use crate::{
    complaints::report_with,
    support::{Engine, Fixture, installation::Installation, on_both},
};

on_both!(tenant_isolation);

/// Requests, half of them of each town.
const REQUESTS: usize = 1_000;

/// As many at the same time: some wait for a connection.
const AT_ONCE: usize = 20;

/// An installation with two connections.
struct Narrow(Installation);

impl Fixture for Narrow {
    async fn on(engine: Engine) -> Self {
        Self(Installation::with(engine, |config| config.database.connections = 2).await)
    }
}

/// A town, with what only it may see.
struct Side {
    id: MunicipalityId,
    slug: &'static str,
    token: String,
    marks: Vec<String>,
}

async fn side(rathaus: &Installation, slug: &'static str) -> Side {
    let town = rathaus.found(slug, slug).await;
    rathaus.add_category(&town, "illegal-waste", 1).await;
    let admin = rathaus.employ(&town, &format!("admin@{slug}.example"), Role::Admin).await;
    let token = rathaus.token(&admin).await;
    let mut marks = vec![admin.id.to_string(), town.id.to_string()];
    for n in 0..3 {
        let report = report_with(json!({"description": format!("Nur in {slug}, Nummer {n}.")}));
        let filed = rathaus.post(&format!("/v1/municipalities/{slug}/complaints"), &report);
        marks.push(filed.expect::<Value>(201).await["id"].as_str().unwrap().to_owned());
    }
    marks.push(format!("Nur in {slug}"));
    Side { id: town.id, slug, token, marks }
}

async fn tenant_isolation(Narrow(rathaus): Narrow) {
    let sides = [side(&rathaus, "bad-dueben").await, side(&rathaus, "eilenburg").await];
    let (mut own, mut crossed) = (0, 0);
    let paths = ["staff/complaints", "admin/staff", "admin/departments", "staff/complaints?q=nur"];
    let all: Vec<usize> = (0..REQUESTS).collect();
    for some in all.chunks(AT_ONCE) {
        let asked = some.iter().map(async |n| {
            let (mine, other) = (&sides[n % 2], &sides[(n + 1) % 2]);
            let path = format!("/v1/municipalities/{}/{}", mine.slug, paths[(n / 2) % paths.len()]);
            let answer = rathaus.get(&path).bearer(&mine.token).send().await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let names = |side: &Side| side.marks.iter().any(|mark| answer.body.contains(mark));
            (names(mine), names(other))
        });
        for (mine, other) in join_all(asked).await {
            own += usize::from(mine);
            crossed += usize::from(other);
        }
    }
    assert!(own >= REQUESTS / 2, "the marks are seen where they belong: {own}");
    println!("tenant_isolation: {REQUESTS} requests, {own} with marks of their own town, {crossed} crossed");
    assert_eq!(crossed, 0);
    second_wall(&rathaus, &sides).await;
}

/// As if every filter had been forgotten: each table read whole, in the name of one town and then the
/// other, over the same two connections. SQLite has no second wall; there the filter stands alone.
async fn second_wall(rathaus: &Installation, sides: &[Side; 2]) {
    if rathaus.database().engine == Engine::Sqlite {
        return;
    }
    let guarded = "SELECT relname::text FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace \
                   WHERE s.nspname = 'public' AND relrowsecurity AND relforcerowsecurity ORDER BY 1";
    let tables: Vec<String> = texts::<1>(rathaus.store().connections().reader(), guarded)
        .await
        .into_iter()
        .map(|[table]| table)
        .collect();
    assert!(tables.len() >= 15, "{tables:?}");
    let all: Vec<usize> = (0..REQUESTS).collect();
    let mut seen = BTreeSet::new();
    for some in all.chunks(AT_ONCE) {
        let read = some.iter().map(async |n| {
            let (town, table) = (sides[n % 2].id, &tables[(n / 2) % tables.len()]);
            loop {
                // Two connections answer "busy" to twenty at once; whoever is refused asks again.
                let view = match rathaus.store().view(Scope::Municipality(town)).await {
                    Ok(view) => view,
                    Err(StoreError::Busy) => continue,
                    Err(error) => panic!("{error:?}"),
                };
                let whole = format!("SELECT DISTINCT municipality_id FROM {table}");
                let rows = Statement::from_string(view.backend(), whole);
                let rows = view.connection().query_all_raw(rows).await.unwrap();
                let towns = rows.iter().map(|row| row.try_get_by_index::<uuid::Uuid>(0).unwrap());
                return (town, table, towns.collect::<Vec<_>>());
            }
        });
        for (town, table, towns) in join_all(read).await {
            assert!(towns.iter().all(|found| *found == town.0), "{table} shows rows of another town");
            seen.extend((!towns.is_empty()).then(|| table.clone()));
        }
    }
    assert!(seen.len() >= 6, "rows are there to be seen: {seen:?}");
    println!("tenant_isolation: {REQUESTS} reads without a filter over {} tables, 0 crossed", tables.len());
}
