//! What a query sees, with the filter and behind its back.

use domain::{
    Scope, Store, StoreError,
    ids::{DepartmentId, MunicipalityId},
    municipalities::{Department, port::DepartmentWrites},
    text::Name,
};
use infrastructure::db::{Connections, SqlStore};
use sea_orm::{ConnectionTrait, Database};

use super::catalogue::texts;
use crate::{
    deliveries::town::{Town, id, noon},
    support::{Engine, TestDatabase, on_both},
};

on_both!(
    two_towns_interleaved_never_meet,
    without_a_town_there_is_nothing_to_see,
    a_write_never_crosses,
    the_database_itself_keeps_towns_apart,
    a_town_set_once_does_not_stay_on_the_connection,
);

struct Two {
    store: SqlStore,
    towns: [MunicipalityId; 2],
    departments: [DepartmentId; 2],
}

/// Two towns with one department each, over a pool of two connections.
async fn two(database: &TestDatabase) -> Two {
    let seed = Town::new(database).await;
    let other = id();
    seed.another(other, "laussig").await;
    let towns = [seed.municipality, other];
    drop(seed);
    let store = SqlStore::new(Connections::open(&database.url, 2).await.unwrap());
    let departments = [id(), id()];
    for (town, department) in towns.into_iter().zip(departments) {
        let tx = store.transaction(Scope::Municipality(town)).await.unwrap();
        tx.insert_department(noon(), &desk(department)).await.unwrap();
        tx.finish().await.unwrap();
    }
    Two { store, towns, departments }
}

fn desk(id: DepartmentId) -> Department {
    Department {
        id,
        name: Name::parse("Ordnungsamt").unwrap(),
        email: None,
        lead_email: None,
        is_default: true,
        version: 1,
    }
}

async fn two_towns_interleaved_never_meet(database: TestDatabase) {
    let Two { store, towns, departments } = two(&database).await;
    let mut reading = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let (store, town, own) = (store.clone(), towns[n % 2], departments[n % 2]);
        reading.spawn(async move {
            // A pool of two answers "busy" when a thousand ask at once; whoever is refused asks again.
            loop {
                match store.read(Scope::Municipality(town)).await {
                    Ok(view) => {
                        let seen = view.departments().await.unwrap();
                        assert_eq!(seen.iter().map(|desk| desk.id).collect::<Vec<_>>(), [own]);
                        return;
                    }
                    Err(StoreError::Busy) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
    let mut read = 0;
    while let Some(outcome) = reading.join_next().await {
        outcome.unwrap();
        read += 1;
    }
    assert_eq!(read, 1_000);
}

async fn without_a_town_there_is_nothing_to_see(database: TestDatabase) {
    let Two { store, departments, .. } = two(&database).await;
    let view = store.read(Scope::Installation).await.unwrap();
    assert!(view.departments().await.unwrap().is_empty());
    assert!(view.department(departments[0]).await.unwrap().is_none());
}

async fn a_write_never_crosses(database: TestDatabase) {
    let Two { store, towns, departments } = two(&database).await;
    let tx = store.transaction(Scope::Municipality(towns[0])).await.unwrap();
    let foreign = desk(departments[1]);
    assert!(matches!(tx.update_department(&foreign).await, Err(StoreError::Stale)));
    assert!(matches!(tx.delete_department(foreign.id, 1).await, Err(StoreError::Stale)));
    tx.finish().await.unwrap();
    let tx = store.transaction(Scope::Installation).await.unwrap();
    assert!(tx.insert_department(noon(), &desk(id())).await.is_err());
    drop(tx);
    let view = store.read(Scope::Municipality(towns[1])).await.unwrap();
    assert_eq!(view.departments().await.unwrap(), [foreign]);
}

/// As if a query had forgotten its filter. SQLite has no second wall; there the filter stands alone.
async fn the_database_itself_keeps_towns_apart(database: TestDatabase) {
    if database.engine == Engine::Sqlite {
        return;
    }
    let Two { store, towns, departments } = two(&database).await;
    let count = "SELECT count(*)::text FROM departments";
    let view = store.view(Scope::Municipality(towns[0])).await.unwrap();
    assert_eq!(texts::<1>(view.connection(), count).await, [["1".to_owned()]]);
    let foreign = departments[1];
    let tx = store.transaction(Scope::Municipality(towns[0])).await.unwrap();
    let update = format!("UPDATE departments SET name = 'ours' WHERE id = '{foreign}'");
    assert_eq!(tx.connection().execute_unprepared(&update).await.unwrap().rows_affected(), 0);
    let steal = format!("UPDATE departments SET municipality_id = '{}'", towns[1]);
    assert!(tx.connection().execute_unprepared(&steal).await.is_err());
    drop(tx);

    let owner = Database::connect(&database.owner_url).await.unwrap();
    let unguarded = "SELECT relname::text FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace \
                     WHERE s.nspname = 'public' AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity) \
                     AND EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'municipality_id' \
                     AND NOT attisdropped) ORDER BY 1";
    // Ties, turns and chunks name a municipality but are the installation's own.
    let allowed = [
        "audit_entries",
        "broadcast_turns",
        "follows",
        "idempotency_keys",
        "one_time_codes",
        "photo_removals",
        "proxies",
        "waste_reminder_turns",
        "work_chunks",
    ];
    for [table] in texts(&owner, unguarded).await {
        assert!(allowed.contains(&table.as_str()), "{table} is not guarded");
    }
    // Forced: even the owner sees nothing without naming a town.
    assert_eq!(texts::<1>(&owner, count).await, [["0".to_owned()]]);
    let role = "SELECT (rolsuper OR rolbypassrls)::text FROM pg_roles WHERE rolname = current_user";
    let serving = Database::connect(&database.url).await.unwrap();
    assert_eq!(texts::<1>(&serving, role).await, [["false".to_owned()]]);
}

async fn a_town_set_once_does_not_stay_on_the_connection(database: TestDatabase) {
    if database.engine == Engine::Sqlite {
        return;
    }
    let Two { towns, .. } = two(&database).await;
    let store = SqlStore::new(Connections::open(&database.url, 1).await.unwrap());
    let tx = store.transaction(Scope::Municipality(towns[0])).await.unwrap();
    tx.finish().await.unwrap();
    let left = texts::<1>(store.connections().reader(), "SELECT count(*)::text FROM departments").await;
    assert_eq!(left, [["0".to_owned()]]);
}
