//! What is published, kept in memory: a read asks the database for nothing but, once a second and town,
//! whether something changed.
//!
//! Staleness: a change made by this process shows with the next request. One made by another process on
//! the same PostgreSQL shows within a second, which is how long a look-up of the town counts
//! (`infrastructure/src/db/towns.rs`); its content's version comes with it. What the clock shows or hides
//! shows at its moment.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Error, Result, Scope, Store, content::Library, ids::MunicipalityId, municipalities::Municipality,
};

use crate::crowd::Written;

/// Towns kept in memory. Of more, the one not asked for longest goes.
const MOST_TOWNS: usize = 200;
/// Answers of all towns, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// What is kept of an answer besides its body and its question, in bytes.
const WRAPPING: usize = 200;

/// What every town has published.
#[derive(Default)]
pub struct Shelves {
    places: Mutex<HashMap<MunicipalityId, Place>>,
    answers: Arc<Mutex<Answers>>,
    filled: AtomicU64,
}

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
    /// Which shelf it is, of all there ever were: what was answered of another is no answer of this one.
    number: u64,
    answers: Arc<Mutex<Answers>>,
}

/// A shelf, and what was asked of it.
type Question = (u64, String);
/// Until when it counts, and the answer.
type Answered = (DateTime<Utc>, Written);

/// What was answered, of all towns, in two halves: where the new one is full the old one is forgotten and the new
/// one becomes old. What is asked for again comes into the new one, so that what many ask for stays, however many
/// other questions there are.
#[derive(Default)]
struct Answers {
    new: HashMap<Question, Answered>,
    old: HashMap<Question, Answered>,
    /// Of the new half.
    bytes: usize,
}

impl Answers {
    fn get(&mut self, question: &Question, now: DateTime<Utc>) -> Option<Written> {
        if let Some((until, written)) = self.new.get(question) {
            return (*until > now).then(|| written.clone());
        }
        let (until, written) = self.old.remove(question).filter(|(until, _)| *until > now)?;
        self.keep(question.clone(), (until, written.clone()));
        Some(written)
    }

    fn keep(&mut self, question: Question, answered: Answered) {
        let bytes = answered.1.body.len() + question.1.len() + WRAPPING;
        if self.bytes + bytes > MOST_BYTES / 2 {
            (self.old, self.bytes) = (std::mem::take(&mut self.new), 0);
        }
        self.bytes += bytes;
        self.new.insert(question, answered);
    }
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
        let number = self.filled.fetch_add(1, Ordering::Relaxed);
        let shelf = Arc::new(Shelf { library, number, answers: self.answers.clone() });
        *lock(&place.shelf) = Some(shelf.clone());
        Ok(shelf)
    }

    fn place(&self, town: MunicipalityId, now: DateTime<Utc>) -> Place {
        let mut places = lock(&self.places);
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
        let question = (self.number, question);
        if let Some(written) = lock(&self.answers).get(&question, now) {
            return Ok(written);
        }
        let written = write(&self.library)?;
        let minute = now + TimeDelta::seconds(60 - now.timestamp().rem_euclid(60));
        let until = self.library.next_turn(now).map_or(minute, |turn| turn.min(minute));
        lock(&self.answers).keep(question, (until, written.clone()));
        Ok(written)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(bytes: usize) -> Written {
        Written::new(vec![b' '; bytes], None)
    }

    #[test]
    fn what_many_ask_for_stays_and_all_of_it_has_a_bound() {
        let now = DateTime::UNIX_EPOCH;
        let until = now + TimeDelta::seconds(60);
        let mut answers = Answers::default();
        let (hot, cold) = ((1, "news".to_owned()), (1, "events".to_owned()));
        answers.keep(hot.clone(), (until, written(1_000)));
        answers.keep(cold.clone(), (until, written(1_000)));
        let mebibyte = 1024 * 1024;
        for number in 0..80 {
            answers.keep((2, number.to_string()), (until, written(mebibyte)));
            assert!(answers.get(&hot, now).is_some(), "after {number} others");
            let halves = answers.new.values().chain(answers.old.values());
            assert!(halves.map(|(_, written)| written.body.len()).sum::<usize>() <= MOST_BYTES);
        }
        assert!(answers.get(&cold, now).is_none());
        assert!(answers.get(&hot, until).is_none(), "its time is over");
        assert!(answers.get(&(3, hot.1), now).is_none(), "another shelf");
    }
}
