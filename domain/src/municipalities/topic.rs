//! An interest people can choose.

use crate::{categories::Names, ids::TopicId, text::Slug};

/// A topic: road closures, kita, seniors. Nobody gets anything about it who did not choose it.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its identifier.
    pub id: TopicId,
    /// The code apps send: `road-closures`.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// Its place in lists.
    pub position: i32,
    /// Whether it can be chosen now. Those who chose it keep it.
    pub active: bool,
    /// Raised by every change.
    pub version: i64,
}
