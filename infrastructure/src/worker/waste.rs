//! Reminders of collections, in turns: whatever fell due since the last turn of a town hall. And sources of
//! waste calendars that are asked once a day.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Ctx, Error, Locale, Scope, Store,
    context::System,
    ids::MunicipalityId,
    store::Urgency,
    waste::{
        Origin, WasteCalendar,
        port::ReminderReads,
        service::{note_failure, refresh, take_turn},
    },
};
use uuid::Uuid;

use super::{
    Shared,
    rounds::{every, in_each_town},
};
use crate::{db::SqlStore, sources::Fetcher, waste::AbfallIoHouse};

/// How often to look whether a minute has begun.
const EVERY: Duration = Duration::from_secs(5);
/// How often to look whether a source is to be asked.
const SOURCES_EVERY: Duration = Duration::from_secs(15 * 60);
/// A source is asked again so long after its last answer, and so long after it gave none.
const FRESH_FOR: TimeDelta = TimeDelta::hours(20);
const AGAIN_AFTER: TimeDelta = TimeDelta::hours(2);

/// Takes the turn of each town hall in which a minute began since the last one. Answers how many ways were
/// told. A town hall that cannot be served keeps no other waiting: it is tried again the next time.
///
/// # Errors
/// Those of the database, where nobody can be served.
pub async fn remind(store: &SqlStore, ctx: &Ctx<System>) -> Result<usize, Error> {
    let store = store.at(Urgency::Routine);
    let mut told = 0;
    for (town, after) in store.installation().reminder_turns().await? {
        // Reminders are due at whole minutes, in every zone.
        if minute(ctx.now) == minute(after) {
            continue;
        }
        match take_turn(&store, ctx, town, after).await {
            Ok(ways) => told += ways.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(municipality = %town, %error, "reminders were not told; the next turn tries again")
            }
        }
    }
    Ok(told)
}

fn minute(moment: DateTime<Utc>) -> i64 {
    moment.timestamp().div_euclid(60)
}

/// Asks the sources that are to be asked. Answers how many gave dates. One that gives none is noted, and
/// keeps no other waiting.
///
/// # Errors
/// Those of the database, where nobody can be served.
pub async fn ask_sources(store: &SqlStore, ctx: &Ctx<System>, fetcher: &Fetcher) -> Result<usize, Error> {
    let store = store.at(Urgency::Sweep);
    in_each_town(&store, |town| of_town(&store, ctx, fetcher, town)).await
}

async fn of_town(
    store: &SqlStore,
    ctx: &Ctx<System>,
    fetcher: &Fetcher,
    town: MunicipalityId,
) -> Result<usize, Error> {
    let calendars = store.read(Scope::Municipality(town)).await?.waste_calendars().await?;
    let mut answered = 0;
    for calendar in calendars.into_iter().filter(|calendar| is_to_be_asked(calendar, ctx.now)) {
        let Origin::AbfallIo(settings) = calendar.origin else { continue };
        let source = AbfallIoHouse::new(settings, fetcher.clone());
        match refresh(store, ctx, (town, calendar.id), &source).await {
            Ok(_) => answered += 1,
            Err(error) => {
                tracing::warn!(municipality = %town, calendar = %calendar.id, %error, "a waste calendar could not be refreshed");
                metrics::counter!("waste_sources_failed_total").increment(1);
                note_failure(store, ctx, (town, calendar.id), &error).await?;
            }
        }
    }
    Ok(answered)
}

fn is_to_be_asked(calendar: &WasteCalendar, now: DateTime<Utc>) -> bool {
    let over = |since: Option<DateTime<Utc>>, wait: TimeDelta| since.is_none_or(|since| now - since >= wait);
    matches!(calendar.origin, Origin::AbfallIo(_))
        && over(calendar.refreshed_at, FRESH_FOR)
        && over(calendar.failed_at, AGAIN_AFTER)
}

impl Shared {
    pub(super) async fn ask_waste_sources(self: Arc<Self>) {
        every(SOURCES_EVERY, async || {
            let worker = &self.worker;
            if let Err(error) = ask_sources(&worker.store, &self.at_this_moment(), &worker.fetcher).await {
                tracing::warn!(%error, "sources of waste calendars were not all asked");
            }
        })
        .await;
    }

    pub(super) fn at_this_moment(&self) -> Ctx<System> {
        Ctx::new((self.worker.now)(), Locale::De, Uuid::nil(), self.worker.entropy.clone(), System)
    }

    pub(super) async fn remind_of_collections(self: Arc<Self>) {
        every(EVERY, async || match remind(&self.worker.store, &self.at_this_moment()).await {
            Ok(told) => {
                let told = u64::try_from(told).unwrap_or_default();
                metrics::counter!("waste_reminders_total").increment(told);
            }
            Err(error) => tracing::warn!(%error, "reminders could not be looked for"),
        })
        .await;
    }
}
