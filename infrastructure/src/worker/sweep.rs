//! Once a minute: finds what should not be, mends it and counts it. A count other than 0 is a fault.

use std::{sync::Arc, time::Duration};

use domain::{
    Ctx, Error, Locale, Scope, StoreError,
    citizens::port::SignInSweeps,
    complaints::{
        promises::{self, Swept},
        service::photos::remove_unattached,
    },
    context::System,
    ids::MunicipalityId,
    store::Urgency,
};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use super::Shared;

const EVERY: Duration = Duration::from_secs(60);

impl Shared {
    pub(super) async fn sweep_every_minute(self: Arc<Self>) {
        let mut minute = interval(EVERY);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            minute.tick().await;
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "a sweep broke off");
            }
            if let Err(error) = self.keep_promises().await {
                tracing::warn!(%error, "promises were not all looked at");
            }
            if let Err(error) = self.remove_unattached_photos().await {
                tracing::warn!(%error, "unattached photos were not all removed");
            }
        }
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let now = (self.worker.now)();
        let store = self.worker.store.at(Urgency::Sweep);
        let db = store.transaction(Scope::Installation).await?;
        db.sweep_sign_in(now).await?;
        db.finish().await?;
        for town in store.installation().served_towns().await? {
            self.sweep_town(town).await?;
        }
        Ok(())
    }

    /// Photos that no report wanted: their rows, then their files.
    async fn remove_unattached_photos(&self) -> Result<(), Error> {
        let Some(photos) = &self.worker.composer.photos else { return Ok(()) };
        let store = self.worker.store.at(Urgency::Sweep);
        for photo in remove_unattached(&store, (self.worker.now)()).await? {
            photos.delete(photo.municipality, photo.photo).await?;
        }
        Ok(())
    }

    /// Reminders, promises that passed, and complaints whose time is over.
    async fn keep_promises(&self) -> Result<(), Error> {
        let store = self.worker.store.at(Urgency::Sweep);
        let ctx = Ctx::new((self.worker.now)(), Locale::De, Uuid::nil(), self.worker.entropy.clone(), System);
        let Swept { reminded, overdue, closed, deleted, unneeded } = promises::sweep(&store, &ctx).await?;
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

    async fn sweep_town(&self, town: MunicipalityId) -> Result<(), StoreError> {
        let store = self.worker.store.at(Urgency::Sweep);
        let db = store.transaction(Scope::Municipality(town)).await?;
        let opened = db.open_overlooked_chunks((self.worker.now)()).await?;
        db.finish().await?;
        metrics::counter!("sweep_found_total", "what" => "overlooked").increment(opened);
        if opened > 0 {
            tracing::warn!(municipality = %town, opened, "opened chunks that nobody would have looked at");
        }
        Ok(())
    }
}
