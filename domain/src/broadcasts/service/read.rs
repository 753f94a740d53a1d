//! What people see of broadcasts.

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Error, Result, Scope, Store,
    broadcasts::{Acknowledging, Told},
    context::Person,
    ids::{MessageId, MunicipalityId},
    page::{Page, PageRequest, Position},
};

/// What one was told, in all municipalities one is tied to, the newest first; what came or changed after
/// `since` where given.
///
/// # Errors
/// Those of storage.
pub async fn messages(
    store: &dyn Store,
    ctx: &Ctx<Person>,
    since: Option<DateTime<Utc>>,
    page: &PageRequest,
) -> Result<Page<Told>> {
    let person = ctx.actor.person;
    let followed = store.read(Scope::Installation).await?.followed(person).await?;
    // Each town may fill the page alone; one row more says whether others follow.
    let each = PageRequest { limit: page.limit.saturating_add(1), after: page.after.clone() };
    let mut all = Vec::new();
    for town in followed {
        let reads = store.read(Scope::Municipality(town)).await?;
        all.extend(reads.told(person, since, &each).await?);
    }
    all.sort_by_cached_key(|told| std::cmp::Reverse(position(told)));
    Ok(Page::cut(all, page, position))
}

fn position(told: &Told) -> Position {
    Position { key: told.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true), id: told.broadcast.id.0 }
}

/// Notes that one opened a message.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not for the asker.
pub async fn mark_read(store: &dyn Store, ctx: &Ctx<Person>, id: MessageId) -> Result<()> {
    for town in towns(store, ctx).await? {
        let tx = store.begin(Scope::Municipality(town)).await?;
        if tx.note_read(ctx.now, id, ctx.actor.person).await? {
            return Ok(tx.commit().await?);
        }
    }
    Err(Error::not_found())
}

/// Notes that one acknowledges a message: nobody calls any more because of it.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not for the asker.
pub async fn acknowledge(store: &dyn Store, ctx: &Ctx<Person>, id: MessageId) -> Result<()> {
    for town in towns(store, ctx).await? {
        let tx = store.begin(Scope::Municipality(town)).await?;
        if tx.acknowledge(ctx.now, id, &[ctx.actor.person], Acknowledging::App).await? {
            return Ok(tx.commit().await?);
        }
    }
    Err(Error::not_found())
}

async fn towns(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<MunicipalityId>> {
    Ok(store.read(Scope::Installation).await?.followed(ctx.actor.person).await?)
}
