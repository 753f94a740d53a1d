//! Copies of database and photos, taken while serving, and their way back.
//!
//! A backup is a folder: `manifest.json`, the database, `photos/`, `documents/`. The database comes first, from one
//! moment; photos never change, so those its rows name are copied after it. The two databases are
//! copied in ways that have nothing in common, each in a file of its own.

mod manifest;
mod postgres;
mod restore;
mod sqlite;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use domain::{
    Code,
    complaints::photo::Rendition,
    ids::{MunicipalityId, PhotoId},
};
use sea_orm::sqlx::{ColumnIndex, Decode, Row, Type};
use strum::IntoEnumIterator;
use uuid::Uuid;

use crate::photos::{PhotoKey, PhotoStore};

pub use manifest::{Kind, Manifest};
pub use restore::{Restored, Target, restore};

/// Why there is no backup, or no way back. Each text is a sentence for whoever runs the installation.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something is there already.
    #[error("{0} is there already; name a folder that is not")]
    Occupied(PathBuf),
    /// The database to restore into holds something.
    #[error("the database to restore into is not empty; move it away or name another in database.url")]
    NotEmpty,
    /// A backup of the other kind of database.
    #[error("this is a backup of {0}, and database.url names the other kind")]
    OtherKind(Kind),
    /// Made by a version with another schema.
    #[error(
        "this backup was made by rathaus {0}, whose tables differ; restore it with that version, then migrate"
    )]
    OtherSchema(String),
    /// No backup, or not a whole one.
    #[error("this is not a whole backup: {0}")]
    Damaged(String),
    /// A photo's row is there and its file is not.
    #[error("the files of photo {0} are missing although its row is there")]
    PhotoMissing(String),
    /// Restoring on PostgreSQL is the owner's work.
    #[error("database.owner_url is not set; restoring needs the role that owns the tables")]
    NoOwner,
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sea_orm::sqlx::Error),
    /// The database could not be opened.
    #[error(transparent)]
    Connect(#[from] crate::db::ConnectError),
    /// Photo storage or the store failed.
    #[error("storage failed: {0}")]
    Storage(#[from] domain::Error),
    /// The store failed.
    #[error("storage failed: {0}")]
    Store(#[from] domain::StoreError),
}

/// Names the file an operation failed on.
fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::File(path, error)
}

/// A photo, or a picture or document of content, that the copied database names.
#[derive(Clone, Copy, Debug)]
struct FileRow {
    key: PhotoKey,
    document: bool,
}

/// All of them; a document says so.
const FILES: &str = "SELECT municipality_id, id, content_hash, 'picture' AS kind FROM photos \
                     UNION ALL SELECT municipality_id, id, content_hash, kind FROM content_files";

impl FileRow {
    /// A row of [`FILES`].
    fn read<'r, R>(row: &'r R) -> Result<Self, BackupError>
    where
        R: Row,
        usize: ColumnIndex<R>,
        Uuid: Decode<'r, R::Database> + Type<R::Database>,
        String: Decode<'r, R::Database> + Type<R::Database>,
    {
        let (content, kind): (String, String) = (row.try_get(2)?, row.try_get(3)?);
        let content = content.parse().map_err(|_| BackupError::Damaged("a file's hash".to_owned()))?;
        let (municipality, photo) = (MunicipalityId(row.try_get(0)?), PhotoId(row.try_get(1)?));
        Ok(Self { key: PhotoKey { municipality, photo, content }, document: kind == "document" })
    }
}

/// Takes a backup of the database at `url` and of its photos into the folder `into`, which it makes.
///
/// # Errors
/// [`BackupError`] with a sentence.
pub async fn back_up(
    url: &str,
    photos: &PhotoStore,
    into: &Path,
    now: DateTime<Utc>,
) -> Result<Manifest, BackupError> {
    if into.exists() {
        return Err(BackupError::Occupied(into.to_owned()));
    }
    private_folder(into)?;
    let (mut manifest, rows) = match sqlite::file_of(url) {
        Some(file) => sqlite::copy(&file, into, now).await?,
        None => postgres::copy(url, into, now).await?,
    };
    for FileRow { key, document } in rows {
        if document {
            match photos.read_document(&key).await {
                Ok(bytes) => manifest.write(into, &manifest::document(&key), &bytes)?,
                Err(error) if error.code() == Some(Code::NotFound) => manifest.note_gone(&key),
                Err(error) => return Err(error.into()),
            }
            continue;
        }
        for rendition in Rendition::iter() {
            let name = manifest::photo(&key, rendition);
            match photos.read(&key, rendition).await {
                Ok(bytes) => manifest.write(into, &name, &bytes)?,
                // It went while we copied, as its row did.
                Err(error) if error.code() == Some(Code::NotFound) => manifest.note_gone(&key),
                Err(error) => return Err(error.into()),
            }
        }
    }
    for gone in manifest.gone.clone() {
        let still = match sqlite::file_of(url) {
            Some(file) => sqlite::has_photo(&file, &gone).await?,
            None => postgres::has_photo(url, &gone).await?,
        };
        if still {
            return Err(BackupError::PhotoMissing(gone.photo.to_string()));
        }
    }
    manifest.save(into)?;
    Ok(manifest)
}

/// A folder for the owner's eyes only: a backup holds everything.
fn private_folder(path: &Path) -> Result<(), BackupError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(at(path))
}
