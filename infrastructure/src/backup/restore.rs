//! The way back: into an empty place, and quiet until somebody looks.

use std::path::Path;

use chrono::{DateTime, Utc};
use domain::{Scope, ids::PersonId};

use super::{BackupError, Kind, Manifest, postgres, sqlite};
use crate::{
    db::{Connections, SqlStore, dialect, migrate},
    photos::PhotoStore,
    privacy::upkeep,
};

/// Where a backup is restored to.
pub struct Target<'a> {
    /// The database that will serve.
    pub url: &'a str,
    /// On PostgreSQL the role that owns the tables.
    pub owner_url: Option<&'a str>,
    /// Where photos will lie.
    pub photos: &'a PhotoStore,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The backup.
    pub manifest: Manifest,
    /// Pictures put back, each in two sizes.
    pub pictures: usize,
    /// People who were erased since, and now again.
    pub erased_again: usize,
    /// Deliveries that nobody knows were sent or not; they are not sent again.
    pub undecided: u64,
}

/// Restores the backup in `from`. `also_erased` are people erased after it was taken, as a later backup
/// knows them; those noted beside the photos are known anyway.
///
/// # Errors
/// [`BackupError`]; nothing is written unless the backup is whole and the place empty.
pub async fn restore(
    from: &Path,
    target: &Target<'_>,
    also_erased: &[PersonId],
    now: DateTime<Utc>,
) -> Result<Restored, BackupError> {
    let manifest = Manifest::check(from)?;
    match (sqlite::file_of(target.url), manifest.kind) {
        (Some(file), Kind::Sqlite) => sqlite::put_back(from, &file).await?,
        (None, Kind::Postgres) => {
            let owner = target.owner_url.ok_or(BackupError::NoOwner)?;
            migrate::migrate(owner, dialect::role_of(target.url).as_deref()).await?;
            postgres::put_back(from, owner, &manifest).await?;
        }
        (_, kind) => return Err(BackupError::OtherKind(kind)),
    }
    let mut pictures = 0;
    for (key, rendition, name) in manifest.photos() {
        let path = from.join(name);
        let bytes = std::fs::read(&path).map_err(super::at(&path))?;
        target.photos.put_back(&key, rendition, bytes.into()).await?;
        pictures += 1;
    }
    for (key, name) in manifest.documents() {
        let path = from.join(name);
        let bytes = std::fs::read(&path).map_err(super::at(&path))?;
        target.photos.put_document(&key, bytes.into()).await?;
    }
    for person in manifest.erased.iter().chain(also_erased) {
        target.photos.note_erasure(*person).await?;
    }
    let connections = Connections::open(target.url, 2).await?;
    if manifest.kind == Kind::Sqlite {
        migrate::migrate_open(&connections).await?;
    }
    migrate::check(&connections).await?;
    let store = SqlStore::new(connections);
    let erased_again = upkeep::erase_again(&store, target.photos, now).await?;
    upkeep::tidy(&store, target.photos).await?;
    let undecided = quiet(&store, now).await?;
    Ok(Restored { pictures: pictures / 2, erased_again, undecided, manifest })
}

/// What was on its way when the backup was taken may have arrived since: nothing of it is sent again.
async fn quiet(store: &SqlStore, now: DateTime<Utc>) -> Result<u64, BackupError> {
    let mut undecided = 0;
    for town in upkeep::towns(store).await? {
        let db = store.transaction(Scope::Municipality(town.id)).await?;
        undecided += db.give_up_sending(now).await?;
        db.finish().await?;
    }
    let db = store.transaction(Scope::Installation).await?;
    db.give_up_codes().await?;
    db.finish().await?;
    Ok(undecided)
}
