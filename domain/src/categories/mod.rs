//! Kinds of complaint with their promise.

pub mod category;
pub mod port;

pub use category::{Category, Names};
