//! Looks after broadcasts: begins them at their time, has them planned slice by slice, takes people up the
//! ladder, and ends what is over. Each step is one transaction that holds the broadcast's row, so that several
//! workers share the work and a killed one leaves nothing half done.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Error, Scope, StoreError,
    broadcasts::{Broadcast, BroadcastState, Ladder, Step, port::BroadcastWrites, quiet},
    content::port::ContentWrites,
    deliveries::{NewMessage, Recipients, Topic},
    ids::MunicipalityId,
    municipalities::port::MunicipalityReads,
    store::Urgency,
};
use sea_orm::DatabaseTransaction;
use tokio::time::sleep;
use uuid::Uuid;

use super::Shared;
use crate::db::{BroadcastTurn, Db, Stopped, Times, corrupt};

/// Broadcasts looked at in one go.
const AT_ONCE: u64 = 64;

/// How long an all-clear waits for what is on its way to providers: longer than they may take to answer, and than a
/// worker that was killed keeps its lease. Rather somebody is not told than nobody.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(2);

/// What became of a broadcast that was looked at.
enum Moved {
    /// It went on, and goes on at once.
    On,
    /// It is to be looked at again, at the next look or then.
    Later(DateTime<Utc>),
    /// Nobody needs to look at it any more.
    Out,
}

