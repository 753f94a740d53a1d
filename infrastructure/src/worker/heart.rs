//! Signs of life.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{Scope, StoreError, ids::ChunkId, store::Urgency};

use super::{Shared, rounds::every};
use crate::db::Lease;

/// The leases this worker works on. A task that breaks lets go of its lease, which then ends.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<ChunkId, Lease>>);

impl Held {
    pub fn add(&self, lease: &Lease) {
        self.leases().insert(lease.chunk, *lease);
    }

    pub fn remove(&self, lease: &Lease) {
        let mut leases = self.leases();
        // The same chunk may have been claimed anew meanwhile.
        if leases.get(&lease.chunk).is_some_and(|held| held.epoch == lease.epoch) {
            leases.remove(&lease.chunk);
        }
    }

    fn all(&self) -> Vec<Lease> {
        self.leases().values().copied().collect()
    }

    fn leases(&self) -> MutexGuard<'_, HashMap<ChunkId, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Renews leases at a quarter of their length and frees those of the dead, so that the dead are
    /// noticed within a lease and a quarter.
    pub async fn beat(self: Arc<Self>) {
        every(self.worker.settings.lease / 4, async || {
            if let Err(error) = self.show_life().await {
                tracing::warn!(%error, "the worker could not renew its leases");
            }
        })
        .await;
    }

    async fn show_life(&self) -> Result<(), StoreError> {
        let now = (self.worker.now)();
        let db = self.worker.store.at(Urgency::Crisis).transaction(Scope::Installation).await?;
        for lease in self.held.all() {
            // A lease that is somebody else's by now shows when its holder next writes.
            db.renew(&lease, now, self.worker.settings.lease).await?;
        }
        let freed = db.free_expired(now).await?;
        db.see_worker(self.id, now).await?;
        db.finish().await?;
        if freed > 0 {
            metrics::counter!("sweep_found_total", "what" => "expired_lease").increment(freed);
            tracing::warn!(freed, "freed chunks of workers that showed no sign of life");
        }
        Ok(())
    }
}
