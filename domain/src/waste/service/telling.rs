//! Telling people: those who had a date that changed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    Ctx, Result, Tx,
    deliveries::{Channel, NewMessage, Recipients, Severity, Topic},
    ids::{ContactPointId, PersonId},
    municipalities::{Municipality, street_key},
    waste::{Told, WasteCalendar, is_for},
};

/// More changes at once than this are told in one sentence.
const ONE_BY_ONE: usize = 3;
/// Deliveries of one message: those a worker leases together.
const TOGETHER: usize = 500;

/// A way, and whose it is.
type Way = (ContactPointId, PersonId);

/// Tells everybody of a calendar's addresses what changed, each by their first way.
///
/// # Errors
/// Those of storage.
pub(super) async fn tell<A>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    town: &Municipality,
    calendar: &WasteCalendar,
    told: &[Told],
) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let sections = tx.sections_of(calendar.id).await?;
    let mut streets: Vec<_> = sections.iter().map(|section| street_key(section.street.as_str())).collect();
    streets.sort();
    streets.dedup();
    let streets = (!calendar.whole_town).then_some(streets.as_slice());
    let mut groups: BTreeMap<(Vec<usize>, Channel), Vec<Way>> = BTreeMap::new();
    for neighbour in tx.neighbours(streets).await? {
        let here = (neighbour.street_key.as_str(), Some(&neighbour.house));
        let theirs = told.iter().enumerate();
        let theirs = theirs.filter(|(_, told)| is_for(&told.collection, calendar, &sections, here));
        let theirs: Vec<_> = theirs.map(|(place, _)| place).collect();
        if !theirs.is_empty() {
            let group = groups.entry((theirs, neighbour.channel)).or_default();
            group.push((neighbour.contact_point, neighbour.person));
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    let types = tx.waste_types().await?;
    for ((theirs, channel), ways) in groups {
        let changes: Vec<_> = theirs.iter().filter_map(|place| told.get(*place)).collect();
        let last = changes.iter().flat_map(|told| [told.from, told.to]).flatten().max();
        let expires_at = last.map_or(ctx.now, |day| town.calendar().end_of(day));
        if changes.len() > ONE_BY_ONE {
            let changes = u32::try_from(changes.len()).unwrap_or(u32::MAX);
            let topic = Topic::WasteCalendarChanged { calendar: calendar.id, changes };
            send(tx, ctx, topic, expires_at, (channel, ways)).await?;
            continue;
        }
        for told in changes {
            let kind = types.iter().find(|kind| kind.id == told.collection.waste_type);
            let Some(kind) = kind else { continue };
            let topic = Topic::WasteChanged {
                collection: told.collection.id,
                waste: kind.names.clone(),
                from: told.from,
                to: told.to,
            };
            send(tx, ctx, topic, expires_at, (channel, ways.clone())).await?;
        }
    }
    Ok(())
}

/// Plans a message to ways of one channel.
pub(super) async fn send<A>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    topic: Topic,
    expires_at: DateTime<Utc>,
    (channel, ways): (Channel, Vec<(ContactPointId, PersonId)>),
) -> Result<()> {
    for ways in ways.chunks(TOGETHER) {
        let message = NewMessage {
            id: ctx.id(),
            severity: Severity::Notice,
            topic: topic.clone(),
            expires_at,
            to: Recipients::Ways(channel, ways.to_vec()),
        };
        tx.enqueue_new(ctx.now, &message).await?;
    }
    Ok(())
}
