//! Once a minute: finds what should not be, mends it and counts it. A count other than 0 is a fault.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{
    Ctx, Error, Locale, Scope, StoreError,
    citizens::port::SignInSweeps,
    complaints::{
        promises::{self, Swept},
        service::photos::remove_unattached,
    },
    context::System,
    deliveries::Severity,
    ids::MunicipalityId,
    municipalities::port::MunicipalityReads,
    store::Urgency,
    sweep::Fault,
    wards::service::expire,
};
use strum::IntoEnumIterator;
use uuid::Uuid;

use super::{Shared, Worker, rounds::every};
use crate::{
    db::{Mended, SqlStore},
    privacy::upkeep,
    tokens::rotate_old,
};

const EVERY: Duration = Duration::from_secs(60);
const SEALED_EVERY: Duration = Duration::from_secs(1);
const STATISTICS_EVERY: Duration = Duration::from_secs(5);

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Codes, counters, kept answers and sessions whose time was over.
    pub outlived: u64,
    /// Workers of processes that were killed, now forgotten.
    pub silent_workers: u64,
    /// Phones whose app was not opened for 270 days, now removed.
    pub silent_phones: u64,
    /// Deliveries that should have been sent two minutes ago.
    pub past_due: u64,
    /// Chunks that nobody would have looked at, now open again.
    pub overlooked: u64,
    /// What was wrong with broadcasts.
    pub broadcasts: Mended,
}

/// Looks through the whole installation once.
///
/// # Errors
/// Those of the database.
pub async fn sweep(store: &SqlStore, now: DateTime<Utc>) -> Result<Found, StoreError> {
    let store = store.at(Urgency::Sweep);
    let db = store.transaction(Scope::Installation).await?;
    let mut found = Found {
        outlived: db.sweep_sign_in(now).await?,
        silent_workers: db.forget_silent_workers(now).await?,
        silent_phones: db.forget_silent_phones(now).await?,
        ..Found::default()
    };
    db.finish().await?;
    for town in store.installation().served_towns().await? {
        match look_at(&store, town, now).await {
            Ok((past_due, overlooked, mended)) => {
                found.past_due += past_due;
                found.overlooked += overlooked;
                found.broadcasts.late += mended.late;
                found.broadcasts.forgotten += mended.forgotten;
                found.broadcasts.unaccounted += mended.unaccounted;
                found.broadcasts.without_receipt += mended.without_receipt;
            }
            // The next town hall is not to suffer for it.
            Err(error) => say(&Fault::of_town(town, error)),
        }
    }
    Ok(found)
}

/// Deliveries past due and chunks that nobody would have looked at. Almost always nothing is wrong, and then nobody
/// who writes waits.
async fn look_at(
    store: &SqlStore,
    town: MunicipalityId,
    now: DateTime<Utc>,
) -> Result<(u64, u64, Mended), StoreError> {
    let view = store.view(Scope::Municipality(town)).await?;
    let past_due = view.past_due(now).await?;
    let late = view.late_broadcasts(now).await?;
    let is_sound = !view.is_any_chunk_overlooked(now).await? && !view.is_any_broadcast_broken(now).await?;
    drop(view);
    if is_sound {
        return Ok((past_due, 0, Mended { late, ..Mended::default() }));
    }
    let db = store.transaction(Scope::Municipality(town)).await?;
    let overlooked = db.open_overlooked_chunks(now).await?;
    let mended = db.mend_broadcasts(now).await?;
    db.finish().await?;
    Ok((past_due, overlooked, mended))
}

pub(super) fn say(fault: &Fault) {
    let Fault { municipality, complaint, error } = fault;
    let cause = std::error::Error::source(error).map(ToString::to_string);
    metrics::counter!("sweep_faults_total").increment(1);
    tracing::error!(
        %municipality,
        complaint = complaint.map(tracing::field::display),
        %error,
        cause,
        "could not be swept; the next sweep tries again"
    );
}

