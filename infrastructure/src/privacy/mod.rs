//! The data map at work: what is kept about people, exported, erased and let expire.

pub mod archive;
pub mod map;
pub mod upkeep;

pub use map::{DataMap, Meaning, TableMap};
