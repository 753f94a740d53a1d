//! Whether what waits for a slow provider is still to be sent. A batch is taken while its broadcast goes out; when its
//! last row gets a place at the gateway, the town hall may have called it back.

use std::time::{Duration, Instant};

use domain::{Scope, deliveries::Topic, ids::MessageId};
use tokio::sync::Mutex;

use crate::db::{Lease, SqlStore, StoredMessage};

/// How long an answer counts: what is called back stops within two seconds.
const COUNTS_FOR: Duration = Duration::from_secs(1);

/// Asks the database at most once a second, and of a fast provider's batch never.
pub(super) struct Wanted<'a> {
    store: &'a SqlStore,
    scope: Scope,
    /// None for what nobody calls back.
    broadcast: Option<MessageId>,
    known: Mutex<(Instant, bool)>,
}

impl<'a> Wanted<'a> {
    /// Of a batch that was taken just now.
    pub fn new(store: &'a SqlStore, lease: &Lease, message: &StoredMessage) -> Self {
        let broadcast = match message.topic {
            Topic::Broadcast { broadcast, .. } => Some(broadcast),
            _ => None,
        };
        let known = Mutex::new((Instant::now(), true));
        Self { store, scope: Scope::Municipality(lease.municipality), broadcast, known }
    }

    /// Whether it is to be sent. Where the database does not say, it is: a warning must not wait for that.
    pub async fn still(&self) -> bool {
        let Some(broadcast) = self.broadcast else { return true };
        let mut known = self.known.lock().await;
        if known.1 && known.0.elapsed() >= COUNTS_FOR {
            let is_called_back = async || self.store.view(self.scope).await?.is_called_back(broadcast).await;
            let is_wanted = is_called_back().await.map_or(true, |is_called_back| !is_called_back);
            *known = (Instant::now(), is_wanted);
        }
        known.1
    }
}
