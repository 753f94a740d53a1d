//! What is published, kept in memory: a read asks the database for nothing but, once a second and town,
//! whether something changed.
//!
//! Staleness: a change made by this process shows with the next request. One made by another process on
//! the same PostgreSQL shows within a second, which is how long a look-up of the town counts
//! (`infrastructure/src/db/towns.rs`); its content's version comes with it. What the clock shows or hides
//! shows at its moment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Error, Result, Scope, Store, content::Library, ids::MunicipalityId, municipalities::Municipality,
};

use crate::crowd::Written;

/// Towns kept in memory. Of more, the one not asked for longest goes.
const MOST_TOWNS: usize = 200;
/// Answers of one town, in bytes. Beyond, all are forgotten and written anew.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// What every town has published.
#[derive(Default)]
pub struct Shelves(Mutex<HashMap<MunicipalityId, Place>>);

/// One town's place among the shelves.
#[derive(Clone)]
struct Place {
    asked: DateTime<Utc>,
    shelf: Arc<Mutex<Option<Arc<Shelf>>>>,
    /// Held by who fills the shelf; the others wait for it.
    filling: Arc<tokio::sync::Mutex<()>>,
}

/// What one town has published, and what was answered of it.
pub struct Shelf {
    /// What is published.
    pub library: Library,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    kept: HashMap<String, (DateTime<Utc>, Written)>,
    bytes: usize,
}

impl Shelves {
    /// The shelf of a town that was just looked up: its versions say whether what is kept here still counts.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of(&self, store: &dyn Store, town: Municipality, now: DateTime<Utc>) -> Result<Arc<Shelf>> {
        let place = self.place(town.id, now);
        if let Some(shelf) = place.fresh(&town) {
            return Ok(shelf);
        }
        let _filling = place.filling.lock().await;
        if let Some(shelf) = place.fresh(&town) {
            return Ok(shelf);
        }
        let reads = store.read(Scope::Municipality(town.id)).await?;
        let library = Library::load(&*reads, town, now).await?;
        let shelf = Arc::new(Shelf { library, answers: Mutex::default() });
        *lock(&place.shelf) = Some(shelf.clone());
        Ok(shelf)
    }

    fn place(&self, town: MunicipalityId, now: DateTime<Utc>) -> Place {
        let mut places = lock(&self.0);
        if places.len() >= MOST_TOWNS && !places.contains_key(&town) {
            let oldest = places.iter().min_by_key(|(_, place)| place.asked).map(|(id, _)| *id);
            oldest.map(|id| places.remove(&id));
        }
        let empty = || Place { asked: now, shelf: Arc::default(), filling: Arc::default() };
        let place = places.entry(town).or_insert_with(empty);
        place.asked = now;
        place.clone()
    }
}

impl Place {
    fn fresh(&self, town: &Municipality) -> Option<Arc<Shelf>> {
        lock(&self.shelf).as_ref().filter(|shelf| shelf.library.is_of(town)).cloned()
    }
}

impl Shelf {
    /// The answer to `question`, written once as long as nothing changes what it says: content, a moment at
    /// which something appears or goes, and the next full minute for what says what is open or on.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn answer(
        &self,
        question: String,
        now: DateTime<Utc>,
        write: impl FnOnce(&Library) -> Result<Written, Error>,
    ) -> Result<Written, Error> {
        if let Some((until, written)) = lock(&self.answers).kept.get(&question)
            && *until > now
        {
            return Ok(written.clone());
        }
        let written = write(&self.library)?;
        let minute = now + TimeDelta::seconds(60 - now.timestamp().rem_euclid(60));
        let until = self.library.next_turn(now).map_or(minute, |turn| turn.min(minute));
        let mut answers = lock(&self.answers);
        answers.bytes += written.body.len() + question.len() + 200;
        if answers.bytes > MOST_BYTES {
            *answers = Answers::default();
        }
        answers.kept.insert(question, (until, written.clone()));
        Ok(written)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
