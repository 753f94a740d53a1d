//! Telling people: those who had a date that changed.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    Ctx, Result, Tx,
    broadcasts::quiet,
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

/// Tells everybody of a calendar's addresses what changed, each by their first way. Sources are asked at night:
/// what can wait is told in the morning.
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
        let all = || changes.iter().flat_map(|told| days(told));
        let Some((first, last)) = all().min().zip(all().max()) else { continue };
        let expires_at = town.calendar().end_of(last);
        if changes.len() > ONE_BY_ONE {
            let changes = u32::try_from(changes.len()).unwrap_or(u32::MAX);
            let topic = Topic::WasteCalendarChanged { calendar: calendar.id, changes };
            send(tx, ctx, topic, (awake(town, ctx.now, first), expires_at), (channel, ways)).await?;
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
            let not_before = days(told).min().map_or(ctx.now, |day| awake(town, ctx.now, day));
            send(tx, ctx, topic, (not_before, expires_at), (channel, ways.clone())).await?;
        }
    }
    Ok(())
}

/// The days a change is about.
fn days(told: &Told) -> impl Iterator<Item = NaiveDate> + use<> {
    [told.from, told.to].into_iter().flatten()
}

/// From when on people may be told of a change about `day`: not at night, unless the bin is at the kerb by the
/// time they get up.
fn awake(town: &Municipality, now: DateTime<Utc>, day: NaiveDate) -> DateTime<Utc> {
    let morning = quiet::morning(now, town.time_zone);
    if town.calendar().date(morning) < day { morning } else { now }
}

/// Plans a message to ways of one channel.
pub(super) async fn send<A>(
    tx: &dyn Tx,
    ctx: &Ctx<A>,
    topic: Topic,
    (not_before, expires_at): (DateTime<Utc>, DateTime<Utc>),
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
        tx.enqueue_later(ctx.now, not_before, &message).await?;
    }
    Ok(())
}
