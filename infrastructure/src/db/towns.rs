//! Town halls as they were a moment ago: nearly every request names one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{municipalities::Municipality, text::Slug};

/// How long a look-up counts. A change by this process counts at once, one by another after that.
const REMEMBERED_FOR: Duration = Duration::from_secs(1);

/// What was looked up.
#[derive(Default)]
pub struct Towns(Mutex<Known>);

#[derive(Default)]
struct Known {
    changes: u64,
    towns: HashMap<Slug, (Instant, Municipality)>,
}

/// How many changes there had been when a look-up began.
#[derive(Clone, Copy)]
pub struct Before(u64);

impl Towns {
    /// A town hall looked up not long ago; otherwise what to give back with one that is looked up now.
    pub fn get(&self, slug: &Slug) -> Result<Municipality, Before> {
        let known = self.known();
        match known.towns.get(slug) {
            Some((at, town)) if at.elapsed() < REMEMBERED_FOR => Ok(town.clone()),
            _ => Err(Before(known.changes)),
        }
    }

    /// Remembers what was looked up, unless something changed meanwhile.
    pub fn put(&self, before: Before, town: &Municipality) {
        let mut known = self.known();
        if known.changes == before.0 {
            known.towns.insert(town.slug.clone(), (Instant::now(), town.clone()));
        }
    }

    fn change(&self) {
        let mut known = self.known();
        known.changes += 1;
        known.towns.clear();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One transaction's note that it changed a town hall or its register.
#[derive(Default)]
pub struct Change {
    towns: Arc<Towns>,
    noted: AtomicBool,
}

impl Change {
    /// Nothing yet of what is remembered in `towns`.
    pub fn new(towns: Arc<Towns>) -> Self {
        Self { towns, noted: AtomicBool::new(false) }
    }

    /// Something was changed in this transaction.
    pub fn note(&self) {
        self.noted.store(true, Ordering::Relaxed);
    }

    /// The transaction committed: what is remembered is the past.
    pub fn publish(self) {
        if self.noted.into_inner() {
            self.towns.change();
        }
    }
}
