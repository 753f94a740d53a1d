//! Wakes the workers of this process when a transaction that planned work has committed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::Notify;

/// One transaction's cord to the bell.
#[derive(Default)]
pub struct Cord {
    bell: Arc<Notify>,
    pulled: AtomicBool,
}

impl Cord {
    /// A cord to `bell`.
    pub fn new(bell: Arc<Notify>) -> Self {
        Self { bell, pulled: AtomicBool::new(false) }
    }

    /// Something was planned in this transaction.
    pub fn pull(&self) {
        self.pulled.store(true, Ordering::Relaxed);
    }

    /// The transaction committed: now workers can see what was planned.
    pub fn ring(self) {
        if self.pulled.into_inner() {
            self.bell.notify_one();
        }
    }
}
