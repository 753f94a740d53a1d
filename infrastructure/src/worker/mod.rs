//! Sends what is due.
//!
//! A worker claims chunks for a while, sends their deliveries batch by batch and gives them back. It
//! holds no database connection while a provider is called. Killed at any moment it loses nothing:
//! its leases end, and another worker, or the same after a restart, goes on from the notes it left.

mod broadcast_words;
mod broadcasts;
mod chunk;
mod citizen_words;
mod codes;
mod compose;
mod content;
mod content_files;
mod desk_letter;
mod desk_words;
mod heart;
mod lines;
mod rounds;
mod sweep;
mod wanted;
mod waste;

use std::{sync::Arc, time::Duration};

use crate::{
    db::{Lease, STOPPED, Served, SqlStore},
    sources::Fetcher,
};
use chrono::{DateTime, Utc};
use domain::{
    Scope, StoreError, broadcasts::Waits, context::Entropy, deliveries::budget::Budget, ids::WorkerId,
    store::Urgency,
};
use heart::Held;
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

pub use compose::Composer;
pub use content::ask_content_sources;
pub use content_files::remove_unnamed_files;
pub use lines::{DEFAULT_APP, Lines, Trouble};
pub use sweep::{Found, sweep};
pub use waste::{ask_sources, remind};

/// Tells the time.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a chunk stays with a worker that shows no sign of life. Longer than any send.
    pub lease: Duration,
    /// Chunks worked on at the same time; as many again when one speaks of danger.
    pub concurrency: usize,
    /// Deliveries sent and written together: so many may be sent twice when the process is killed.
    pub batch: u64,
    /// How often to look for what another process planned or what has become due.
    pub poll: Duration,
    /// How long a stopping worker may finish what is on its way.
    pub drain: Duration,
    /// How long each rung of a crisis waits for an acknowledgement.
    pub waits: Waits,
    /// Text messages and calls that each town hall has in a day.
    pub budget: Budget,
    /// Rows of a broadcast that are stopped in one transaction.
    pub stopped: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            concurrency: 4,
            batch: 100,
            poll: Duration::from_secs(1),
            drain: Duration::from_secs(25),
            waits: Waits::default(),
            budget: Budget::default(),
            stopped: STOPPED,
        }
    }
}

/// What a worker needs.
pub struct Worker {
    /// Where the work is.
    pub store: SqlStore,
    /// The ways out.
    pub lines: Arc<Lines>,
    /// Who finds the words.
    pub composer: Composer,
    /// The time.
    pub now: Now,
    /// Chance, for jitter and names.
    pub entropy: Arc<dyn Entropy>,
    /// Who asks sources out there.
    pub fetcher: Fetcher,
    /// How it works.
    pub settings: Settings,
}

/// A worker at work. Dropping it lets it go on until the process ends.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    id: WorkerId,
    lines: Arc<Lines>,
    now: Now,
}

impl Running {
    /// The worker's name in leases.
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// Tells which gateways rest.
    pub fn troubles(&self) -> impl Fn() -> Vec<Trouble> + Send + Sync + use<> {
        let (lines, now) = (self.lines.clone(), self.now.clone());
        move || lines.troubles(now())
    }

    /// Claims nothing more, finishes what is on its way and gives the chunks back. What is not
    /// finished in time is left as after a crash.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the worker broke");
        }
    }

    /// Ends it on the spot, as a crash would: leases and notes stay as they are.
    pub async fn abort(self) {
        self.task.abort();
        // Aborted is what it should be.
        drop(self.task.await);
    }
}

/// The parts every task of a worker shares.
struct Shared {
    worker: Worker,
    id: WorkerId,
    held: Held,
    stop: watch::Receiver<bool>,
}

