//! Use cases: the town hall's staff keep its kinds of complaint.

use super::{Category, Names};
use crate::{
    Code, Ctx, Error, Result, Store,
    audit::{Deed, Subject, note},
    complaints::promise::Promise,
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::CategoryId,
    municipalities::service::MAX_ENTRIES,
    routing::service::unused_by_rules,
    text::Slug,
};

/// A category to be added.
#[derive(Clone, Debug)]
pub struct NewCategory {
    /// The code apps send.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// Its place in lists; last where absent.
    pub position: Option<i32>,
    /// What the town hall promises.
    pub promise: Promise,
    /// Whether title, state and coarse place of its complaints are public.
    pub is_public: bool,
    /// Whether guests may report it.
    pub accepts_guests: bool,
    /// Whether it may be reported without any contact.
    pub accepts_anonymous: bool,
    /// Within how many metres complaints may be the same; 0 looks for none.
    pub duplicate_radius_m: u32,
    /// Whether new complaints may be of this kind.
    pub active: bool,
}

/// What changes about a category; absent members stay. What was promised for a complaint stays too.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    /// What people read.
    pub names: Option<Names>,
    /// Its place in lists.
    pub position: Option<i32>,
    /// What the town hall promises.
    pub promise: Option<Promise>,
    /// Whether title, state and coarse place of its complaints are public.
    pub is_public: Option<bool>,
    /// Whether guests may report it.
    pub accepts_guests: Option<bool>,
    /// Whether it may be reported without any contact.
    pub accepts_anonymous: Option<bool>,
    /// Within how many metres complaints may be the same; 0 looks for none.
    pub duplicate_radius_m: Option<u32>,
    /// Whether new complaints may be of this kind.
    pub active: Option<bool>,
}

/// The categories in their order.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Category>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.categories().await?)
}

/// One category.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: CategoryId) -> Result<Category> {
    ctx.require(Permission::ReadRegister)?;
    store.read(ctx.scope()).await?.category(id).await?.ok_or_else(Error::not_found)
}

/// Adds a category.
///
/// # Errors
/// [`Code::AlreadyExists`] where the code is taken.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewCategory,
    once: Once<'_, Category>,
) -> Result<Outcome<Category>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    tx.touch_register().await?;
    let categories = tx.categories().await?;
    if categories.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let last = categories.iter().map(|category| category.position).max().unwrap_or_default();
    let category = Category {
        id: ctx.id(),
        code: new.code,
        names: new.names,
        position: new.position.unwrap_or(last.saturating_add(1)),
        promise: new.promise,
        is_public: new.is_public,
        accepts_guests: new.accepts_guests,
        accepts_anonymous: new.accepts_anonymous,
        duplicate_radius_m: new.duplicate_radius_m,
        active: new.active,
        version: 1,
    };
    tx.insert_category(ctx.now, &category).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Created, Subject::Category(category.id)).await?;
    once.remember(&*tx, ctx.now, &category).await?;
    tx.commit().await?;
    Ok(Outcome::Done(category))
}

/// Changes a category at `version`.
///
/// # Errors
/// Stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: CategoryId,
    version: i64,
    change: CategoryChange,
) -> Result<Category> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let before = tx.category(id).await?.ok_or_else(Error::not_found)?;
    let category = Category {
        id,
        code: before.code,
        names: change.names.unwrap_or(before.names),
        position: change.position.unwrap_or(before.position),
        promise: change.promise.unwrap_or(before.promise),
        is_public: change.is_public.unwrap_or(before.is_public),
        accepts_guests: change.accepts_guests.unwrap_or(before.accepts_guests),
        accepts_anonymous: change.accepts_anonymous.unwrap_or(before.accepts_anonymous),
        duplicate_radius_m: change.duplicate_radius_m.unwrap_or(before.duplicate_radius_m),
        active: change.active.unwrap_or(before.active),
        version,
    };
    tx.update_category(&category).await?;
    note(&*tx, ctx, Deed::Changed, Subject::Category(id)).await?;
    tx.commit().await?;
    Ok(Category { version: version + 1, ..category })
}

/// Removes a category at `version`.
///
/// # Errors
/// [`Code::InUse`] while rules name it or complaints are of it; it can be switched off then.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: CategoryId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    tx.category(id).await?.ok_or_else(Error::not_found)?;
    unused_by_rules(&*tx, id).await?;
    tx.delete_category(id, version).await.map_err(Error::conflict)?;
    note(&*tx, ctx, Deed::Removed, Subject::Category(id)).await?;
    tx.commit().await?;
    Ok(())
}
