//! Kinds of complaint with their promise.

pub mod category;
pub mod port;
pub mod service;

pub use category::{Category, Names};
