//! SQLite: one consistent file by `VACUUM INTO`, which neither waits for writers nor makes them wait.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::ids::PersonId;
use sea_orm::sqlx::{self, ConnectOptions, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use super::{
    BackupError, FILES, FileRow,
    manifest::{Gone, Kind, Manifest},
};
use crate::private;

/// The database inside a backup.
pub(super) const DATABASE: &str = "rathaus.db";
/// The secret that opens what is sealed in it.
pub(super) const SECRET: &str = "rathaus.secret";

/// The file of a SQLite address; none for PostgreSQL.
pub(super) fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(PathBuf::from(path.split('?').next().unwrap_or(path)))
}

async fn open(file: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(30));
    Ok(options.connect().await?)
}

pub(super) async fn copy(
    file: &Path,
    into: &Path,
    now: DateTime<Utc>,
) -> Result<(Manifest, Vec<FileRow>), BackupError> {
    let copy = into.join(DATABASE);
    // SQLite writes into a file that is empty, and leaves its mode as it is.
    private::create(&copy).map_err(super::at(&copy))?;
    let mut source = open(file).await?;
    sqlx::query("VACUUM INTO ?").bind(copy.display().to_string()).execute(&mut source).await?;
    source.close().await?;
    let mut copied = open(&copy).await?;
    whole(&mut copied).await?;
    let mut manifest = Manifest::new(Kind::Sqlite, now, migrations(&mut copied).await?);
    let mut photos = Vec::new();
    for row in sqlx::query(FILES).fetch_all(&mut copied).await? {
        photos.push(FileRow::read(&row)?);
    }
    for row in sqlx::query("SELECT person_id FROM erasures").fetch_all(&mut copied).await? {
        let id: Uuid = row.try_get(0)?;
        manifest.erased.push(PersonId(id));
    }
    copied.close().await?;
    manifest.add(into, DATABASE)?;
    let secret = file.with_extension("secret");
    if secret.is_file() {
        let kept = into.join(SECRET);
        // With the mode of the file: for its owner only.
        std::fs::copy(&secret, &kept).map_err(super::at(&secret))?;
        manifest.add(into, SECRET)?;
    }
    Ok((manifest, photos))
}

async fn migrations(connection: &mut SqliteConnection) -> Result<Vec<String>, BackupError> {
    let rows =
        sqlx::query("SELECT version FROM seaql_migrations ORDER BY version").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Demands that the file holds together.
async fn whole(connection: &mut SqliteConnection) -> Result<(), BackupError> {
    let said: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut *connection).await?;
    if said != "ok" {
        return Err(BackupError::Damaged(said));
    }
    match sqlx::query("PRAGMA foreign_key_check").fetch_optional(connection).await? {
        Some(_) => Err(BackupError::Damaged("a row refers to one that is not there".to_owned())),
        None => Ok(()),
    }
}

pub(super) async fn has_photo(file: &Path, gone: &Gone) -> Result<bool, BackupError> {
    let mut connection = open(file).await?;
    let row =
        sqlx::query("SELECT 1 FROM photos WHERE id = ?1 UNION ALL SELECT 1 FROM content_files WHERE id = ?1")
            .bind(gone.photo.0);
    let row = row.fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(row.is_some())
}

/// Puts the copy where the database is to be, and its secret beside it unless one is there.
pub(super) async fn put_back(from: &Path, file: &Path) -> Result<(), BackupError> {
    if file.exists() {
        return Err(BackupError::NotEmpty);
    }
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(super::at(folder))?;
    }
    let part = file.with_extension("part");
    // Made before it is filled: a copy takes over how open the backup lies about.
    private::file(std::fs::OpenOptions::new().write(true).truncate(true))
        .open(&part)
        .map_err(super::at(&part))?;
    let mut kept = std::fs::File::open(from.join(DATABASE)).map_err(super::at(from))?;
    let mut out = std::fs::OpenOptions::new().write(true).open(&part).map_err(super::at(&part))?;
    std::io::copy(&mut kept, &mut out).map_err(super::at(&part))?;
    out.sync_all().map_err(super::at(&part))?;
    drop(out);
    let mut copied = open(&part).await?;
    whole(&mut copied).await?;
    copied.close().await?;
    let (secret, kept) = (file.with_extension("secret"), from.join(SECRET));
    if kept.is_file() && !secret.exists() {
        std::fs::copy(&kept, &secret).map_err(super::at(&secret))?;
    }
    std::fs::rename(&part, file).map_err(super::at(file))
}
