//! The data map at work: what is kept about people, exported, erased and let expire.

pub mod map;

pub use map::{DataMap, Meaning, TableMap};
