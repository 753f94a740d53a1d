//! Use cases: the town hall's staff keep its areas.

use super::MAX_ENTRIES;
use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    content::{Named, service::renamed},
    context::{Permission, Staff},
    geo::MultiPolygon,
    idempotency::{Once, Outcome},
    ids::AreaId,
    municipalities::{Area, AreaKind},
    routing::service::unused_by_rules,
    text::{Name, Slug},
};

/// An area to be added.
#[derive(Clone, Debug)]
pub struct NewArea {
    /// A code that never changes, for imports.
    pub code: Slug,
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub kind: AreaKind,
    /// Where it lies.
    pub geometry: MultiPolygon,
}

/// What changes about an area; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct AreaChange {
    /// Its name.
    pub name: Option<Name>,
    /// What it is for.
    pub kind: Option<AreaKind>,
    /// Where it lies.
    pub geometry: Option<MultiPolygon>,
}

/// The areas by name.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Area>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.areas().await?)
}

/// One area.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: AreaId) -> Result<Area> {
    ctx.require(Permission::ReadRegister)?;
    store.read(ctx.scope()).await?.area(id).await?.ok_or_else(Error::not_found)
}

/// Adds an area.
///
/// # Errors
/// [`Code::AlreadyExists`] where the code is taken.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewArea,
    once: Once<'_, Area>,
) -> Result<Outcome<Area>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    tx.touch_register().await?;
    if tx.areas().await?.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let NewArea { code, name, kind, geometry } = new;
    let area = Area { id: ctx.id(), code, name, kind, geometry, version: 1 };
    tx.insert_area(ctx.now, &area).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Area(area.id)).await?;
    once.remember(&*tx, ctx.now, &area).await?;
    tx.commit().await?;
    Ok(Outcome::Done(area))
}

/// Changes an area at `version`.
///
/// # Errors
/// Stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: AreaId,
    version: i64,
    change: AreaChange,
) -> Result<Area> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let mut area = tx.area(id).await?.ok_or_else(Error::not_found)?;
    area.version = version;
    let is_renamed = change.name.as_ref().is_some_and(|name| *name != area.name);
    area.name = change.name.unwrap_or(area.name);
    area.kind = change.kind.unwrap_or(area.kind);
    area.geometry = change.geometry.unwrap_or(area.geometry);
    tx.update_area(&area).await?;
    if is_renamed {
        renamed(&*tx, Named::Area(id)).await?;
    }
    note(&*tx, ctx, Deed::Changed, Subject::Area(id)).await?;
    tx.commit().await?;
    Ok(Area { version: version + 1, ..area })
}

/// Removes an area at `version`.
///
/// # Errors
/// [`Code::InUse`] while rules name it or addresses lie in it.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: AreaId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    tx.area(id).await?.ok_or_else(Error::not_found)?;
    unused_by_rules(&*tx, id).await?;
    tx.delete_area(id, version).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Removed, Subject::Area(id)).await?;
    tx.commit().await?;
    Ok(())
}
