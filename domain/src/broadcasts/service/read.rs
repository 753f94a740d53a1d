//! What people see of broadcasts.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Ctx, Error, Result, Scope, Store,
    broadcasts::{Acknowledging, Asked, Told},
    context::Person,
    deliveries::{Channel, DeliveryState, Report, Tried},
    ids::{ContactPointId, MessageId, MunicipalityId},
    page::{Page, PageRequest, Position},
    phone::Phone,
    store::undisturbed,
};

/// How far [`messages`] looks back behind the moment it is asked for. A broadcast is dated when its sending begins,
/// and a large audience, a slow database or a clock that is behind may put it before a person later than that: who
/// asked in between would never hear of it.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// What one was told, in all municipalities one is tied to, the newest first; what came or changed after
/// `since` where given, and perhaps what came in the hour before.
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
    let asked = match since {
        Some(since) => Asked::After(since.checked_sub_signed(OVERLAP).unwrap_or(since)),
        None => Asked::All,
    };
    let followed = store.read(Scope::Installation).await?.followed(person).await?;
    // Each town may fill the page alone; one row more says whether others follow.
    let each = PageRequest { limit: page.limit.saturating_add(1), after: page.after.clone() };
    let mut all = Vec::new();
    for town in followed {
        let reads = store.read(Scope::Municipality(town)).await?;
        all.extend(reads.told(person, asked, &each).await?);
    }
    all.sort_by_cached_key(|told| std::cmp::Reverse(position(told)));
    Ok(Page::cut(all, page, position))
}

fn position(told: &Told) -> Position {
    Position { key: told.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true), id: told.id.0 }
}

/// One message that one was told.
///
/// # Errors
/// [`crate::Code::NotFound`] where it is not for the asker.
pub async fn message(store: &dyn Store, ctx: &Ctx<Person>, id: MessageId) -> Result<Told> {
    let only = PageRequest { limit: 1, after: None };
    for town in towns(store, ctx).await? {
        let reads = store.read(Scope::Municipality(town)).await?;
        if let Some(told) = reads.told(ctx.actor.person, Asked::One(id), &only).await?.pop() {
            return Ok(told);
        }
    }
    Err(Error::not_found())
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
    let person = [ctx.actor.person];
    for town in towns(store, ctx).await? {
        let found = undisturbed(async || {
            let tx = store.begin(Scope::Municipality(town)).await?;
            let found = tx.acknowledge(ctx.now, id, &person, Acknowledging::App).await?;
            if found {
                tx.commit().await?;
            }
            Ok(found)
        });
        if found.await? {
            return Ok(());
        }
    }
    Err(Error::not_found())
}

/// Somebody answered a text message with a yes: whoever is reached by that number acknowledges the warnings that
/// were sent to it and are not over. Of what was told them elsewhere they said nothing.
///
/// # Errors
/// Those of storage.
pub async fn acknowledge_by_text(store: &dyn Store, now: DateTime<Utc>, from: &Phone) -> Result<()> {
    let reads = store.read(Scope::Installation).await?;
    let Some(point) = reads.contact_point(Channel::Sms, from.as_str()).await? else { return Ok(()) };
    let reached = reads.reached_by(point).await?;
    drop(reads);
    let mut towns: Vec<_> = reached.into_iter().map(|(_, town)| town).collect();
    towns.sort_unstable();
    towns.dedup();
    for town in towns {
        let warnings = store.read(Scope::Municipality(town)).await?.warnings_texted(now, point).await?;
        for id in warnings {
            acknowledge_at(store, now, town, (id, point, Acknowledging::Sms)).await?;
        }
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
    acknowledge_at(store, now, town, (id, mailbox, Acknowledging::Link)).await
}

async fn acknowledge_at(
    store: &dyn Store,
    now: DateTime<Utc>,
    town: MunicipalityId,
    (id, contact_point, by): (MessageId, ContactPointId, Acknowledging),
) -> Result<bool> {
    undisturbed(async || {
        let tx = store.begin(Scope::Municipality(town)).await?;
        let people = tx.at_contact_point(id, contact_point).await?;
        let found = tx.acknowledge(now, id, &people, by).await?;
        tx.commit().await?;
        Ok(found)
    })
    .await
}

/// What a key that somebody pressed proves.
pub const HEARD: Report = Report::of(DeliveryState::Read);

/// Somebody pressed the key during a call: it was heard, and whoever lives at the number acknowledges the broadcast;
/// both or neither. Answers whether the delivery did not say so before.
///
/// # Errors
/// Those of storage.
pub async fn acknowledge_by_call(
    store: &dyn Store,
    now: DateTime<Utc>,
    town: MunicipalityId,
    call: Tried,
) -> Result<bool> {
    undisturbed(async || {
        let tx = store.begin(Scope::Municipality(town)).await?;
        let people = tx.at_contact_point(call.message, call.contact_point).await?;
        tx.acknowledge(now, call.message, &people, Acknowledging::Voice).await?;
        let news = tx.report(now, call, HEARD).await?;
        tx.commit().await?;
        Ok(news)
    })
    .await
}

pub(super) async fn towns(store: &dyn Store, ctx: &Ctx<Person>) -> Result<Vec<MunicipalityId>> {
    Ok(store.read(Scope::Installation).await?.followed(ctx.actor.person).await?)
}
