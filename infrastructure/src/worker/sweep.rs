//! Once a minute: finds what should not be, mends it and counts it. A count other than 0 is a fault.

use std::{sync::Arc, time::Duration};

use domain::{Scope, StoreError, citizens::port::SignInSweeps, ids::MunicipalityId, store::Urgency};
use tokio::time::{MissedTickBehavior, interval};

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
