//! What came in: every request with its answer, counted without cost and waited for without polling.

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{
        LockResult, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// More than the cores of the machine, so that connections rarely meet at one lock.
const SHARDS: usize = 16;

/// What is kept of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recording {
    /// Headers, body and answer of every request.
    #[default]
    Full,
    /// Numbers only, for load tests.
    Counts,
}

/// One request as it came in, and what was answered.
#[derive(Debug, Clone)]
pub struct Received<A> {
    /// Position among all requests of this simulator, from 0.
    pub number: u64,
    /// Which connection brought it, from 0.
    pub connection: u64,
    /// When it was read completely.
    pub at: DateTime<Utc>,
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The device token it was for; empty when there was none.
    pub token: String,
    pub answer: A,
    /// What the strict check found wrong; `None` when the request was in order, whatever was answered.
    pub violation: Option<String>,
}

impl<A> Received<A> {
    /// The value of a header, if present and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// An answer that says whether the request took effect and what to call it in the counts.
pub trait Outcome: Clone + Send + Sync + 'static {
    /// Whether the message is on its way to the phone, even if the sender never hears so.
    fn accepted(&self) -> bool;
    /// The name in [`Counts::refused`], such as `BadDeviceToken`.
    fn name(&self) -> &'static str;
}

/// How many requests came in and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    pub total: u64,
    pub accepted: u64,
    /// Requests that broke a rule of the protocol: the sender's mistakes.
    pub violations: u64,
    /// Requests not accepted, by reason.
    pub refused: BTreeMap<&'static str, u64>,
}

/// A wait that ended without what it waited for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("waited {waited:?} for {wanted}, saw {seen}")]
pub struct TimedOut {
    pub wanted: String,
    pub seen: u64,
    pub waited: Duration,
}

/// Appends requests from many connections at once and wakes whoever waits for them.
#[derive(Debug)]
pub(crate) struct Ledger<A> {
    recording: Recording,
    next: AtomicU64,
    turn: AtomicUsize,
    total: AtomicU64,
    accepted: AtomicU64,
    violations: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    shards: Vec<Mutex<Vec<Received<A>>>>,
    arrived: Notify,
}

impl<A: Outcome> Ledger<A> {
    pub(crate) fn new(recording: Recording) -> Self {
        Self {
            recording,
            next: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
            total: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
            violations: AtomicU64::new(0),
            refused: Mutex::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            arrived: Notify::new(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps the request before it is counted: whoever waited for the count finds it.
    pub(crate) fn append(&self, request: Received<A>) {
        let (accepted, name) = (request.answer.accepted(), request.answer.name());
        let violation = request.violation.is_some();
        if self.recording == Recording::Full {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % SHARDS;
            if let Some(shard) = self.shards.get(turn) {
                unpoisoned(shard.lock()).push(request);
            }
        }
        if violation {
            self.violations.fetch_add(1, Ordering::Relaxed);
        }
        if accepted {
            self.accepted.fetch_add(1, Ordering::Release);
        } else {
            *unpoisoned(self.refused.lock()).entry(name).or_default() += 1;
        }
        self.total.fetch_add(1, Ordering::Release);
        self.arrived.notify_waiters();
    }

    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Acquire)
    }

    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Acquire)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            total: self.total(),
            accepted: self.accepted(),
            violations: self.violations.load(Ordering::Relaxed),
            refused: unpoisoned(self.refused.lock()).clone(),
        }
    }

    /// Everything kept so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Received<A>> {
        let mut all: Vec<_> = self.shards.iter().flat_map(|shard| unpoisoned(shard.lock()).clone()).collect();
        all.sort_by_key(|request| request.number);
        all
    }

    /// Forgets the requests, not the counts.
    pub(crate) fn forget(&self) {
        for shard in &self.shards {
            unpoisoned(shard.lock()).clear();
        }
    }

    /// Waits until `probe` gives something; it is asked again after every request.
    pub(crate) async fn wait<T>(
        &self,
        wanted: impl Display,
        within: Duration,
        mut probe: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T, TimedOut> {
        let deadline = Instant::now() + within;
        loop {
            let arrival = self.arrived.notified();
            tokio::pin!(arrival);
            // Registers before asking: nothing can arrive unnoticed in between.
            arrival.as_mut().enable();
            if let Some(found) = probe(self) {
                return Ok(found);
            }
            if timeout_at(deadline, arrival).await.is_err() {
                return Err(TimedOut { wanted: wanted.to_string(), seen: self.total(), waited: within });
            }
        }
    }

    /// Waits for a request and takes it out: whoever only watches must not fill the memory.
    pub(crate) async fn take_next(&self) -> Received<A> {
        loop {
            let arrival = self.arrived.notified();
            tokio::pin!(arrival);
            arrival.as_mut().enable();
            let oldest = self.shards.iter().find_map(|shard| {
                let mut shard = unpoisoned(shard.lock());
                if shard.is_empty() { None } else { Some(shard.remove(0)) }
            });
            match oldest {
                Some(request) => return request,
                None => arrival.await,
            }
        }
    }

    /// The first request, kept now or later, for which `wanted` holds.
    pub(crate) async fn wait_until(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&Received<A>) -> bool,
    ) -> Result<Received<A>, TimedOut> {
        let mut looked_at = vec![0_usize; SHARDS];
        self.wait("a matching request", within, |ledger| {
            ledger.shards.iter().zip(&mut looked_at).find_map(|(shard, seen)| {
                let shard = unpoisoned(shard.lock());
                let fresh = shard.iter().skip(*seen);
                *seen = shard.len();
                fresh.into_iter().find(|request| wanted(request)).cloned()
            })
        })
        .await
    }
}

/// A lock's content even if a thread stopped while holding it: the data are plain counters and lists.
pub(crate) fn unpoisoned<G>(lock: LockResult<G>) -> G {
    lock.unwrap_or_else(PoisonError::into_inner)
}
