//! What to answer to whom: answers laid down beforehand, and how slowly to give them.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::record::unpoisoned;

/// Answers per device token or recipient, consumed in order, then the answer for everybody.
#[derive(Debug)]
pub(crate) struct Script<A> {
    /// Spares the locks on the way of every request as long as nothing is laid down.
    armed: AtomicBool,
    plan: RwLock<Plan<A>>,
    latency_micros: AtomicU64,
}

#[derive(Debug)]
struct Plan<A> {
    by_token: HashMap<String, VecDeque<A>>,
    everybody: Option<A>,
}

impl<A: Clone> Script<A> {
    pub(crate) fn new() -> Self {
        let plan = Plan { by_token: HashMap::new(), everybody: None };
        Self { armed: AtomicBool::new(false), plan: RwLock::new(plan), latency_micros: AtomicU64::new(0) }
    }

    pub(crate) fn append(&self, token: String, answers: impl IntoIterator<Item = A>) {
        unpoisoned(self.plan.write()).by_token.entry(token).or_default().extend(answers);
        self.armed.store(true, Ordering::Release);
    }

    pub(crate) fn answer_all(&self, answer: Option<A>) {
        unpoisoned(self.plan.write()).everybody = answer;
        self.armed.store(true, Ordering::Release);
    }

    pub(crate) fn clear(&self) {
        let mut plan = unpoisoned(self.plan.write());
        plan.by_token.clear();
        plan.everybody = None;
        self.armed.store(false, Ordering::Release);
    }

    /// The next answer laid down for this token; the one for everybody has to be asked for separately.
    pub(crate) fn next(&self, token: &str) -> Option<A> {
        if !self.armed.load(Ordering::Acquire) || !unpoisoned(self.plan.read()).by_token.contains_key(token) {
            return None;
        }
        let mut plan = unpoisoned(self.plan.write());
        let queue = plan.by_token.get_mut(token)?;
        let answer = queue.pop_front();
        if queue.is_empty() {
            plan.by_token.remove(token);
        }
        answer
    }

    pub(crate) fn everybody(&self) -> Option<A> {
        if !self.armed.load(Ordering::Acquire) {
            return None;
        }
        unpoisoned(self.plan.read()).everybody.clone()
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_micros.store(micros, Ordering::Relaxed);
    }

    pub(crate) fn latency(&self) -> Option<Duration> {
        match self.latency_micros.load(Ordering::Relaxed) {
            0 => None,
            micros => Some(Duration::from_micros(micros)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_consumed_in_order_and_only_by_their_token() {
        let script = Script::new();
        script.append("a".to_owned(), [1, 2]);
        script.answer_all(Some(9));
        assert_eq!(script.next("b"), None);
        assert_eq!((script.next("a"), script.next("a"), script.next("a")), (Some(1), Some(2), None));
        assert_eq!(script.everybody(), Some(9));
        script.clear();
        assert_eq!(script.everybody(), None);
    }
}
