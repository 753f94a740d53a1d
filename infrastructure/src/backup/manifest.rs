//! What a backup consists of, with the hash of every file.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use chrono::{DateTime, Utc};
use domain::{
    complaints::photo::{ContentHash, Rendition},
    ids::{MunicipalityId, PersonId, PhotoId},
};
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use super::{BackupError, at};
use crate::{
    photos::PhotoKey,
    private,
    secrets::{hex, sha256},
};

const NAME: &str = "manifest.json";

/// Which database it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The embedded one.
    #[strum(serialize = "SQLite")]
    Sqlite,
    /// PostgreSQL.
    #[strum(serialize = "PostgreSQL")]
    Postgres,
}

/// A photo whose row went while the backup was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The town hall.
    pub municipality: MunicipalityId,
    /// The photo.
    pub photo: PhotoId,
}

/// A table's rows in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFile {
    /// The table.
    pub name: String,
    /// Its columns in the order of the file.
    pub columns: Vec<String>,
    /// Whether row-level security guards it.
    pub guarded: bool,
}

/// The contents of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Which version of Rathaus made it.
    pub version: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// Of which database.
    pub kind: Kind,
    /// The migrations that database had.
    pub migrations: Vec<String>,
    /// PostgreSQL's tables, those others refer to first.
    #[serde(default)]
    pub tables: Vec<TableFile>,
    /// SHA-256 of every file, by its path in the folder.
    pub files: BTreeMap<String, String>,
    /// Photos whose rows are in the database and whose files went meanwhile.
    #[serde(default)]
    pub gone: Vec<Gone>,
    /// Bare identifiers of people who were erased: an older backup restored later forgets them as well.
    #[serde(default)]
    pub erased: Vec<PersonId>,
}

impl Manifest {
    /// A backup that holds nothing yet.
    pub(super) fn new(kind: Kind, now: DateTime<Utc>, migrations: Vec<String>) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: now,
            kind,
            migrations,
            tables: Vec::new(),
            files: BTreeMap::new(),
            gone: Vec::new(),
            erased: Vec::new(),
        }
    }

    /// Writes a file of the backup and notes its hash.
    pub(super) fn write(&mut self, folder: &Path, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            super::private_folder(parent)?;
        }
        private::create(&path).and_then(|mut file| file.write_all(bytes)).map_err(at(&path))?;
        self.files.insert(name.to_owned(), hex(&sha256(bytes)));
        Ok(())
    }

    /// Notes the hash of a file that is there.
    pub(super) fn add(&mut self, folder: &Path, name: &str) -> Result<(), BackupError> {
        self.files.insert(name.to_owned(), hash_of(&folder.join(name))?);
        Ok(())
    }

    pub(super) fn note_gone(&mut self, key: &PhotoKey) {
        let gone = Gone { municipality: key.municipality, photo: key.photo };
        if !self.gone.contains(&gone) {
            self.gone.push(gone);
        }
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| BackupError::Damaged(error.to_string()))?;
        private::create(&path).and_then(|mut file| file.write_all(&text)).map_err(at(&path))
    }

    /// Reads a backup's manifest and compares every file with its hash.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] with the first file that is not what it was.
    pub fn check(folder: &Path) -> Result<Self, BackupError> {
        let manifest = Self::read(folder)?;
        for (name, hash) in &manifest.files {
            let path = folder.join(name);
            if !path.is_file() {
                return Err(BackupError::Damaged(format!("{name} is missing")));
            }
            if hash_of(&path)? != *hash {
                return Err(BackupError::Damaged(format!("{name} is not what it was")));
            }
        }
        Ok(manifest)
    }

    /// Reads a backup's manifest.
    ///
    /// # Errors
    /// [`BackupError::Damaged`] where there is none that can be read.
    pub fn read(folder: &Path) -> Result<Self, BackupError> {
        let path = folder.join(NAME);
        let text =
            fs::read(&path).map_err(|_| BackupError::Damaged(format!("{} is missing", path.display())))?;
        serde_json::from_slice(&text).map_err(|error| BackupError::Damaged(error.to_string()))
    }

    /// The documents in it.
    pub(super) fn documents(&self) -> impl Iterator<Item = (PhotoKey, &str)> {
        self.files.keys().filter_map(|name| Some((document_of(name)?, name.as_str())))
    }

    /// The pictures in it.
    pub(super) fn photos(&self) -> impl Iterator<Item = (PhotoKey, Rendition, &str)> {
        self.files.keys().filter_map(|name| {
            let (key, rendition) = photo_of(name)?;
            Some((key, rendition, name.as_str()))
        })
    }
}

/// Where a picture lies in a backup.
pub(super) fn photo(key: &PhotoKey, rendition: Rendition) -> String {
    format!("photos/{}/{}/{}.{rendition}.jpg", key.municipality, key.photo, key.content)
}

/// Where a document lies in a backup.
pub(super) fn document(key: &PhotoKey) -> String {
    format!("documents/{}/{}/{}.pdf", key.municipality, key.photo, key.content)
}

fn document_of(name: &str) -> Option<PhotoKey> {
    let mut parts = name.strip_prefix("documents/")?.split('/');
    let (municipality, photo, file) = (parts.next()?, parts.next()?, parts.next()?);
    let content = file.strip_suffix(".pdf")?.parse().ok()?;
    Some(PhotoKey { municipality: municipality.parse().ok()?, photo: photo.parse().ok()?, content })
}

fn photo_of(name: &str) -> Option<(PhotoKey, Rendition)> {
    let mut parts = name.strip_prefix("photos/")?.split('/');
    let (municipality, photo, file) = (parts.next()?, parts.next()?, parts.next()?);
    let (content, rendition) = file.strip_suffix(".jpg")?.split_once('.')?;
    let content: ContentHash = content.parse().ok()?;
    let rendition = Rendition::iter().find(|known| known.to_string() == rendition)?;
    let key = PhotoKey { municipality: municipality.parse().ok()?, photo: photo.parse().ok()?, content };
    Some((key, rendition))
}

/// Reads a file piece by piece: a database need not fit into memory.
fn hash_of(path: &Path) -> Result<String, BackupError> {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut file = fs::File::open(path).map_err(at(path))?;
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = std::io::Read::read(&mut file, &mut piece).map_err(at(path))?;
        match piece.get(..read) {
            Some(some) if read > 0 => context.update(some),
            _ => break,
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}
