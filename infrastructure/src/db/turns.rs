//! The queue in front of SQLite's only writer: the urgent go first, and nobody waits for ever.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{StoreError, store::Urgency};
use tokio::sync::oneshot;

/// A write that waits longer than this answers `Busy`; the caller tells its client to come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// Every so manieth turn goes to whoever has waited longest, however urgent: without that, requests
/// that keep coming would keep every message from leaving, and workers from showing signs of life.
const FOR_THE_PATIENT: u64 = 4;

/// Hands out the right to write, one holder at a time.
#[derive(Clone)]
pub struct Turns {
    line: Arc<Mutex<Queue>>,
    patience: Duration,
}

impl Default for Turns {
    fn default() -> Self {
        Self { line: Arc::default(), patience: PATIENCE }
    }
}

#[derive(Default)]
struct Queue {
    taken: bool,
    arrivals: u64,
    passed: u64,
    // By urgency, then by arrival.
    waiting: BTreeMap<(Urgency, u64), oneshot::Sender<Turn>>,
}

impl Queue {
    /// Whose turn it is among those who wait.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        self.passed += 1;
        if !self.passed.is_multiple_of(FOR_THE_PATIENT) {
            return self.waiting.pop_first().map(|(_, sender)| sender);
        }
        let longest = self.waiting.keys().min_by_key(|(_, arrival)| *arrival).copied()?;
        self.waiting.remove(&longest)
    }
}

/// The right to write; the next in line gets it when this is dropped.
pub struct Turn {
    turns: Turns,
    // A turn that was handed over but never received must not hand itself over twice.
    live: bool,
}

impl Turns {
    /// Waits for the right to write.
    ///
    /// # Errors
    /// `Busy` when the wait was too long.
    pub async fn take(&self, urgency: Urgency) -> Result<Turn, StoreError> {
        let receiver = {
            let mut queue = self.queue();
            if !queue.taken {
                queue.taken = true;
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
                match queue.next() {
                    Some(sender) => sender,
                    None => {
                        queue.taken = false;
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
    async fn the_urgent_go_first_and_nobody_waits_for_ever() {
        let turns = Turns::default();
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
    async fn whoever_waits_too_long_is_told_and_the_turn_is_not_lost() {
        let turns = Turns { patience: Duration::from_millis(5), ..Turns::default() };
        let held = turns.take(Urgency::Request).await.unwrap();
        assert!(matches!(turns.take(Urgency::Request).await, Err(StoreError::Busy)));
        drop(held);
        drop(turns.take(Urgency::Sweep).await.unwrap());
        drop(turns.take(Urgency::Sweep).await.unwrap());
    }
}
