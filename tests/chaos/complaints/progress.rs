//! How far the play has come, for whoever waits to disturb it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::time::sleep;

/// Steps taken out of all there are.
pub struct Progress {
    taken: AtomicUsize,
    all: usize,
}

impl Progress {
    pub fn new(all: usize) -> Self {
        Self { taken: AtomicUsize::new(0), all }
    }

    /// One more was acknowledged.
    pub fn step(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits until this share of all steps is taken.
    pub async fn reaches(&self, share: f64) {
        while (self.taken() as f64) < share * self.all as f64 {
            sleep(Duration::from_millis(2)).await;
        }
    }
}
