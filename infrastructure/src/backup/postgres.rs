//! PostgreSQL: every table by `COPY` within one snapshot. It needs no client programs and no superuser:
//! the serving role enters one town hall after the other, so row-level security holds while copying.

use std::{collections::BTreeMap, fs::File, io::Write, path::Path};

use chrono::{DateTime, Utc};
use domain::ids::{MunicipalityId, PersonId};
use futures::TryStreamExt;
use migrations::SCOPE_SETTING;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection, Row};
use uuid::Uuid;

use super::{
    BackupError, FILES, FileRow, at,
    manifest::{Gone, Kind, Manifest, TableFile},
};
use crate::private;

/// Bytes sent at once.
const PIECE: usize = 1 << 20;

fn file_of(table: &str) -> String {
    format!("database/{table}.copy")
}

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), BackupError> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

async fn enter(connection: &mut PgConnection, town: MunicipalityId) -> Result<(), BackupError> {
    let enter = format!("SELECT set_config('{SCOPE_SETTING}', '{town}', true)");
    run(connection, enter).await
}

async fn towns(connection: &mut PgConnection) -> Result<Vec<MunicipalityId>, BackupError> {
    let rows = sqlx::query("SELECT id FROM municipalities ORDER BY id").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0).map(MunicipalityId)).collect::<Result<_, _>>()?)
}

pub(super) async fn copy(
    url: &str,
    into: &Path,
    now: DateTime<Utc>,
) -> Result<(Manifest, Vec<FileRow>), BackupError> {
    let mut connection = PgConnection::connect(url).await?;
    run(&mut connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()).await?;
    run(&mut connection, "SET LOCAL statement_timeout = 0".to_owned()).await?;
    let mut manifest = Manifest::new(Kind::Postgres, now, migrations(&mut connection).await?);
    manifest.tables = tables(&mut connection).await?;
    let towns = towns(&mut connection).await?;
    super::private_folder(&into.join("database"))?;
    for table in manifest.tables.clone() {
        let path = into.join(file_of(&table.name));
        let mut file = private::create(&path).map_err(at(&path))?;
        let columns = quoted(&table.columns);
        let statement = format!("COPY (SELECT {columns} FROM {}) TO STDOUT", table.name);
        if table.guarded {
            for town in &towns {
                enter(&mut connection, *town).await?;
                take(&mut connection, &statement, &mut file, &path).await?;
            }
        } else {
            take(&mut connection, &statement, &mut file, &path).await?;
        }
        file.sync_all().map_err(at(&path))?;
        manifest.add(into, &file_of(&table.name))?;
    }
    let mut photos = Vec::new();
    for town in towns {
        enter(&mut connection, town).await?;
        for row in sqlx::query(FILES).fetch_all(&mut connection).await? {
            photos.push(FileRow::read(&row)?);
        }
    }
    for row in sqlx::query("SELECT person_id FROM erasures").fetch_all(&mut connection).await? {
        let id: Uuid = row.try_get(0)?;
        manifest.erased.push(PersonId(id));
    }
    run(&mut connection, "COMMIT".to_owned()).await?;
    connection.close().await?;
    Ok((manifest, photos))
}

async fn take(
    connection: &mut PgConnection,
    statement: &str,
    file: &mut File,
    path: &Path,
) -> Result<(), BackupError> {
    let mut rows = connection.copy_out_raw(statement).await?;
    while let Some(piece) = rows.try_next().await? {
        file.write_all(&piece).map_err(at(path))?;
    }
    Ok(())
}