impl Shared {
    pub(super) async fn look_after_broadcasts(self: Arc<Self>) {
        let mut stop = self.stop.clone();
        while !*stop.borrow() {
            match self.take_turns().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "broadcasts could not be looked after"),
            }
            tokio::select! {
                () = sleep(self.worker.settings.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Looks at the broadcasts that are due. Answers whether any of them went on.
    async fn take_turns(&self) -> Result<bool, StoreError> {
        let now = (self.worker.now)();
        for turn in self.worker.store.installation().broadcasts_due(now, AT_ONCE).await? {
            match self.take_turn(turn, now).await {
                // Danger that came meanwhile is next.
                Ok(true) => return Ok(true),
                Ok(false) => {}
                // The next one is not to suffer for it.
                Err(error) => {
                    metrics::counter!("broadcast_faults_total").increment(1);
                    tracing::error!(%error, broadcast = %turn.broadcast, "a broadcast could not go on; it is tried again");
                }
            }
        }
        Ok(false)
    }

    async fn take_turn(&self, turn: BroadcastTurn, now: DateTime<Utc>) -> Result<bool, Error> {
        let urgency = if turn.crisis { Urgency::Crisis } else { Urgency::Routine };
        let store = self.worker.store.at(urgency);
        let db = store.transaction(Scope::Municipality(turn.municipality)).await?;
        let Some((mut broadcast, through)) = db.take_broadcast(turn.broadcast).await? else {
            return Ok(false);
        };
        let moved = match broadcast.next_step(now) {
            Step::Nothing => Moved::Out,
            Step::Wait(until) => Moved::Later(until),
            Step::Begin => {
                self.begin(&db, now, &mut broadcast).await?;
                db.note_progress(&broadcast, through).await?;
                Moved::On
            }
            Step::Plan => self.plan(&db, now, (turn.municipality, &mut broadcast), through).await?,
            Step::Climb => self.climb(&db, now, &mut broadcast, through).await?,
            Step::Stop => self.stop(&db, now, &mut broadcast, through).await?,
            Step::Expire
                if db.stop(now, broadcast.id, Stopped::Expired, self.worker.settings.stopped).await? =>
            {
                broadcast.state = broadcast.state.step(BroadcastState::Expired)?;
                broadcast.ended_at = Some(now);
                db.note_progress(&broadcast, through).await?;
                Moved::Out
            }
            Step::Expire => Moved::On,
        };
        match moved {
            Moved::On => db.call_up(now, &broadcast).await?,
            Moved::Later(at) => db.call_up(at, &broadcast).await?,
            Moved::Out => db.end_turns(broadcast.id).await?,
        }
        db.finish().await?;
        Ok(matches!(moved, Moved::On))
    }

    async fn begin(
        &self,
        db: &Db<DatabaseTransaction>,
        now: DateTime<Utc>,
        broadcast: &mut Broadcast,
    ) -> Result<(), Error> {
        broadcast.state = broadcast.state.step(BroadcastState::Sending)?;
        broadcast.sending_at = Some(now);
        if let Some(town) = db.municipality_by_id(db.municipality()?).await? {
            let waits = self.worker.settings.waits.in_town(town.settings.waits);
            broadcast.ladder = Ladder::of(broadcast.draft.severity, waits, &town.settings.ladders);
        }
        let message = NewMessage {
            id: broadcast.id,
            severity: broadcast.draft.severity,
            topic: Topic::Broadcast { broadcast: broadcast.id, drill: broadcast.draft.drill },
            expires_at: broadcast.draft.expires_at,
            to: Recipients::Mailboxes(Vec::new()),
        };
        db.store_message(now, &message).await?;
        // Its pictures and documents are read where those of content are, whose readers look for this number.
        if broadcast.is_shown() && !broadcast.draft.attachments.is_empty() {
            db.count_content_change().await?;
        }
        // Nobody is called any more because of a danger that is over.
        if broadcast.is_all_clear() {
            db.end_incident(now, broadcast).await?;
        }
        tracing::info!(broadcast = %broadcast.id, severity = %broadcast.draft.severity, "a broadcast begins");
        Ok(())
    }

    /// Stops what has not left, a part of it at a time.
    async fn stop(
        &self,
        db: &Db<DatabaseTransaction>,
        now: DateTime<Utc>,
        broadcast: &mut Broadcast,
        through: Option<Uuid>,
    ) -> Result<Moved, Error> {
        let why = match broadcast.state {
            BroadcastState::Cancelled => Stopped::CalledBack,
            _ => Stopped::AllClear,
        };
        if !db.stop(now, broadcast.id, why, self.worker.settings.stopped).await? {
            return Ok(Moved::On);
        }
        let stopped = broadcast.stopped()?;
        if stopped != broadcast.state {
            broadcast.state = stopped;
            broadcast.ended_at = Some(now);
            db.note_progress(broadcast, through).await?;
        }
        Ok(Moved::Out)
    }

    async fn plan(
        &self,
        db: &Db<DatabaseTransaction>,
        now: DateTime<Utc>,
        (town, broadcast): (MunicipalityId, &mut Broadcast),
        through: Option<Uuid>,
    ) -> Result<Moved, Error> {
        // Whoever is being told at this moment must hear as well that it is over. They are not known before.
        let may_wait = broadcast.sending_at.is_some_and(|since| now < since + ON_ITS_WAY);
        if broadcast.is_all_clear() && through.is_none() && may_wait && db.is_still_told(broadcast).await? {
            return Ok(Moved::Later(now));
        }
        let town = db.municipality_by_id(town).await?.ok_or(corrupt("a broadcast of no municipality"))?;
        let due_at = quiet::not_before(now, broadcast.draft.severity, town.time_zone);
        let (whom, ladder) = (broadcast.whom()?, broadcast.climbs(self.worker.settings.waits));
        let slice =
            db.plan_slice(Times { now, due_at }, broadcast, (&whom, through), ladder.as_ref()).await?;
        let through = match slice {
            Some((people, last)) => {
                broadcast.people += people;
                Some(last)
            }
            None => {
                broadcast.planned = true;
                tracing::info!(broadcast = %broadcast.id, people = broadcast.people, "a broadcast is planned");
                through
            }
        };
        db.note_progress(broadcast, through).await?;
        Ok(Moved::On)
    }

    async fn climb(
        &self,
        db: &Db<DatabaseTransaction>,
        now: DateTime<Utc>,
        broadcast: &mut Broadcast,
        through: Option<Uuid>,
    ) -> Result<Moved, Error> {
        let next = match broadcast.climbs(self.worker.settings.waits) {
            Some(ladder) => {
                let climbed = db.climb(now, broadcast, &ladder).await?;
                if climbed.more {
                    return Ok(Moved::On);
                }
                climbed.next
            }
            None => None,
        };
        if next.is_none() && db.is_all_sent(broadcast.id).await? {
            db.let_further_numbers_go(now, broadcast.id).await?;
            broadcast.state = broadcast.state.step(BroadcastState::Sent)?;
            broadcast.ended_at = Some(now);
            db.note_progress(broadcast, through).await?;
            return Ok(Moved::Out);
        }
        // Others send and people acknowledge; the next look sees how far they are.
        Ok(Moved::Later(now))
    }
}
