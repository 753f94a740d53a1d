//! One chunk from its claim until it is given back.

use std::{sync::Arc, time::Duration};

use domain::{
    StoreError,
    deliveries::{Attempt, Outcome, Severity, Topic, twice_rather_than_never},
    store::Urgency,
};
use futures::{StreamExt, stream};
use tokio::time::sleep;

use super::{Shared, Worker, wanted::Wanted};
use crate::db::{Batch, Due, Lease, Progress, Settled, SqlStore, StoredMessage};

/// Tries to write what was sent before giving up and leaving it in doubt.
const WRITES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

impl Shared {
    pub(super) async fn work(self: Arc<Self>, lease: Lease) {
        // Dropped also when this task breaks: the heart then lets the lease end.
        let _held = LetGo { shared: &self, lease };
        let mut settled = Vec::new();
        loop {
            match self.advance(&lease, &settled).await {
                Ok(Progress::Next(batch)) => settled = self.send(&lease, batch).await,
                Ok(Progress::Over) => return,
                Ok(Progress::Fenced) => {
                    let dropped = u64::try_from(settled.len()).unwrap_or_default().max(1);
                    metrics::counter!("fenced_writes_total").increment(dropped);
                    tracing::warn!(chunk = %lease.chunk, epoch = lease.epoch, dropped, "another worker has this chunk");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, chunk = %lease.chunk, "a chunk could not go on; its lease will end");
                    return;
                }
            }
        }
    }

    /// The next step, tried several times: what was sent should not be sent twice because the
    /// database was busy for a moment.
    async fn advance(&self, lease: &Lease, settled: &[Settled]) -> Result<Progress, StoreError> {
        let Worker { settings, now, .. } = &self.worker;
        let mut pause = FIRST_PAUSE;
        let mut tried = 1;
        loop {
            let most = if *self.stop.borrow() { 0 } else { settings.batch };
            let limits = (most, settings.budget);
            match self.store(lease).advance(lease, now(), settings.lease, settled, limits).await {
                Err(error) if tried < WRITES => {
                    tracing::warn!(%error, chunk = %lease.chunk, tried, "a batch could not be written; trying again");
                    sleep(pause).await;
                    pause *= 2;
                    tried += 1;
                }
                progress => return progress,
            }
        }
    }

    fn store(&self, lease: &Lease) -> SqlStore {
        self.worker.store.at(if lease.lane == Severity::Crisis { Urgency::Crisis } else { Urgency::Routine })
    }

    /// Sends a batch, all at once as far as the gateways take it.
    async fn send(&self, lease: &Lease, batch: Batch) -> Vec<Settled> {
        let Worker { composer, store, now, .. } = &self.worker;
        let composed = composer.prepare(store, lease.channel, &batch, now()).await;
        let Batch { message, due } = batch;
        let wanted = Wanted::new(store, lease, &message);
        let at_once = due.len().max(1);
        stream::iter(due)
            .map(|due| {
                let (message, composed, wanted) = (&message, &composed, &wanted);
                async move {
                    let item = composed.outgoing(message, &due);
                    let outcome = match item {
                        Err(outcome) => outcome,
                        // A drill takes every step but this one: no line is even looked for.
                        Ok(_) if is_drill(&message.topic) => {
                            Outcome::Sent { provider_id: Some("drill".to_owned()) }
                        }
                        Ok(item) => {
                            let line =
                                self.worker.lines.find(lease.channel, due.platform, due.app.as_deref());
                            match line {
                                Some(line) => line.send(&self.worker.now, &item, Some(wanted)).await,
                                None => Outcome::StopChannel { reason: "no_gateway" },
                            }
                        }
                    };
                    self.settled(lease, message, &due, outcome)
                }
            })
            .buffer_unordered(at_once)
            .collect()
            .await
    }

    fn settled(&self, lease: &Lease, message: &StoredMessage, due: &Due, outcome: Outcome) -> Settled {
        let at = (self.worker.now)();
        let number = due.attempts.saturating_add(1);
        let word: &'static str = (&outcome).into();
        let channel: &'static str = lease.channel.into();
        metrics::counter!("delivery_attempts_total", "channel" => channel, "outcome" => word).increment(1);
        let mut chance = [0; 4];
        self.worker.entropy.fill(&mut chance);
        let attempt = Attempt {
            severity: message.severity,
            twice_rather_than_never: twice_rather_than_never(lease.channel, message.severity, &message.topic),
            number,
            at,
            expires_at: message.expires_at,
            registered_at: due.registered_at,
            chance: u32::from_be_bytes(chance),
        };
        let verdict = attempt.verdict(outcome);
        if verdict.due_at.is_none() {
            let state: &'static str = verdict.state.into();
            metrics::counter!("deliveries_total", "channel" => channel, "outcome" => state).increment(1);
        }
        Settled { contact_point: due.contact_point, number, at, verdict }
    }
}

fn is_drill(topic: &Topic) -> bool {
    matches!(topic, Topic::Broadcast { drill: true, .. })
}

struct LetGo<'a> {
    shared: &'a Shared,
    lease: Lease,
}

impl Drop for LetGo<'_> {
    fn drop(&mut self) {
        self.shared.held.remove(&self.lease);
    }
}
