//! The data map says what the databases hold.

use std::collections::BTreeSet;

use infrastructure::privacy::DataMap;

use crate::{
    support::{TestDatabase, on_both},
    tenancy::catalogue::tables,
};

on_both!(data_map_is_complete);

async fn data_map_is_complete(database: TestDatabase) {
    let map = DataMap::get().unwrap();
    let mapped: BTreeSet<_> = map
        .tables
        .iter()
        .flat_map(|table| table.columns.keys().map(|column| format!("{}.{column}", table.name)))
        .collect();
    let there: BTreeSet<_> = tables(&database)
        .await
        .into_iter()
        .flat_map(|(name, table)| table.columns.into_iter().map(move |column| format!("{name}.{column}")))
        .collect();
    assert!(there.len() > 250, "only {} columns seen", there.len());
    let missing: Vec<_> = there.difference(&mapped).collect();
    assert!(missing.is_empty(), "data-map.toml does not say what these are; its head says how: {missing:?}");
    let gone: Vec<_> = mapped.difference(&there).collect();
    assert!(gone.is_empty(), "data-map.toml names what is not there: {gone:?}");
    println!("{} tables, {} columns", map.tables.len(), there.len());
}