impl Worker {
    /// Starts working in the background of the current tokio runtime.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn start(self) -> Result<Running, StoreError> {
        let (sender, stop) = watch::channel(false);
        let mut name = [0; 16];
        self.entropy.fill(&mut name);
        let id = WorkerId(uuid::Builder::from_random_bytes(name).into_uuid());
        let db = self.store.transaction(Scope::Installation).await?;
        db.add_worker(id, (self.now)()).await?;
        let freed = db.free_predecessors().await?;
        db.finish().await?;
        tracing::info!(worker = %id, freed, "worker started");
        let (lines, now) = (self.lines.clone(), self.now.clone());
        let shared = Arc::new(Shared { worker: self, id, held: Held::default(), stop });
        Ok(Running { stop: sender, task: tokio::spawn(shared.run()), id, lines, now })
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        // Both end with this task, also when it is aborted.
        let mut heart = JoinSet::new();
        heart.spawn(self.clone().beat());
        heart.spawn(self.clone().post_codes());
        heart.spawn(self.clone().look_after_broadcasts());
        heart.spawn(self.clone().sweep_every_minute());
        heart.spawn(self.clone().seal_every_second());
        heart.spawn(self.clone().refresh_statistics());
        heart.spawn(self.clone().remind_of_collections());
        heart.spawn(self.clone().ask_waste_sources());
        heart.spawn(self.clone().ask_content_sources());
        heart.spawn(self.clone().sweep_content_files());
        let mut chunks = JoinSet::new();
        self.clone().claim_until_stopped(&mut chunks).await;
        let all_back = async { while chunks.join_next().await.is_some() {} };
        if timeout(self.worker.settings.drain, all_back).await.is_err() {
            tracing::warn!(worker = %self.id, "stopped before everything on its way was finished");
        }
        drop(heart);
        if let Err(error) = self.sign_off().await {
            tracing::warn!(%error, "the worker could not sign off");
        }
    }

    async fn claim_until_stopped(self: Arc<Self>, chunks: &mut JoinSet<()>) {
        let bell = self.worker.store.bell();
        let mut stop = self.stop.clone();
        let mut last = Served::default();
        while !*stop.borrow() {
            let claimed = match self.claim(&mut last, chunks.len()).await {
                Ok(leases) => leases,
                Err(error) => {
                    tracing::warn!(%error, "no work could be claimed");
                    Vec::new()
                }
            };
            if !claimed.is_empty() {
                for lease in claimed {
                    chunks.spawn(self.clone().work(lease));
                }
                continue;
            }
            tokio::select! {
                () = bell.notified() => {}
                Some(ended) = chunks.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "work on a chunk broke off; its lease will end");
                    }
                }
                () = sleep(self.worker.settings.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Due chunks of the town hall whose turn it is, as many as there is room for.
    async fn claim(&self, last: &mut Served, busy: usize) -> Result<Vec<Lease>, StoreError> {
        let Worker { store, settings, now, .. } = &self.worker;
        let Some(turn) = store.installation().next_turn(now(), *last).await? else {
            return Ok(Vec::new());
        };
        let (urgency, places) = match turn.crisis {
            true => (Urgency::Crisis, settings.concurrency.saturating_mul(2)),
            false => (Urgency::Routine, settings.concurrency),
        };
        let room = u64::try_from(places.saturating_sub(busy)).unwrap_or_default();
        if room == 0 {
            return Ok(Vec::new());
        }
        let db = store.at(urgency).transaction(Scope::Installation).await?;
        let leases = db.claim(self.id, now(), settings.lease, turn, room).await?;
        // Held before the commit: no heartbeat may miss them.
        leases.iter().for_each(|lease| self.held.add(lease));
        if let Err(error) = db.finish().await {
            leases.iter().for_each(|lease| self.held.remove(lease));
            return Err(error);
        }
        last.note(turn);
        Ok(leases)
    }

    /// Codes never wait behind messages: somebody sits before the sign-in page.
    async fn post_codes(self: Arc<Self>) {
        let mut stop = self.stop.clone();
        while !*stop.borrow() {
            match self.send_codes().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "codes could not be sent"),
            }
            tokio::select! {
                () = sleep(self.worker.settings.poll) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn sign_off(&self) -> Result<(), StoreError> {
        let db = self.worker.store.transaction(Scope::Installation).await?;
        db.remove_worker(self.id).await?;
        db.finish().await
    }
}
