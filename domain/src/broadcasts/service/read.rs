//! What people see of broadcasts.

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Error, Result, Scope, Store,
    broadcasts::{Acknowledging, Told},
    context::Person,
    deliveries::{Channel, Severity},
    ids::{ContactPointId, MessageId, MunicipalityId},
    page::{Page, PageRequest, Position},
    phone::Phone,
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
    Position { key: told.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true), id: told.id.0 }
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

/// Somebody answered a text message with a yes: whoever is reached by that number acknowledges the warnings of
/// the last time that they have not acknowledged yet.
///
/// # Errors
/// Those of storage.
pub async fn acknowledge_by_text(store: &dyn Store, now: DateTime<Utc>, from: &Phone) -> Result<()> {
    let reads = store.read(Scope::Installation).await?;
    let Some(point) = reads.contact_point(Channel::Sms, from.as_str()).await? else { return Ok(()) };
    let reached = reads.reached_by(point).await?;
    drop(reads);
    let latest = PageRequest { limit: LATEST, after: None };
    for (person, town) in reached {
        let tx = store.begin(Scope::Municipality(town)).await?;
        for told in tx.told(person, None, &latest).await? {
            let draft = &told.draft;
            let is_warning = draft.severity == Severity::Crisis && draft.expires_at > now;
            if is_warning && told.acknowledged_at.is_none() {
                tx.acknowledge(now, told.id, &[person], Acknowledging::Sms).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

/// Somebody pressed the button behind the link of a letter: whoever reads that mailbox acknowledges the warning.
/// Answers whether there is such a warning.
///
/// # Errors
/// Those of storage.
pub async fn acknowledge_by_link(
    store: &dyn Store,
    now: DateTime<Utc>,
    town: MunicipalityId,
    (id, mailbox): (MessageId, ContactPointId),
) -> Result<bool> {
    let tx = store.begin(Scope::Municipality(town)).await?;
    let people = tx.at_contact_point(id, mailbox).await?;
    let found = tx.acknowledge(now, id, &people, Acknowledging::Link).await?;
    tx.commit().await?;
    Ok(found)
}

/// Messages looked at when somebody answers without saying which one.
const LATEST: u64 = 10;

pub(super) async fn towns(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<MunicipalityId>> {
    Ok(store.read(Scope::Installation).await?.followed(ctx.actor.person).await?)
}
