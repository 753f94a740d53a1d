//! The queue in front of those who write: fair, and the urgent go first. SQLite has room for one;
//! on PostgreSQL a quarter of the connections is left to those who read.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{StoreError, store::Urgency};
use tokio::sync::oneshot;

/// A write that waits longer than this answers `Busy`; the caller tells its client to come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hands out the right to write, to so many at a time.
#[derive(Clone)]
pub struct Turns {
    line: Arc<Mutex<Queue>>,
    patience: Duration,
}

struct Queue {
    free: usize,
    arrivals: u64,
    // By urgency, then by arrival.
    waiting: BTreeMap<(Urgency, u64), oneshot::Sender<Turn>>,
}

/// The right to write; the next in line gets it when this is dropped.
pub struct Turn {
    turns: Turns,
    // A turn that was handed over but never received must not hand itself over twice.
    live: bool,
}

impl Turns {
    /// Room for `places` writers.
    pub fn of(places: usize) -> Self {
        let queue = Queue { free: places, arrivals: 0, waiting: BTreeMap::new() };
        Self { line: Arc::new(Mutex::new(queue)), patience: PATIENCE }
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
                return Ok(Turn { turns: self.clone(), live: true });
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

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(&self) {
        loop {
            let next = {
                let mut queue = self.queue();
                match queue.waiting.pop_first() {
                    Some((_, sender)) => sender,
                    None => {
                        queue.free += 1;
                        return;
                    }
                }
            };
            match next.send(Turn { turns: self.clone(), live: true }) {
                Ok(()) => return,
                // Whoever waited has given up: this turn passes on by this loop, not by its drop.
                Err(mut turn) => turn.live = false,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.live {
            self.turns.pass_on();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_urgent_go_first_and_equals_in_order() {
        let turns = Turns::of(1);
        let held = turns.take(Urgency::Request).await.unwrap();
        let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
        for (name, urgency) in [
            ("sweep", Urgency::Sweep),
            ("routine", Urgency::Routine),
            ("first request", Urgency::Request),
            ("second request", Urgency::Request),
            ("crisis", Urgency::Crisis),
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
        while seen.len() < 5 {
            seen.push(order.recv().await.unwrap());
        }
        assert_eq!(seen, ["first request", "second request", "crisis", "routine", "sweep"]);
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
