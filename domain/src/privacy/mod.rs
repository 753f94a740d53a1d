//! What people may expect of those who keep data about them: how long, and that it goes.

pub mod retention;

pub use retention::{Class, Periods};