async fn migrations(connection: &mut PgConnection) -> Result<Vec<String>, BackupError> {
    let rows =
        sqlx::query("SELECT version FROM seaql_migrations ORDER BY version").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// All tables with their columns, those that others refer to first.
async fn tables(connection: &mut PgConnection) -> Result<Vec<TableFile>, BackupError> {
    let columns = "SELECT c.relname::text, a.attname::text, c.relrowsecurity FROM pg_class c \
                   JOIN pg_namespace s ON s.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid \
                   WHERE s.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped \
                   AND c.relname <> 'seaql_migrations' ORDER BY c.relname, a.attnum";
    let mut tables: BTreeMap<String, TableFile> = BTreeMap::new();
    for row in sqlx::query(columns).fetch_all(&mut *connection).await? {
        let (name, column, guarded): (String, String, bool) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let empty = || TableFile { name: name.clone(), columns: Vec::new(), guarded };
        tables.entry(name.clone()).or_insert_with(empty).columns.push(column);
    }
    let references = "SELECT DISTINCT f.relname::text, t.relname::text FROM pg_constraint c \
                      JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid \
                      WHERE c.contype = 'f' AND f.oid <> t.oid";
    let mut needs: Vec<(String, String)> = Vec::new();
    for row in sqlx::query(references).fetch_all(connection).await? {
        needs.push((row.try_get(0)?, row.try_get(1)?));
    }
    let mut ordered: Vec<TableFile> = Vec::new();
    while !tables.is_empty() {
        let waits = |name: &String| needs.iter().any(|(from, to)| from == name && tables.contains_key(to));
        let ready: Vec<String> = tables.keys().filter(|name| !waits(name)).cloned().collect();
        if ready.is_empty() {
            return Err(BackupError::Damaged("tables refer to each other in a circle".to_owned()));
        }
        ordered.extend(ready.iter().filter_map(|name| tables.remove(name)));
    }
    Ok(ordered)
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
}

pub(super) async fn has_photo(url: &str, gone: &Gone) -> Result<bool, BackupError> {
    let mut connection = PgConnection::connect(url).await?;
    run(&mut connection, "BEGIN READ ONLY".to_owned()).await?;
    enter(&mut connection, gone.municipality).await?;
    let row =
        sqlx::query("SELECT 1 FROM photos WHERE id = $1 UNION ALL SELECT 1 FROM content_files WHERE id = $1")
            .bind(gone.photo.0);
    let row = row.fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(row.is_some())
}

/// Copies every table into a database that is migrated and empty, in one transaction. Only its owner may
/// look past row-level security, and only until the commit.
pub(super) async fn put_back(from: &Path, owner_url: &str, manifest: &Manifest) -> Result<(), BackupError> {
    let mut connection = PgConnection::connect(owner_url).await?;
    if migrations(&mut connection).await? != manifest.migrations {
        return Err(BackupError::OtherSchema(manifest.version.clone()));
    }
    run(&mut connection, "BEGIN".to_owned()).await?;
    if !towns(&mut connection).await?.is_empty() {
        return Err(BackupError::NotEmpty);
    }
    let guard = |switch: &str| {
        let tables = manifest.tables.iter().filter(|table| table.guarded);
        let lines = tables.map(|table| format!("ALTER TABLE {} {switch} ROW LEVEL SECURITY;", table.name));
        lines.collect::<String>()
    };
    run(&mut connection, guard("NO FORCE")).await?;
    for table in &manifest.tables {
        let path = from.join(file_of(&table.name));
        let mut file = File::open(&path).map_err(at(&path))?;
        let statement = format!("COPY {} ({}) FROM STDIN", table.name, quoted(&table.columns));
        let mut rows = connection.copy_in_raw(&statement).await?;
        let mut piece = vec![0; PIECE];
        loop {
            let read = std::io::Read::read(&mut file, &mut piece).map_err(at(&path))?;
            match piece.get(..read) {
                Some(some) if read > 0 => {
                    rows.send(some).await?;
                }
                _ => break,
            }
        }
        rows.finish().await?;
    }
    // Checks of references wait for the commit, and would hinder the tables' change.
    run(&mut connection, "SET CONSTRAINTS ALL IMMEDIATE".to_owned()).await?;
    run(&mut connection, guard("FORCE")).await?;
    run(&mut connection, "COMMIT".to_owned()).await?;
    connection.close().await?;
    Ok(())
}
