//! What a test or a person at the keyboard can ask of a running push simulator and tell it to do.

use std::{sync::Arc, time::Duration};

use crate::{
    http2::{Cut, Cutter},
    record::{Counts, Ledger, Outcome, Received, Recording, TimedOut},
    script::Script,
};

/// The records and the switches shared by the push simulators; their handles dereference to it.
#[derive(Debug)]
pub struct Control<A> {
    pub(crate) ledger: Ledger<A>,
    pub(crate) script: Script<A>,
    pub(crate) cutter: Arc<Cutter>,
}

impl<A: Outcome> Control<A> {
    pub(crate) fn new(recording: Recording) -> Self {
        Self { ledger: Ledger::new(recording), script: Script::new(), cutter: Arc::default() }
    }

    /// Lays down the next answers for one device token; each is given once, in order, to requests that are
    /// otherwise right. After the last one the token is answered like any other.
    pub fn script(&self, token: impl Into<String>, answers: impl IntoIterator<Item = A>) {
        self.script.append(token.into(), answers);
    }

    /// Gives every right request without an answer of its own this answer, until called with `None`.
    pub fn answer_all(&self, answer: impl Into<Option<A>>) {
        self.script.answer_all(answer.into());
    }

    /// Forgets all answers laid down.
    pub fn clear_script(&self) {
        self.script.clear();
    }

    /// Waits this long before each answer, from now on; the request counts as received before the wait.
    pub fn set_latency(&self, latency: Duration) {
        self.script.set_latency(latency);
    }

    /// Ends every connection at its n-th request in the given way, from now on; `None` stops doing so.
    pub fn cut_connections(&self, plan: Option<(u64, Cut)>) {
        self.cutter.set(plan);
    }

    /// How many connections were opened so far.
    pub fn connections(&self) -> u64 {
        self.cutter.connections()
    }

    /// Numbers so far; cheap, also under load.
    pub fn counts(&self) -> Counts {
        self.ledger.counts()
    }

    /// Every request so far, in the order of arrival. Empty with [`Recording::Counts`].
    pub fn requests(&self) -> Vec<Received<A>> {
        self.ledger.requests()
    }

    /// The requests that took effect.
    pub fn accepted(&self) -> Vec<Received<A>> {
        self.requests().into_iter().filter(|request| request.answer.accepted()).collect()
    }

    /// The requests for one device token.
    pub fn requests_for(&self, token: &str) -> Vec<Received<A>> {
        self.requests().into_iter().filter(|request| request.token == token).collect()
    }

    /// What senders did wrong, one sentence per request. A good sender leaves this empty.
    pub fn violations(&self) -> Vec<String> {
        self.requests().into_iter().filter_map(|request| request.violation).collect()
    }

    /// Forgets the requests kept so far, to save memory; counts go on.
    pub fn forget_requests(&self) {
        self.ledger.forget();
    }

    /// Waits until `n` requests came in since the start, whatever was answered.
    pub async fn wait_for(&self, n: u64, within: Duration) -> Result<(), TimedOut> {
        self.ledger
            .wait(format_args!("{n} requests"), within, |ledger| (ledger.total() >= n).then_some(()))
            .await
    }

    /// Waits until `n` requests were accepted since the start.
    pub async fn wait_for_accepted(&self, n: u64, within: Duration) -> Result<(), TimedOut> {
        self.ledger
            .wait(format_args!("{n} accepted requests"), within, |ledger| {
                (ledger.accepted() >= n).then_some(())
            })
            .await
    }

    /// Waits for a request for which `wanted` holds, among those kept already or still to come.
    pub async fn wait_until(
        &self,
        within: Duration,
        wanted: impl FnMut(&Received<A>) -> bool,
    ) -> Result<Received<A>, TimedOut> {
        self.ledger.wait_until(within, wanted).await
    }
}
