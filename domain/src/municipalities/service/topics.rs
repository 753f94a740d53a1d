//! Use cases: the town hall's staff keep its topics.

use super::MAX_ENTRIES;
use crate::{
    Code, Ctx, Error, Result, Store,
    categories::Names,
    context::{Permission, Staff},
    idempotency::{Once, Outcome},
    ids::TopicId,
    municipalities::Topic,
    text::Slug,
};

/// A topic to be added.
#[derive(Clone, Debug)]
pub struct NewTopic {
    /// The code apps send.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// Its place in lists; last where absent.
    pub position: Option<i32>,
    /// Whether it can be chosen.
    pub active: bool,
}

/// What changes about a topic; absent members stay.
#[derive(Clone, Debug, Default)]
pub struct TopicChange {
    /// What people read.
    pub names: Option<Names>,
    /// Its place in lists.
    pub position: Option<i32>,
    /// Whether it can be chosen.
    pub active: Option<bool>,
}

/// The topics in their order.
pub async fn list(store: &dyn Store, ctx: &Ctx<Staff>) -> Result<Vec<Topic>> {
    ctx.require(Permission::ReadRegister)?;
    Ok(store.read(ctx.scope()).await?.topics().await?)
}

/// One topic.
pub async fn get(store: &dyn Store, ctx: &Ctx<Staff>, id: TopicId) -> Result<Topic> {
    ctx.require(Permission::ReadRegister)?;
    store.read(ctx.scope()).await?.topic(id).await?.ok_or_else(Error::not_found)
}

/// Adds a topic. Nobody has chosen it, so it reaches nobody.
///
/// # Errors
/// [`Code::AlreadyExists`] where the code is taken.
pub async fn create(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    new: NewTopic,
    once: Once<'_, Topic>,
) -> Result<Outcome<Topic>> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    if let Some(answer) = once.replay(&*tx, ctx.now).await? {
        return Ok(Outcome::Replayed(answer));
    }
    tx.touch_register().await?;
    let topics = tx.topics().await?;
    if topics.len() >= MAX_ENTRIES {
        return Err(Error::invalid("", Code::TooMany));
    }
    let last = topics.iter().map(|topic| topic.position).max().unwrap_or_default();
    let NewTopic { code, names, position, active } = new;
    let position = position.unwrap_or(last.saturating_add(1));
    let topic = Topic { id: ctx.id(), code, names, position, active, version: 1 };
    tx.insert_topic(ctx.now, &topic).await.map_err(Error::conflict)?;
    once.remember(&*tx, ctx.now, &topic).await?;
    tx.commit().await?;
    Ok(Outcome::Done(topic))
}

/// Changes a topic at `version`.
///
/// # Errors
/// Stale where it changed since.
pub async fn change(
    store: &dyn Store,
    ctx: &Ctx<Staff>,
    id: TopicId,
    version: i64,
    change: TopicChange,
) -> Result<Topic> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    let before = tx.topic(id).await?.ok_or_else(Error::not_found)?;
    let topic = Topic {
        id,
        code: before.code,
        names: change.names.unwrap_or(before.names),
        position: change.position.unwrap_or(before.position),
        active: change.active.unwrap_or(before.active),
        version,
    };
    tx.update_topic(&topic).await?;
    tx.commit().await?;
    Ok(Topic { version: version + 1, ..topic })
}

/// Removes a topic at `version`.
///
/// # Errors
/// [`Code::InUse`] while somebody chose it; it can be switched off then.
pub async fn remove(store: &dyn Store, ctx: &Ctx<Staff>, id: TopicId, version: i64) -> Result<()> {
    ctx.require(Permission::ManageRegister)?;
    let tx = store.begin(ctx.scope()).await?;
    tx.touch_register().await?;
    tx.topic(id).await?.ok_or_else(Error::not_found)?;
    tx.delete_topic(id, version).await.map_err(Error::conflict)?;
    tx.commit().await?;
    Ok(())
}
