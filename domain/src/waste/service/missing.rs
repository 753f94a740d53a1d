//! Telling people that nothing is known of the days they want to be reminded of: once for each gap.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{
    reminding::{Dates, Sight},
    telling,
};
use crate::{
    Ctx, Result, Tx,
    context::System,
    deliveries::{Channel, Topic},
    ids::{ContactPointId, WasteCalendarId, WasteTypeId},
    waste::{DueReminder, Freshness, MissingDates, WasteCalendar},
};

/// How long it is tried to tell it.
const LIFE: TimeDelta = TimeDelta::days(1);

/// What is missing, and by which ways somebody is told: those of the reminder that came first.
struct Missing {
    kinds: BTreeSet<WasteTypeId>,
    channel: Channel,
    ways: BTreeSet<ContactPointId>,
}

/// Tells whoever has a reminder due in a turn that the dates it would be about are not known. Answers how many
/// ways were told.
///
/// # Errors
/// Those of storage.
pub(super) async fn tell(
    tx: &dyn Tx,
    ctx: &Ctx<System>,
    sight: &Sight,
    reminders: &[DueReminder],
    dates: &Dates,
) -> Result<usize> {
    let mut missing: BTreeMap<MissingDates, Missing> = BTreeMap::new();
    for due in reminders {
        let reminder = &due.reminder;
        let days = dates.get(&(reminder.days_before, reminder.time)).map(Vec::as_slice).unwrap_or_default();
        for (day, _) in days {
            for (freshness, calendar) in sight.of_house(&due.street_key, &due.house) {
                for (since, kinds) in gaps(sight, (*freshness, calendar), *day, reminder.waste_type) {
                    let gap = MissingDates { person: due.person, calendar: calendar.id, since };
                    let (channel, ways) = (reminder.channel, BTreeSet::new());
                    let told =
                        missing.entry(gap).or_insert(Missing { kinds: BTreeSet::new(), channel, ways });
                    if told.channel == reminder.channel {
                        told.ways.insert(due.contact_point);
                        told.kinds.extend(kinds);
                    }
                }
            }
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    let all: Vec<_> = missing.keys().copied().collect();
    let mut groups: BTreeMap<(WasteCalendarId, Vec<WasteTypeId>, Channel), Vec<_>> = BTreeMap::new();
    for gap in tx.note_missing(ctx.now, &all).await? {
        let Some(Missing { kinds, channel, ways }) = missing.remove(&gap) else { continue };
        let group = groups.entry((gap.calendar, sight.in_order(&kinds), channel)).or_default();
        group.extend(ways.into_iter().map(|way| (way, gap.person)));
    }
    let told = groups.values().map(Vec::len).sum();
    for ((calendar, kinds, channel), ways) in groups {
        let named = kinds.iter().filter_map(|id| sight.types.iter().find(|kind| kind.id == *id));
        let waste = named.map(|kind| kind.names.clone()).collect();
        let topic = Topic::WasteDatesMissing { calendar, waste };
        telling::send(tx, ctx, topic, (ctx.now, ctx.now + LIFE), (channel, ways)).await?;
    }
    Ok(told)
}

/// Since when nothing is known of a day in a calendar, with the kinds that are missing since then; none named
/// where it is all of them.
fn gaps(
    sight: &Sight,
    (freshness, calendar): (Freshness, &WasteCalendar),
    day: NaiveDate,
    only: Option<WasteTypeId>,
) -> BTreeMap<NaiveDate, Vec<WasteTypeId>> {
    let date = |moment: DateTime<Utc>| sight.town.date(moment);
    let has = |kind| calendar.kinds.is_empty() || calendar.kinds.contains_key(&kind);
    if only.is_some_and(|only| !has(only)) {
        return BTreeMap::new();
    }
    if freshness != Freshness::Fresh {
        // Since ever, where its source never answered.
        let since = calendar.stale_from().map(date).unwrap_or_default();
        return [(since, Vec::new())].into();
    }
    calendar.unknown(day, only)
}
