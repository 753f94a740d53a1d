//! Following a municipality: what people choose, and how they are reached.

pub mod channels;
pub mod follow;
pub mod port;
pub mod reach;
pub mod service;

pub use channels::Channels;
pub use follow::{AgeGroup, Follow, FollowRole, Home};
pub use reach::{Reach, Way};
