//! One quota: counted on this instance at once, and together with the others soon after.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::limits::minute_of;
use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

/// Subjects that were not heard of for long are forgotten once in so many requests.
const TIDY_EVERY: u32 = 4096;

/// What one instance lets through before it asks the others: a twentieth. So two instances together let
/// through at most a tenth too many.
const UNTOLD: u32 = 20;

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Requests.
    pub requests: u32,
    /// Seconds until all are there again.
    pub reset: u32,
}

/// At most so many requests of one subject in a minute, all at once or spread out.
pub struct Policy<K: Hash + Eq + Clone> {
    /// Its name in headers and in storage.
    pub name: &'static str,
    /// Requests in a minute.
    pub per_minute: NonZeroU32,
    limiter: Limiter<K>,
    taken: AtomicU32,
    ledger: Mutex<HashMap<K, Told>>,
}

/// What the others know of a subject, and what is known of them, in one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    minute: DateTime<Utc>,
    /// Let through here and not told yet.
    untold: u32,
    /// Told, this minute.
    own: u64,
    /// Let through elsewhere, as far as it counts here.
    others: u64,
}

impl Told {
    fn in_minute(self, minute: DateTime<Utc>) -> Self {
        if self.minute == minute { self } else { Self { minute, untold: self.untold, ..Self::default() } }
    }
}

impl<K: Hash + Eq + Clone> Policy<K> {
    /// So many requests a minute.
    pub fn new(name: &'static str, per_minute: u32) -> Self {
        let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        Self {
            name,
            per_minute,
            limiter: RateLimiter::keyed(governor::Quota::per_minute(per_minute)).with_middleware(),
            taken: AtomicU32::new(0),
            ledger: Mutex::default(),
        }
    }

    /// Takes one request of `subject`: what is left, or how long to wait.
    pub fn take(&self, subject: &K) -> Result<Left, Duration> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
            self.ledger().retain(|_, told| told.untold > 0);
        }
        match self.limiter.check_key(subject) {
            Ok(state) => Ok(self.left(state.remaining_burst_capacity())),
            Err(until) => Err(until.wait_time_from(DefaultClock::default().now())),
        }
    }

    fn left(&self, requests: u32) -> Left {
        let gone = u64::from(self.per_minute.get().saturating_sub(requests));
        let reset = (gone * 60).div_ceil(u64::from(self.per_minute.get()));
        Left { requests, reset: u32::try_from(reset).unwrap_or(u32::MAX) }
    }

    /// Notes that one request of `subject` is to be told. Gives how many are, where it is time.
    pub fn note(&self, subject: &K) -> Option<u32> {
        let mut ledger = self.ledger();
        let told = ledger.entry(subject.clone()).or_default();
        told.untold += 1;
        if told.untold < self.per_minute.get().div_ceil(UNTOLD) {
            return None;
        }
        Some(std::mem::take(&mut told.untold))
    }

    /// Everything that is to be told.
    pub fn untold(&self) -> Vec<(K, u32)> {
        let mut ledger = self.ledger();
        let untold = ledger.iter_mut().filter(|(_, told)| told.untold > 0);
        untold.map(|(subject, told)| (subject.clone(), std::mem::take(&mut told.untold))).collect()
    }

    /// Takes in what all instances together let through in the minute of `now`, `more` of them told just
    /// now by this one: what the others let through counts here as well.
    pub fn heard(&self, now: DateTime<Utc>, subject: &K, more: u32, together: u64) {
        let news = {
            let mut ledger = self.ledger();
            let entry = ledger.entry(subject.clone()).or_default();
            let mut told = entry.in_minute(minute_of(now));
            told.own += u64::from(more);
            let others = together.saturating_sub(told.own);
            let news = others.saturating_sub(told.others);
            told.others = told.others.max(others);
            *entry = told;
            news
        };
        self.absorb(subject, u32::try_from(news).unwrap_or(u32::MAX));
    }

    /// Takes as many of `news` as are left.
    fn absorb(&self, subject: &K, news: u32) {
        let mut some = news.min(self.per_minute.get());
        let mut left = some;
        while let Some(count) = NonZeroU32::new(some) {
            match self.limiter.check_key_n(subject, count) {
                Ok(Ok(_)) => left -= some,
                _ => some /= 2,
            }
            some = some.min(left);
        }
    }

    fn ledger(&self) -> MutexGuard<'_, HashMap<K, Told>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_let_through_counts_here() {
        let policy = Policy::new("test", 100);
        let now = DateTime::UNIX_EPOCH;
        for n in 1..=5 {
            assert_eq!(policy.take(&1).unwrap().requests, 100 - n);
            assert_eq!(policy.note(&1), (n == 5).then_some(5), "a twentieth");
        }
        policy.heard(now, &1, 5, 5 + 40);
        assert_eq!(policy.take(&1).unwrap().requests, 54);
        policy.heard(now, &1, 0, 5 + 40);
        assert_eq!(policy.take(&1).unwrap().requests, 53, "once");
        policy.heard(now, &1, 0, 500);
        assert!(policy.take(&1).is_err(), "all of it");
        assert!(policy.take(&2).is_ok());
    }

    #[test]
    fn what_is_left_says_when_all_is_there_again() {
        let policy = Policy::<u8>::new("test", 120);
        assert_eq!(policy.take(&1), Ok(Left { requests: 119, reset: 1 }));
        assert_eq!(policy.left(60), Left { requests: 60, reset: 30 });
        assert_eq!(policy.untold(), []);
        assert_eq!(policy.note(&1), None);
        assert_eq!(policy.untold(), [(1, 1)]);
        assert_eq!(policy.untold(), []);
    }
}
