//! Looking whether the audit log is still what was sealed.

use std::collections::HashMap;

use super::{
    Entry,
    block::{Block, Sha256, hash_of},
};
use crate::ids::AuditId;

/// What is wrong with the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The entry is not what was sealed.
    EntryChanged {
        /// Which.
        entry: AuditId,
        /// The block that sealed it.
        block: i64,
    },
    /// The entry was sealed and is gone.
    EntryMissing {
        /// Which.
        entry: AuditId,
        /// The block that sealed it.
        block: i64,
    },
    /// The block itself was changed.
    BlockChanged {
        /// Which.
        block: i64,
    },
    /// The block does not follow the one before: one is missing or was put in.
    ChainBroken {
        /// The block that does not follow.
        block: i64,
    },
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// Blocks looked at.
    pub blocks: u64,
    /// Entries that are what was sealed.
    pub sealed: u64,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Entries no block holds: the last second's, as a rule.
    pub unsealed: Vec<AuditId>,
    /// The hash of the last block. Written down elsewhere, it shows whether blocks were taken off the end.
    pub head: Option<String>,
}

/// Takes entries and blocks in the order of their keys and compares them. Holds those entries whose
/// block has not come yet.
pub struct Verifier {
    sha256: Sha256,
    waiting: HashMap<AuditId, [u8; 16]>,
    last: Option<(i64, String)>,
    verdict: Verdict,
}

impl Verifier {
    /// A verifier at the beginning of the chain.
    pub fn new(sha256: Sha256) -> Self {
        Self { sha256, waiting: HashMap::new(), last: None, verdict: Verdict::default() }
    }

    /// Takes an entry.
    pub fn entry(&mut self, entry: &Entry) {
        self.waiting.insert(entry.id, hash_of(entry, self.sha256));
    }

    /// Whether every entry of the block has been taken.
    pub fn has_all_of(&self, block: &Block) -> bool {
        block.entries().all(|sealed| self.waiting.contains_key(&sealed.id))
    }

    /// Takes the next block, after its entries.
    pub fn block(&mut self, block: &Block) {
        let number = block.number;
        let (before, previous) = self.last.clone().unwrap_or_else(|| (0, "0".repeat(64)));
        if number != before + 1 || block.previous != previous {
            self.verdict.faults.push(Fault::ChainBroken { block: number });
        }
        if block.own_hash(self.sha256) != block.hash {
            self.verdict.faults.push(Fault::BlockChanged { block: number });
        }
        for sealed in block.entries() {
            match self.waiting.remove(&sealed.id) {
                Some(hash) if hash == sealed.hash => self.verdict.sealed += 1,
                Some(_) => {
                    self.verdict.faults.push(Fault::EntryChanged { entry: sealed.id, block: number });
                }
                None => self.verdict.faults.push(Fault::EntryMissing { entry: sealed.id, block: number }),
            }
        }
        self.verdict.blocks += 1;
        self.last = Some((number, block.hash.clone()));
    }

    /// The verdict, once everything has been taken.
    pub fn finish(mut self) -> Verdict {
        self.verdict.unsealed = self.waiting.into_keys().collect();
        self.verdict.unsealed.sort_unstable();
        self.verdict.head = self.last.map(|(_, hash)| hash);
        self.verdict
    }
}
