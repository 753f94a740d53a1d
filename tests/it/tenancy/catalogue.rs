//! The tables as each database describes them.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::support::{Engine, TestDatabase};

/// What a table looks like.
#[derive(Debug, Default)]
pub struct Table {
    pub primary_key: Vec<String>,
    /// Columns of every unique constraint and unique index but the primary key.
    pub unique: Vec<Vec<String>>,
    /// Columns of every foreign key, with the table it points to.
    pub foreign: Vec<(Vec<String>, String)>,
    pub columns: Vec<String>,
}

/// All tables but the one that counts migrations.
pub async fn tables(database: &TestDatabase) -> BTreeMap<String, Table> {
    let connection = Database::connect(&database.owner_url).await.unwrap();
    let tables = match database.engine {
        Engine::Sqlite => sqlite(&connection).await,
        Engine::Postgres => postgres(&connection).await,
    };
    connection.close().await.unwrap();
    tables
}

/// The answer's columns as text, row by row.
pub async fn texts<const N: usize>(connection: &impl ConnectionTrait, sql: &str) -> Vec<[String; N]> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| std::array::from_fn(|column| row.try_get_by_index(column).unwrap())).collect()
}

fn list(joined: &str) -> Vec<String> {
    joined.split(',').map(str::to_owned).collect()
}

async fn sqlite(connection: &DatabaseConnection) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
                 AND name <> 'seaql_migrations'";
    for [name] in texts(connection, names).await {
        let mut table = Table::default();
        let columns = format!("SELECT name, CAST(pk AS TEXT) FROM pragma_table_info('{name}') ORDER BY cid");
        let mut key = Vec::new();
        for [column, place] in texts(connection, &columns).await {
            if place != "0" {
                key.push((place.parse::<u32>().unwrap(), column.clone()));
            }
            table.columns.push(column);
        }
        key.sort();
        table.primary_key = key.into_iter().map(|(_, column)| column).collect();
        let unique = format!(
            "SELECT (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(list.name) ORDER BY seqno)) \
             FROM pragma_index_list('{name}') AS list WHERE list.\"unique\" = 1 AND list.origin <> 'pk'"
        );
        table.unique = texts(connection, &unique).await.into_iter().map(|[columns]| list(&columns)).collect();
        let foreign = format!(
            "SELECT group_concat(\"from\"), \"table\" FROM \
             (SELECT * FROM pragma_foreign_key_list('{name}') ORDER BY id, seq) GROUP BY id, \"table\""
        );
        table.foreign =
            texts(connection, &foreign).await.into_iter().map(|[columns, to]| (list(&columns), to)).collect();
        tables.insert(name, table);
    }
    tables
}

async fn postgres(connection: &DatabaseConnection) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT table_name::text, column_name::text FROM information_schema.columns \
                   WHERE table_schema = 'public' AND table_name <> 'seaql_migrations' ORDER BY ordinal_position";
    for [table, column] in texts(connection, columns).await {
        tables.entry(table).or_default().columns.push(column);
    }
    let indexes = "SELECT t.relname::text, i.indisprimary::text, \
                   (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k(c, n) \
                    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.c) \
                   FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid \
                   JOIN pg_namespace s ON s.oid = t.relnamespace WHERE s.nspname = 'public' AND i.indisunique";
    for [name, primary, columns] in texts(connection, indexes).await {
        let Some(table) = tables.get_mut(&name) else { continue };
        if primary == "true" {
            table.primary_key = list(&columns);
        } else {
            table.unique.push(list(&columns));
        }
    }
    let foreign = "SELECT t.relname::text, to_t.relname::text, \
                   (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY AS k(c, n) \
                    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.c) \
                   FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
                   JOIN pg_class to_t ON to_t.oid = c.confrelid WHERE c.contype = 'f'";
    for [name, to, columns] in texts(connection, foreign).await {
        if let Some(table) = tables.get_mut(&name) {
            table.foreign.push((list(&columns), to));
        }
    }
    tables
}
