//! Use cases: the town hall's staff write content, look it over and publish it.

pub mod files;
pub mod linked;

use super::{
    Content, Kind, Named, Removal, Sheet, State,
    announce::{announce, call_back},
    library::REMEMBERED,
};
use crate::{
    Code, Ctx, Error, Result, Store, Tx,
    audit::{Deed, Subject, note},
    context::{Permission, Staff},
    error::Violation,
    idempotency::{Once, Outcome},
    ids::ContentId,
    page::{Page, PageRequest},
    store::StoreError,
    time::TownCalendar,
};

/// Pieces a town may have that are not archived: what is published is kept in memory.
pub const MAX_LIVE: u64 = 5_000;

/// The pieces of a kind and in a state, the newest first.
pub async fn list(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    (kind, state): (Option<Kind>, Option<State>),
    page: &PageRequest,
) -> Result<Page<Content>> {
    ctx.require(Permission::ReadContent)?;
    Ok(store.read(ctx.scope()).await?.contents(kind, state, page).await?)
}

/// One piece.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: ContentId) -> Result<Content> {
    ctx.require(Permission::ReadContent)?;
    store.read(ctx.scope()).await?.content(id).await?.ok_or_else(Error::not_found)
}

/// Begins a piece: nobody sees it until it is published.
///
/// # Errors
/// Violations for what must hold of its kind, and for what it names and is not there.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: TownCalendar,
    (kind, sheet): (Kind, Sheet),
    once: Once<'_, Content>,
) -> Result<Outcome<Content>> {
    ctx.require(Permission::WriteContent)?;
    let sheet = sheet.checked(kind, town)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let changed = tx.count_content_change().await?;
    if tx.live_contents().await? >= MAX_LIVE {
        return Err(Error::invalid("", Code::TooMany));
    }
    named(&*tx, &sheet).await?;
    let content = Content {
        id: ctx.id(),
        kind,
        state: State::Draft,
        sheet,
        published_at: None,
        changed,
        version: 1,
        created_at: ctx.now,
        updated_at: ctx.now,
    };
    tx.insert_content(&content).await.map_err(reference)?;
    note(&*tx, ctx, Deed::Created, Subject::Content(content.id)).await?;
    once.remember(&*tx, ctx.now, &content).await?;
    tx.commit().await?;
    Ok(Outcome::Done(content))
}

/// Replaces what a piece at `version` says. What is planned to be told of it changes as well.
///
/// # Errors
/// Stale where it changed since; violations as [`create`]; another kind is not allowed.
pub async fn replace(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    town: TownCalendar,
    (id, version): (ContentId, i64),
    (kind, sheet): (Kind, Sheet),
) -> Result<Content> {
    ctx.require(Permission::WriteContent)?;
    let sheet = sheet.checked(kind, town)?;
    let tx = store.begin(ctx.scope()).await?;
    let changed = tx.count_content_change().await?;
    let before = tx.content(id).await?.ok_or_else(Error::not_found)?;
    ctx.require(before.state.edit())?;
    if before.kind != kind {
        return Err(Error::invalid("/kind", Code::NotAllowed));
    }
    named(&*tx, &sheet).await?;
    let content = Content { sheet, changed, version, updated_at: ctx.now, ..before };
    tx.update_content(&content).await.map_err(reference)?;
    if content.state == State::Published {
        announce(&*tx, &ctx.into(), &content, false).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Content(id)).await?;
    tx.commit().await?;
    Ok(Content { version: version + 1, ..content })
}

/// Takes a piece at `version` a step further. Those who chose the topic of news or of a gazette hear of it when
/// it is published for the first time; what is withdrawn before it was told is told when it is published again.
///
/// # Errors
/// [`Code::TransitionIllegal`] where there is no such step, stale where it changed since it was seen.
pub async fn transition(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: ContentId,
    version: i64,
    to: State,
) -> Result<Content> {
    ctx.require(Permission::WriteContent)?;
    let tx = store.begin(ctx.scope()).await?;
    let changed = tx.count_content_change().await?;
    let mut content = tx.content(id).await?.ok_or_else(Error::not_found)?;
    if content.version != version {
        return Err(StoreError::Stale.into());
    }
    if let Some(needed) = content.state.step(to) {
        ctx.require(needed)?;
    }
    let first = content.published_at.is_none();
    let was_public = content.state == State::Published;
    content.become_state(to, ctx.now)?;
    (content.changed, content.updated_at) = (changed, ctx.now);
    tx.update_content(&content).await?;
    if to == State::Published {
        announce(&*tx, &ctx.into(), &content, first).await?;
    } else if was_public {
        call_back(&*tx, ctx.now, &content).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Content(id)).await?;
    tx.commit().await?;
    Ok(Content { version: version + 1, ..content })
}

/// Removes a piece at `version` for good. Who keeps a copy of what was public is told that it is gone.
///
/// # Errors
/// [`Code::TransitionIllegal`] while it is published; stale where it changed since.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: ContentId, version: i64) -> Result<()> {
    ctx.require(Permission::WriteContent)?;
    let tx = store.begin(ctx.scope()).await?;
    let changed = tx.count_content_change().await?;
    let content = tx.content(id).await?.ok_or_else(Error::not_found)?;
    ctx.require(content.state.edit())?;
    if content.version != version {
        return Err(StoreError::Stale.into());
    }
    if !content.state.is_removable() {
        return Err(content.no_way_to("removed"));
    }
    tx.delete_content(id, version).await?;
    if content.published_at.is_some() {
        let removal = Removal { id, kind: content.kind, changed };
        tx.insert_removal(ctx.now, &removal, ctx.now - REMEMBERED * 2).await?;
    }
    note(&*tx, ctx, Deed::Removed, Subject::Content(id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Something is called otherwise from now on: who keeps a copy of the pieces that name it is told of each.
pub(crate) async fn renamed(tx: &dyn Tx, named: Named) -> Result<()> {
    let changed = tx.count_content_change().await?;
    Ok(tx.renumber_contents(named, changed).await?)
}

/// Refuses what is named and not there: topic, district, department, and files, also those of the other kind.
async fn named(tx: &dyn Tx, sheet: &Sheet) -> Result<()> {
    let mut wrong = Vec::new();
    let mut miss = |pointer: &str| wrong.push(Violation::new(pointer, Code::UnknownReference));
    if let Some(topic) = sheet.topic
        && tx.topic(topic).await?.is_none()
    {
        miss("/topic");
    }
    if let Some(area) = sheet.area
        && tx.area(area).await?.is_none()
    {
        miss("/area");
    }
    if let Some(office) = sheet.office
        && tx.department(office).await?.is_none()
    {
        miss("/office");
    }
    wrong.extend(files::missing(tx, sheet.files()).await?);
    if wrong.is_empty() { Ok(()) } else { Err(Error::violations(wrong)) }
}

/// Topic, area and department were looked up before; one that went meanwhile is not known any more.
fn reference(error: StoreError) -> Error {
    match error {
        StoreError::Dependent => Error::invalid("", Code::UnknownReference),
        other => Error::Store(other),
    }
}
