//! People who work in a town hall.

pub mod port;
pub mod role;

pub use role::Role;
