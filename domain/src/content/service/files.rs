//! Use cases: pictures and documents of content are taken in before they are named.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Code, Ctx, Error, Result, Scope, Store, StoreError, Tx, Violation,
    content::{ContentFile, FileKind, is_pdf, port::ContentReads},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::{ContentFileId, MunicipalityId},
    limits::{Quota, spend},
};

/// How long a file waits for a piece that names it.
const UNNAMED: TimeDelta = TimeDelta::days(1);
/// Files removed in one transaction of a sweep.
const SWEPT_AT_ONCE: usize = 1_000;

/// Files one town may send in a day: enough for all pages of a year, too few to fill a disk.
const PER_TOWN: Quota = Quota::new("content_files", 2_000, TimeDelta::days(1));

/// Counts an upload before work is put into it; gives what came of it where the same request came before.
///
/// # Errors
/// [`Code::TooManyRequests`].
pub async fn admit(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    once: &Once<'_, ContentFile>,
) -> Result<Option<Outcome<ContentFile>>> {
    ctx.require(Permission::WriteContent)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Some(Outcome::Replayed(answer)));
    }
    spend(&*tx, ctx.now, PER_TOWN, &ctx.actor.municipality.to_string()).await?;
    tx.commit().await?;
    Ok(None)
}

/// Refuses what is no PDF, whatever it is called.
///
/// # Errors
/// [`Code::DocumentUnreadable`].
pub fn document(bytes: &[u8]) -> Result<()> {
    if is_pdf(bytes) { Ok(()) } else { Err(Error::refused(Code::DocumentUnreadable)) }
}

/// Notes a file whose bytes are stored.
pub async fn keep(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    file: ContentFile,
    once: &Once<'_, ContentFile>,
) -> Result<Outcome<ContentFile>> {
    ctx.require(Permission::WriteContent)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    match tx.insert_content_file(&file).await {
        Err(StoreError::Duplicate) => return Err(Error::refused(Code::AlreadyExists)),
        kept => kept?,
    }
    once.remember(&*tx, ctx.now, &file).await?;
    tx.commit().await?;
    Ok(Outcome::Done(file))
}

/// Removes what came more than [`UNNAMED`] ago and no piece names, or none names any more. The caller deletes
/// the bytes afterwards, so that a row never lacks them.
///
/// # Errors
/// Those of storage.
pub async fn remove_unnamed(
    store: &dyn Store,
    now: DateTime<Utc>,
    town: MunicipalityId,
) -> Result<Vec<ContentFileId>> {
    let scope = Scope::Municipality(town);
    if unnamed(&*store.read(scope).await?, now).await?.is_empty() {
        return Ok(Vec::new());
    }
    let tx = store.begin(scope).await?;
    // From here on nobody writes a piece that names one of them; who did meanwhile is seen.
    tx.count_content_change().await?;
    let unnamed = unnamed(&*tx, now).await?;
    tx.delete_content_files(&unnamed).await?;
    tx.commit().await?;
    Ok(unnamed)
}

async fn unnamed<R: ContentReads + ?Sized>(reads: &R, now: DateTime<Utc>) -> Result<Vec<ContentFileId>> {
    let mut files = reads.content_files().await?;
    files.retain(|file| now - file.created_at > UNNAMED);
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let named: HashSet<_> = reads.named_files().await?.into_iter().collect();
    let unnamed = files.into_iter().map(|file| file.id).filter(|id| !named.contains(id));
    Ok(unnamed.take(SWEPT_AT_ONCE).collect())
}

/// Violations at the places that name a file that is not there, or one of the other kind.
///
/// # Errors
/// Those of storage.
pub(crate) async fn missing(
    tx: &dyn Tx,
    named: Vec<(ContentFileId, String, bool)>,
) -> Result<Vec<Violation>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = named.iter().map(|(id, ..)| *id).collect();
    let there = tx.content_files_of(&ids).await?;
    let is_there = |id, document| {
        there.iter().any(|file| file.id == id && (file.kind == FileKind::Document) == document)
    };
    let missing = named.into_iter().filter(|(id, _, document)| !is_there(*id, *document));
    Ok(missing.map(|(_, pointer, _)| Violation::new(pointer, Code::UnknownReference)).collect())
}
