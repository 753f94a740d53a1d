//! The town hall's staff keep the kinds of waste.

use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    categories::Names,
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::WasteTypeId,
    text::{Line, Slug},
    waste::WasteType,
};

/// Kinds of waste a town hall may have.
pub const MOST_TYPES: usize = 100;
/// Words of one kind.
pub const MOST_WORDS: usize = 50;

/// A kind to be added.
#[derive(Clone, Debug)]
pub struct NewType {
    /// The code apps send.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// What sources call it.
    pub words: Vec<Line>,
    /// Its place in lists; last where absent.
    pub position: Option<i32>,
}

/// What changes about a kind; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct TypeChange {
    /// What people read.
    pub names: Option<Names>,
    /// What sources call it.
    pub words: Option<Vec<Line>>,
    /// Its place in lists.
    pub position: Option<i32>,
}

/// The kinds in their order.
///
/// # Errors
/// Those of storage.
pub async fn list_types(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<WasteType>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.waste_types().await?)
}

/// One kind.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn get_type(store: &dyn Store, ctx: &Ctx<Staff>, id: WasteTypeId) -> Result<WasteType> {
    ctx.require(Permission::ReadRegister)?;
    found(store.read(ctx.scope()).await?.waste_types().await?, id)
}

fn found(types: Vec<WasteType>, id: WasteTypeId) -> Result<WasteType> {
    types.into_iter().find(|kind| kind.id == id).ok_or_else(Error::not_found)
}

/// Adds a kind.
///
/// # Errors
/// [`Code::AlreadyExists`] where the code is taken; [`Code::TooMany`].
pub async fn create_type(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewType,
    once: Once<'_, WasteType>,
) -> Result<Outcome<WasteType>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    let types = tx.waste_types().await?;
    if types.len() >= MOST_TYPES {
        return Err(Error::invalid("", Code::TooMany));
    }
    few(&new.words)?;
    let last = types.iter().map(|kind| kind.position).max().unwrap_or_default();
    let NewType { code, names, words, position } = new;
    let position = position.unwrap_or(last.saturating_add(1));
    let kind = WasteType { id: ctx.id(), code, names, words, position, version: 1 };
    tx.insert_waste_type(ctx.now, &kind).await.map_err(Error::conflict)?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Created, Subject::WasteCalendars).await?;
    once.remember(&*tx, ctx.now, &kind).await?;
    tx.commit().await?;
    Ok(Outcome::Done(kind))
}

/// Changes a kind at `version`.
///
/// # Errors
/// Stale where it changed since; [`Code::TooMany`] words.
pub async fn change_type(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: WasteTypeId,
    version: i64,
    change: TypeChange,
) -> Result<WasteType> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    let before = found(tx.waste_types().await?, id)?;
    let kind = WasteType {
        names: change.names.unwrap_or(before.names),
        words: change.words.unwrap_or(before.words),
        position: change.position.unwrap_or(before.position),
        version,
        ..before
    };
    few(&kind.words)?;
    tx.update_waste_type(&kind).await?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Changed, Subject::WasteCalendars).await?;
    tx.commit().await?;
    Ok(WasteType { version: version + 1, ..kind })
}

fn few(words: &[Line]) -> Result<()> {
    if words.len() > MOST_WORDS { Err(Error::invalid("/words", Code::TooMany)) } else { Ok(()) }
}

/// Removes a kind at `version`.
///
/// # Errors
/// [`Code::InUse`] while collections or reminders are of it.
pub async fn remove_type(store: &dyn Store, ctx: &Ctx<Staff>, id: WasteTypeId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    found(tx.waste_types().await?, id)?;
    tx.delete_waste_type(id, version).await.map_err(Error::conflict)?;
    tx.touch_register().await?;
    note(&*tx, ctx, Deed::Removed, Subject::WasteCalendars).await?;
    tx.commit().await?;
    Ok(())
}
