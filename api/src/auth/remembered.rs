//! What was looked up a moment ago, so that not every request asks the database who is asking.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// How long a look-up counts. What is changed on another instance is known here after that; the
/// promise is 60 seconds.
pub const REMEMBERED_FOR: TimeDelta = TimeDelta::seconds(30);

/// Entries kept before old ones are thrown out.
const MOST: usize = 50_000;

/// A small memory with an end for each entry.
pub struct Remembered<K, V>(Mutex<HashMap<K, (DateTime<Utc>, V)>>);

impl<K, V> Default for Remembered<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    /// What was looked up for `key` not long before `now`.
    pub fn get(&self, now: DateTime<Utc>, key: &K) -> Option<V> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries
            .get(key)
            .filter(|(at, _)| *at <= now && now - at < REMEMBERED_FOR)
            .map(|(_, value)| value.clone())
    }

    /// Remembers what was looked up at `now`.
    pub fn put(&self, now: DateTime<Utc>, key: K, value: V) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST {
            entries.retain(|_, (at, _)| now - *at < REMEMBERED_FOR);
        }
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key, (now, value));
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_fades() {
        let memory = Remembered::default();
        let now = DateTime::UNIX_EPOCH;
        memory.put(now, 1, "one");
        assert_eq!(memory.get(now + TimeDelta::seconds(29), &1), Some("one"));
        assert_eq!(memory.get(now + REMEMBERED_FOR, &1), None);
        assert_eq!(memory.get(now, &2), None);
        memory.clear();
        assert_eq!(memory.get(now, &1), None);
    }

    #[test]
    fn memory_is_bounded() {
        let memory = Remembered::default();
        for key in 0..=MOST {
            memory.put(DateTime::UNIX_EPOCH, key, ());
        }
        assert!(memory.0.lock().unwrap().len() <= MOST);
    }
}