impl Shared {
    pub(super) async fn sweep_every_minute(self: Arc<Self>) {
        every(EVERY, async || {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "a sweep broke off");
            }
            if let Err(error) = self.keep_promises().await {
                tracing::warn!(%error, "promises were not all looked at");
            }
            if let Err(error) = self.end_outlived_wards().await {
                tracing::warn!(%error, "registrations whose time is over were not all ended");
            }
            if let Err(error) = self.remove_unattached_photos().await {
                tracing::warn!(%error, "unattached photos were not all removed");
            }
            if let Err(error) = self.renew_signing_key().await {
                tracing::warn!(%error, "the key that signs is old and could not be renewed");
            }
            let photos = self.worker.composer.photos.as_ref();
            if let Err(error) = upkeep::upkeep(&self.worker.store, photos, (self.worker.now)()).await {
                tracing::warn!(%error, "not everything was erased that should be");
            }
        })
        .await;
    }

    /// Chains audit entries, so that none can be changed unseen for longer than a second.
    pub(super) async fn seal_every_second(self: Arc<Self>) {
        every(SEALED_EVERY, async || {
            if let Err(error) = upkeep::seal(&self.worker.store, (self.worker.now)()).await {
                tracing::warn!(%error, "the audit log could not be sealed");
            }
        })
        .await;
    }

    /// Lets the planner know of tables that grow fast: an installation's first reports, a large broadcast.
    pub(super) async fn refresh_statistics(self: Arc<Self>) {
        every(STATISTICS_EVERY, async || {
            if let Err(error) = self.worker.store.refresh_statistics().await {
                tracing::warn!(%error, "statistics could not be refreshed");
            }
            if let Err(error) = self.measure_lanes().await {
                tracing::warn!(%error, "the lanes could not be measured");
            }
        })
        .await;
    }

    /// How long the oldest work of each lane has been due.
    async fn measure_lanes(&self) -> Result<(), StoreError> {
        let now = (self.worker.now)();
        let oldest = self.worker.store.installation().oldest_due(now).await?;
        for lane in Severity::iter() {
            let due_at = oldest.iter().find(|(of, _)| *of == lane).map_or(now, |(_, due_at)| *due_at);
            let waited = (now - due_at).to_std().unwrap_or_default();
            let lane: &'static str = lane.into();
            metrics::gauge!("queue_oldest_seconds", "lane" => lane).set(waited.as_secs_f64());
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let found = sweep(&self.worker.store, (self.worker.now)()).await?;
        let Found { silent_workers, silent_phones, past_due, overlooked, .. } = found;
        for (what, count) in [
            ("silent_worker", silent_workers),
            ("silent_phone", silent_phones),
            ("past_due", past_due),
            ("overlooked", overlooked),
            ("late_broadcast", found.broadcasts.late),
            ("forgotten_broadcast", found.broadcasts.forgotten),
            ("unaccounted_person", found.broadcasts.unaccounted),
            ("without_receipt", found.broadcasts.without_receipt),
        ] {
            metrics::counter!("sweep_found_total", "what" => what).increment(count);
        }
        if found.past_due + found.overlooked > 0 {
            tracing::warn!(past_due, overlooked, "deliveries wait longer than they should");
        }
        let Mended { late, forgotten, unaccounted, .. } = found.broadcasts;
        if late + forgotten + unaccounted > 0 {
            tracing::error!(late, forgotten, unaccounted, "broadcasts were not as they should be");
        }
        Ok(())
    }

    async fn renew_signing_key(&self) -> Result<(), Error> {
        let Worker { store, composer, now, entropy, .. } = &self.worker;
        if let Some(kid) = rotate_old(store, &composer.secrets, &**entropy, now()).await? {
            tracing::info!(%kid, "a new key signs access tokens from the next minute on");
        }
        Ok(())
    }

    /// Wards who never answered, and registrations that were good until yesterday.
    async fn end_outlived_wards(&self) -> Result<(), Error> {
        let store = self.worker.store.at(Urgency::Sweep);
        let now = (self.worker.now)();
        for id in store.installation().served_towns().await? {
            let town = MunicipalityReads::municipality_by_id(&store.installation(), id).await?;
            let Some(town) = town else { continue };
            let ended = expire(&store, now, &town).await?;
            metrics::counter!("wards_expired_total").increment(u64::try_from(ended).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Photos that no report wanted: their rows, then their files.
    async fn remove_unattached_photos(&self) -> Result<(), Error> {
        let Some(photos) = &self.worker.composer.photos else { return Ok(()) };
        let store = self.worker.store.at(Urgency::Sweep);
        let (removed, faults) = remove_unattached(&store, (self.worker.now)()).await?;
        faults.iter().for_each(say);
        for photo in removed {
            photos.delete(photo.municipality, photo.photo).await?;
        }
        Ok(())
    }

    /// Reminders, promises that passed, and complaints whose time is over.
    async fn keep_promises(&self) -> Result<(), Error> {
        let store = self.worker.store.at(Urgency::Sweep);
        let ctx = Ctx::new((self.worker.now)(), Locale::De, Uuid::nil(), self.worker.entropy.clone(), System);
        let Swept { reminded, overdue, closed, deleted, unneeded, faults } =
            promises::sweep(&store, &ctx).await?;
        faults.iter().for_each(say);
        for (what, count) in
            [("reminded", reminded), ("overdue", overdue), ("closed", closed), ("deleted", deleted)]
        {
            metrics::counter!("complaints_swept_total", "what" => what).increment(count);
        }
        let Some(photos) = &self.worker.composer.photos else { return Ok(()) };
        for photo in unneeded {
            photos.delete(photo.municipality, photo.photo).await?;
        }
        Ok(())
    }
}
