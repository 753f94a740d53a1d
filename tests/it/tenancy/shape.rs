//! Keys lead with the municipality, so that a country can be sharded on it.

use super::catalogue::tables;
use crate::support::{TestDatabase, on_both};

on_both!(
    every_table_is_of_one_kind,
    keys_of_a_municipality_lead_with_it,
    foreign_keys_stay_in_the_municipality
);

/// The tables no municipality owns; the reasons stand in `infrastructure/src/db/scope.rs`.
const INSTALLATION_WIDE: [&str; 25] = [
    "accounts",
    "address_changes",
    "audit_blocks",
    "audit_entries",
    "audit_queue",
    "broadcast_turns",
    "contact_points",
    "contacts",
    "credentials",
    "devices",
    "erasures",
    "follows",
    "idempotency_keys",
    "municipalities",
    "one_time_codes",
    "people",
    "photo_removals",
    "provider_tokens",
    "proxies",
    "rate_counters",
    "second_factors",
    "sessions",
    "signing_keys",
    "work_chunks",
    "workers",
];

/// How many tables the migrations make for each municipality.
const MUNICIPAL: usize = 47;

async fn every_table_is_of_one_kind(database: TestDatabase) {
    let tables = tables(&database).await;
    let mut municipal = 0;
    for (name, table) in &tables {
        if INSTALLATION_WIDE.contains(&name.as_str()) {
            continue;
        }
        assert!(table.columns.iter().any(|column| column == "municipality_id"), "{name} belongs to nobody");
        municipal += 1;
    }
    assert_eq!(municipal, MUNICIPAL, "{:?}", tables.keys());
    assert_eq!(tables.len(), MUNICIPAL + INSTALLATION_WIDE.len(), "{:?}", tables.keys());
}

async fn keys_of_a_municipality_lead_with_it(database: TestDatabase) {
    for (name, table) in tables(&database).await {
        if INSTALLATION_WIDE.contains(&name.as_str()) {
            continue;
        }
        for key in std::iter::once(&table.primary_key).chain(&table.unique) {
            assert_eq!(key.first().map(String::as_str), Some("municipality_id"), "{name}: {key:?}");
        }
    }
}

async fn foreign_keys_stay_in_the_municipality(database: TestDatabase) {
    let mut seen = 0;
    for (name, table) in tables(&database).await {
        for (columns, to) in &table.foreign {
            if INSTALLATION_WIDE.contains(&to.as_str()) {
                assert_eq!(columns.len(), 1, "{name} -> {to}: {columns:?}");
            } else {
                assert_eq!(columns.first().map(String::as_str), Some("municipality_id"), "{name} -> {to}");
                assert!(!INSTALLATION_WIDE.contains(&name.as_str()), "{name} points into {to}");
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} foreign keys seen");
}
