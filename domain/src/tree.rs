//! Trees of conditions that people write: `all`, `any`, `not`, and leaves. Their bounds, and the list of all that
//! is wrong with one.

use serde::{Deserialize, Deserializer};

use crate::{Violation, error::Code};

/// Levels of nesting a tree may have.
pub const MAX_DEPTH: usize = 8;
/// Nodes a tree may have.
pub const MAX_NODES: usize = 200;
/// Branches of one `all` or `any`.
pub const MAX_BRANCHES: usize = 50;
/// Entries of one list.
pub const MAX_ENTRIES: usize = 100;

/// Reads a member that is there; `null` is not a value of any of them.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

/// Goes through a tree and notes what is wrong, by where it stands in the request (RFC 6901). Its answers are
/// nothing where something was noted.
#[derive(Default)]
pub struct Check {
    violations: Vec<Violation>,
    nodes: usize,
}

impl Check {
    /// Counts a node at `depth`, the root being at 1.
    pub fn enter(&mut self, pointer: &str, depth: usize) -> Option<()> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return self.refuse(pointer, Code::TooDeep);
        }
        match self.nodes {
            ..=MAX_NODES => Some(()),
            // Said once: the rest of a huge tree is not worth a list as huge.
            nodes if nodes == MAX_NODES + 1 => self.refuse(pointer, Code::TooMany),
            _ => None,
        }
    }

    /// Each branch of an `all` or `any`, by `node`.
    pub fn branches<T, U>(
        &mut self,
        trees: &[T],
        pointer: &str,
        mut node: impl FnMut(&mut Self, &T, &str) -> Option<U>,
    ) -> Option<Vec<U>> {
        self.count(trees.len(), pointer, MAX_BRANCHES)?;
        let checked: Vec<_> =
            trees.iter().enumerate().map(|(i, tree)| node(self, tree, &format!("{pointer}/{i}"))).collect();
        checked.into_iter().collect()
    }

    /// A list of at least one entry and at most `max`.
    pub fn entries<T: Clone>(&mut self, entries: &[T], pointer: &str, max: usize) -> Option<Vec<T>> {
        self.count(entries.len(), pointer, max)?;
        Some(entries.to_vec())
    }

    /// At least one and at most `max`.
    pub fn count(&mut self, count: usize, pointer: &str, max: usize) -> Option<()> {
        match count {
            0 => self.refuse(pointer, Code::TooShort),
            count if count > max => self.refuse(pointer, Code::TooMany),
            _ => Some(()),
        }
    }

    /// Notes what is wrong.
    pub fn refuse<T>(&mut self, pointer: &str, code: Code) -> Option<T> {
        self.violations.push(Violation::new(pointer, code));
        None
    }

    /// What was read, if nothing was noted.
    ///
    /// # Errors
    /// All that was.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Vec<Violation>> {
        match read {
            Some(read) if self.violations.is_empty() => Ok(read),
            _ => Err(self.violations),
        }
    }
}
