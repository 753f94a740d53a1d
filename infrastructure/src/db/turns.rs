//! The queue in front of those who write: the urgent go first, and nobody waits for ever. SQLite has room
//! for one; on PostgreSQL a quarter of the connections is left to those who read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::{StoreError, store::Urgency};
use tokio::{runtime::Handle, sync::oneshot};

use super::joint_commit::JointCommit;

/// A write that waits longer than this answers `Busy`; the caller tells its client to come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Every fourth turn goes to whoever has waited longest, however urgent: without that, requests
/// that keep coming would keep every message from leaving, and workers from showing signs of life.
const FOR_THE_PATIENT: u64 = 4;

/// Hands out the right to write, to so many at a time.
#[derive(Clone)]
pub struct Turns {
    line: Arc<Mutex<Queue>>,
    patience: Duration,
    // Where joint commits run: of all runtimes the one that ends last.
    runtime: Option<Handle>,
}

struct Queue {
    free: usize,
    arrivals: u64,
    passed: u64,
    longest: Duration,
    // By urgency, then by arrival.
    waiting: BTreeMap<(Urgency, u64), oneshot::Sender<Turn>>,
}

impl Queue {
    /// Whose turn it is among those who wait.
    fn next(&self) -> Option<(Urgency, u64)> {
        if (self.passed + 1).is_multiple_of(FOR_THE_PATIENT) {
            return self.waiting.keys().min_by_key(|(_, arrival)| *arrival).copied();
        }
        self.waiting.keys().next().copied()
    }

    /// Calls whose turn it is; with work that is still to be committed only a request, which is short.
    fn call(&mut self, joint: bool) -> Option<oneshot::Sender<Turn>> {
        let next = self.next().filter(|(urgency, _)| !joint || *urgency == Urgency::Request)?;
        self.passed += 1;
        self.waiting.remove(&next)
    }
}

/// The right to write; the next in line gets it when this is dropped.
pub struct Turn {
    turns: Turns,
    // A turn that was handed over but never received must not hand itself over twice.
    live: bool,
    since: Instant,
    /// What those before wrote and have not committed yet.
    pub joint: Option<JointCommit>,
}

impl Turn {
    /// The turn without others' work: that is committed first.
    pub async fn alone(mut self) -> Self {
        if let Some(joint) = self.joint.take() {
            joint.commit().await;
        }
        self
    }
}

impl Turns {
    /// Room for `places` writers.
    pub fn of(places: usize) -> Self {
        let queue =
            Queue { free: places, arrivals: 0, passed: 0, longest: Duration::ZERO, waiting: BTreeMap::new() };
        let runtime = Handle::try_current().ok();
        Self { line: Arc::new(Mutex::new(queue)), patience: PATIENCE, runtime }
    }

    /// Waits for the right to write.
    ///
    /// # Errors
    /// `Busy` when the wait was too long.
    pub async fn take(&self, urgency: Urgency) -> Result<Turn, StoreError> {
        let receiver = {
            let mut queue = self.queue();
            if queue.free > 0 {
                queue.free -= 1;
                return Ok(self.turn(None));
            }
            queue.arrivals += 1;
            let place = (urgency, queue.arrivals);
            let (sender, receiver) = oneshot::channel();
            queue.waiting.insert(place, sender);
            receiver
        };
        match tokio::time::timeout(self.patience, receiver).await {
            Ok(Ok(turn)) => Ok(turn),
            // A turn handed over in this very instant is dropped with the receiver and goes on to the next.
            _ => Err(StoreError::Busy),
        }
    }

    fn turn(&self, joint: Option<JointCommit>) -> Turn {
        Turn { turns: self.clone(), live: true, since: Instant::now(), joint }
    }

    /// Tells operators of a turn that took longer than any before.
    fn measure(&self, held: Duration) {
        let mut queue = self.queue();
        if held > queue.longest {
            queue.longest = held;
            metrics::gauge!("write_turn_longest_seconds").set(held.as_secs_f64());
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(&self, mut joint: Option<JointCommit>) {
        loop {
            if let Some(full) = joint.take_if(|joint| !joint.has_room()) {
                return self.commit(full);
            }
            let next = {
                let mut queue = self.queue();
                match (queue.call(joint.is_some()), &joint) {
                    (Some(sender), _) => sender,
                    (None, None) => {
                        queue.free += 1;
                        return;
                    }
                    (None, Some(_)) => break,
                }
            };
            match next.send(self.turn(joint.take())) {
                Ok(()) => return,
                // Whoever waited has given up: this turn passes on by this loop, not by its drop.
                Err(mut turn) => {
                    turn.live = false;
                    joint = turn.joint.take();
                }
            }
        }
        if let Some(joint) = joint {
            self.commit(joint);
        }
    }

    /// Commits without regard to whether those who wrote still wait, and passes the turn on afterwards.
    fn commit(&self, joint: JointCommit) {
        let turn = self.turn(None);
        let commit = async move {
            joint.commit().await;
            drop(turn);
        };
        match self.runtime.clone().or_else(|| Handle::try_current().ok()) {
            Some(runtime) => drop(runtime.spawn(commit)),
            // The process is about to end. Nobody was told that anything was kept.
            None => drop(commit),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.live {
            self.turns.measure(self.since.elapsed());
            self.turns.pass_on(self.joint.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_urgent_go_first_and_nobody_waits_for_ever() {
        let turns = Turns::of(1);
        let held = turns.take(Urgency::Request).await.unwrap();
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        for (name, urgency) in [
            ("sweep", Urgency::Sweep),
            ("routine", Urgency::Routine),
            ("first request", Urgency::Request),
            ("second request", Urgency::Request),
            ("crisis", Urgency::Crisis),
            ("third request", Urgency::Request),
        ] {
            let (turns, done) = (turns.clone(), done.clone());
            let waiting = turns.queue().waiting.len();
            tokio::spawn({
                let turns = turns.clone();
                async move {
                    let _turn = turns.take(urgency).await.unwrap();
                    done.send(name).unwrap();
                }
            });
            while turns.queue().waiting.len() == waiting {
                tokio::task::yield_now().await;
            }
        }
        drop(held);
        let mut seen = Vec::new();
        while seen.len() < 6 {
            seen.push(order.recv().await.unwrap());
        }
        // The fourth turn is for who has waited longest.
        assert_eq!(seen, ["first request", "second request", "third request", "sweep", "crisis", "routine"]);
    }

    #[tokio::test]
    async fn as_many_write_as_there_is_room_for() {
        let turns = Turns { patience: Duration::from_millis(5), ..Turns::of(2) };
        let first = turns.take(Urgency::Request).await.unwrap();
        let _second = turns.take(Urgency::Request).await.unwrap();
        assert!(matches!(turns.take(Urgency::Crisis).await, Err(StoreError::Busy)));
        drop(first);
        drop(turns.take(Urgency::Sweep).await.unwrap());
    }

    #[tokio::test]
    async fn whoever_waits_too_long_is_told_and_the_turn_is_not_lost() {
        let turns = Turns { patience: Duration::from_millis(5), ..Turns::of(1) };
        let held = turns.take(Urgency::Request).await.unwrap();
        assert!(matches!(turns.take(Urgency::Request).await, Err(StoreError::Busy)));
        drop(held);
        drop(turns.take(Urgency::Sweep).await.unwrap());
        drop(turns.take(Urgency::Sweep).await.unwrap());
    }
}
