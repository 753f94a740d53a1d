//! The only place that asks the system for time and randomness.
//!
//! ```
//! use api::clock::Clock;
//! let clock = Clock::adjustable("2026-11-22T16:00:00Z".parse().unwrap());
//! clock.advance(chrono::Duration::minutes(16));
//! assert_eq!(clock.now().to_rfc3339(), "2026-11-22T16:16:00+00:00");
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, Duration, SubsecRound, Utc};
use domain::{Ctx, Locale, context::Entropy};
use rand::{TryRng, rngs::SysRng};

/// Tells the time in whole microseconds, which is what PostgreSQL keeps.
#[derive(Clone)]
pub struct Clock {
    source: Source,
    entropy: Arc<dyn Entropy>,
}

#[derive(Clone)]
enum Source {
    System,
    /// Microseconds since 1970; all clones share it.
    Adjustable(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self { source: Source::System, entropy: Arc::new(SystemEntropy) }
    }

    /// A clock that stands still until moved, for tests.
    pub fn adjustable(now: DateTime<Utc>) -> Self {
        Self {
            source: Source::Adjustable(Arc::new(AtomicI64::new(now.timestamp_micros()))),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// The time, whole microseconds.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.source {
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Adjustable(micros) => {
                DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default()
            }
        }
    }

    /// Moves an adjustable clock; the system's stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Adjustable(micros) = &self.source {
            micros.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }

    /// Where random bytes come from.
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        self.entropy.clone()
    }

    /// The circumstances of a piece of work that begins now.
    pub fn ctx<A>(&self, locale: Locale, request_id: uuid::Uuid, actor: A) -> Ctx<A> {
        Ctx::new(self.now(), locale, request_id, self.entropy(), actor)
    }

    /// A random identifier, for a request or a process.
    pub fn uuid(&self) -> uuid::Uuid {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The operating system's source.
struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// A system without randomness cannot serve at all: the process ends.
    fn fill(&self, bytes: &mut [u8]) {
        if SysRng.try_fill_bytes(bytes).is_err() {
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_comes_in_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1000, 0);
    }

    #[test]
    fn clones_share_the_time_and_ids_differ() {
        let clock = Clock::adjustable(DateTime::UNIX_EPOCH);
        clock.clone().advance(Duration::days(1));
        assert_eq!(clock.now().timestamp(), 86_400);
        assert_ne!(clock.uuid(), clock.uuid());
        assert_eq!(clock.uuid().get_version_num(), 4);
    }
}
