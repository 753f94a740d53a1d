//! Use cases: staff keep saved audiences.
//!
//! A broadcast names a segment and is for those it finds when it is sent; from then on its people are written
//! down. So a segment cannot change between the eyes that approved it and that moment, and cannot go while a
//! draft names it.

use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    broadcasts::{AudienceTree, Segment, segment::MOST_SEGMENTS},
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::SegmentId,
    text::Name,
};

use super::known;

/// A segment to be added.
#[derive(Clone, Debug)]
pub struct NewSegment {
    /// What staff call it.
    pub name: Name,
    /// The filter.
    pub audience: AudienceTree,
}

/// What changes about a segment; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct SegmentChange {
    /// What staff call it.
    pub name: Option<Name>,
    /// The filter, as a whole.
    pub audience: Option<AudienceTree>,
}

/// The segments, by their names.
///
/// # Errors
/// Those of storage.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Segment>> {
    ctx.require(Permission::ReadBroadcasts)?;
    Ok(store.read(ctx.scope()).await?.segments().await?)
}

/// One segment.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: SegmentId) -> Result<Segment> {
    ctx.require(Permission::ReadBroadcasts)?;
    store.read(ctx.scope()).await?.segment(id).await?.ok_or_else(Error::not_found)
}

/// Adds a segment.
///
/// # Errors
/// Violations; [`Code::AlreadyExists`] where the name is taken.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewSegment,
    once: Once<'_, Segment>,
) -> Result<Outcome<Segment>> {
    ctx.require(Permission::WriteBroadcasts)?;
    let segment = Segment { id: ctx.id(), name: new.name, audience: new.audience, version: 1 };
    segment.parsed()?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    known::audience(&*tx, &segment.audience).await?;
    if tx.segments().await?.len() >= MOST_SEGMENTS {
        return Err(Error::invalid("", Code::TooMany));
    }
    tx.insert_segment(ctx.now, &segment).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Segment(segment.id)).await?;
    once.remember(&*tx, ctx.now, &segment).await?;
    tx.commit().await?;
    Ok(Outcome::Done(segment))
}

/// Changes a segment at `version`. Drafts that name it are for those it finds from now on.
///
/// # Errors
/// [`Code::InUse`] where a broadcast that was submitted names it, until that one is on its way or over; stale;
/// violations.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: SegmentId,
    version: i64,
    change: SegmentChange,
) -> Result<Segment> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    let before = tx.hold_segments(&[id]).await?.pop().ok_or_else(Error::not_found)?;
    let redrawn = change.audience.is_some();
    let segment = Segment {
        id,
        name: change.name.unwrap_or(before.name),
        audience: change.audience.unwrap_or(before.audience),
        version,
    };
    if redrawn {
        segment.parsed()?;
        known::audience(&*tx, &segment.audience).await?;
        if tx.names_segment(id, false).await? {
            return Err(Error::refused(Code::InUse));
        }
    }
    tx.update_segment(&segment).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Changed, Subject::Segment(id)).await?;
    tx.commit().await?;
    Ok(Segment { version: version + 1, ..segment })
}

/// Removes a segment at `version`.
///
/// # Errors
/// [`Code::InUse`] where a draft or a broadcast that is not over names it; stale.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: SegmentId, version: i64) -> Result<()> {
    ctx.require(Permission::WriteBroadcasts)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.hold_segments(&[id]).await?.pop().ok_or_else(Error::not_found)?;
    if tx.names_segment(id, true).await? {
        return Err(Error::refused(Code::InUse));
    }
    tx.delete_segment(id, version).await?;
    note(&*tx, ctx, Deed::Removed, Subject::Segment(id)).await?;
    tx.commit().await?;
    Ok(())
}
