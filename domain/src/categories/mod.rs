//! Kinds of complaint with their promise.

pub mod port;
