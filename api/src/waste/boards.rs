//! What the towns' waste calendars say, in memory: when a date moves, everybody who hears it looks at once.
//!
//! Staleness: as of `crate::content::Shelves`. A change by this process shows with the next request, one by another
//! process within a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use domain::{
    Result, Scope, Store,
    ids::MunicipalityId,
    municipalities::{House, Municipality},
    text::Street,
    waste::{Board, Known, Window, service::at_address},
};

/// Towns kept in memory. Of more, the one not asked for longest goes.
const MOST_TOWNS: usize = 200;
/// Collections of all towns: about 100 MB.
const MOST_COLLECTIONS: usize = 500_000;

/// What every town's calendars say.
#[derive(Default)]
pub struct Boards(Mutex<HashMap<MunicipalityId, Place>>);

/// One town's place.
#[derive(Clone)]
struct Place {
    asked: DateTime<Utc>,
    size: usize,
    /// Held by who reads the calendars; the others wait for it.
    board: Arc<tokio::sync::Mutex<Option<Arc<Board>>>>,
}

impl Boards {
    /// The board of a town that was just looked up: its `register_version` says whether what is kept here still
    /// counts.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of(&self, store: &dyn Store, town: &Municipality, now: DateTime<Utc>) -> Result<Arc<Board>> {
        let place = self.place(town.id, now);
        let mut kept = place.board.lock().await;
        if let Some(board) = kept.as_ref().filter(|board| board.is_of(town, now)) {
            return Ok(board.clone());
        }
        let reads = store.read(Scope::Municipality(town.id)).await?;
        let board = Arc::new(Board::load(&*reads, town, now).await?);
        *kept = Some(board.clone());
        drop(kept);
        self.make_room(town.id, board.size());
        Ok(board)
    }

    /// What is collected at an address in a window.
    ///
    /// # Errors
    /// As [`at_address`].
    pub async fn known(
        &self,
        store: &dyn Store,
        town: &Municipality,
        (street, house): (&Street, Option<&House>),
        window: Window,
        now: DateTime<Utc>,
    ) -> Result<Known> {
        match self.of(store, town, now).await?.at_address((street, house), window, now)? {
            Some(known) => Ok(known),
            None => at_address(store, town.id, (street, house), window, now).await,
        }
    }

    fn place(&self, town: MunicipalityId, now: DateTime<Utc>) -> Place {
        let empty = || Place { asked: now, size: 0, board: Arc::default() };
        let mut places = self.places();
        let place = places.entry(town).or_insert_with(empty);
        place.asked = now;
        place.clone()
    }

    /// Lets those go that nobody asked for longest, where there are too many besides a new one.
    fn make_room(&self, town: MunicipalityId, size: usize) {
        let mut places = self.places();
        if let Some(place) = places.get_mut(&town) {
            place.size = size;
        }
        while places.len() > MOST_TOWNS
            || places.values().map(|place| place.size).sum::<usize>() > MOST_COLLECTIONS
        {
            let others = places.iter().filter(|(id, _)| **id != town);
            let Some(oldest) = others.min_by_key(|(_, place)| place.asked).map(|(id, _)| *id) else { break };
            places.remove(&oldest);
        }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<MunicipalityId, Place>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_bound_and_the_oldest_goes() {
        let boards = Boards::default();
        let now = DateTime::UNIX_EPOCH;
        let town = |number: u128| MunicipalityId(uuid::Uuid::from_u128(number));
        for (number, size) in [(1, MOST_COLLECTIONS / 2), (2, 10), (3, MOST_COLLECTIONS / 2)] {
            boards.place(town(number), now + chrono::TimeDelta::seconds(i64::try_from(number).unwrap()));
            boards.make_room(town(number), size);
        }
        let mut kept: Vec<_> = boards.places().keys().copied().collect();
        kept.sort();
        assert_eq!(kept, [town(2), town(3)]);
        for number in 10..10 + u128::try_from(MOST_TOWNS).unwrap() {
            boards.place(town(number), now + chrono::TimeDelta::hours(1));
            boards.make_room(town(number), 0);
        }
        let places = boards.places();
        assert_eq!((places.len(), places.contains_key(&town(3))), (MOST_TOWNS, false));
    }
}
