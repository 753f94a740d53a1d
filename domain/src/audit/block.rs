//! Sealing: committed entries in blocks, each of which holds the hash of the one before.

use chrono::{DateTime, Utc};

use super::Entry;
use crate::ids::AuditId;

/// SHA-256, given from outside: the domain computes no hashes itself.
pub type Sha256 = fn(&[u8]) -> [u8; 32];

/// How many bytes of an entry's hash a block keeps.
const KEPT: usize = 16;
/// How many bytes an entry takes in a block: identifier and hash.
const WIDTH: usize = 16 + KEPT;

/// An entry inside a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The entry.
    pub id: AuditId,
    /// The beginning of its hash.
    pub hash: [u8; KEPT],
}

/// Entries that were sealed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its place in the chain, from 1.
    pub number: i64,
    /// The hash of the block before, in hexadecimal; 64 zeros for the first.
    pub previous: String,
    /// Its own, in hexadecimal.
    pub hash: String,
    /// When it was sealed.
    pub sealed_at: DateTime<Utc>,
    /// The entries, packed.
    pub packed: Vec<u8>,
}

impl Block {
    /// The block after `last` that seals `entries`.
    pub fn after(last: Option<&Self>, now: DateTime<Utc>, entries: &[Entry], sha256: Sha256) -> Self {
        let packed = entries.iter().flat_map(|entry| {
            let hash = hash_of(entry, sha256);
            entry.id.0.into_bytes().into_iter().chain(hash)
        });
        let mut block = Self {
            number: last.map_or(1, |last| last.number + 1),
            previous: last.map_or_else(|| "0".repeat(64), |last| last.hash.clone()),
            hash: String::new(),
            sealed_at: now,
            packed: packed.collect(),
        };
        block.hash = block.own_hash(sha256);
        block
    }

    /// The hash it should have.
    pub fn own_hash(&self, sha256: Sha256) -> String {
        let mut bytes = Vec::with_capacity(self.packed.len() + 96);
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.previous.as_bytes());
        bytes.extend(self.sealed_at.timestamp_micros().to_be_bytes());
        bytes.extend(&self.packed);
        sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The entries in it.
    pub fn entries(&self) -> impl Iterator<Item = Sealed> + '_ {
        self.packed.chunks_exact(WIDTH).filter_map(|packed| {
            let (id, hash) = packed.split_at(16);
            let id = uuid::Uuid::from_slice(id).ok()?;
            Some(Sealed { id: AuditId(id), hash: hash.try_into().ok()? })
        })
    }
}

/// What a block keeps of an entry's hash. Each part is preceded by its length, so that no two entries
/// read the same.
pub fn hash_of(entry: &Entry, sha256: Sha256) -> [u8; KEPT] {
    let mut bytes = Vec::with_capacity(192);
    let mut add = |part: &[u8]| {
        bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    };
    add(entry.id.0.as_bytes());
    add(&entry.at.timestamp_micros().to_be_bytes());
    for id in [entry.municipality.map(|id| id.0), entry.actor, entry.subject] {
        add(id.as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
    }
    for part in [&entry.actor_kind, &entry.deed, &entry.subject_kind] {
        add(part.as_bytes());
    }
    let mut kept = [0; KEPT];
    for (to, from) in kept.iter_mut().zip(sha256(&bytes)) {
        *to = from;
    }
    kept
}
