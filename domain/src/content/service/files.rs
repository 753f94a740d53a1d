//! Use cases: pictures and documents of content are taken in before they are named.

use crate::{
    Code, Ctx, Error, Result, Store, StoreError,
    content::{ContentFile, is_pdf},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    limits::{Quota, spend},
};

/// Files one town may send in a day: enough for all pages of a year, too few to fill a disk.
const PER_TOWN: Quota = Quota::new("content_files", 2_000, chrono::TimeDelta::days(1));

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
