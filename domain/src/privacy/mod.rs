//! What people may expect of those who keep data about them: how long, and that it goes.

pub mod port;
pub mod retention;
pub mod service;

pub use retention::{Class, Periods};
