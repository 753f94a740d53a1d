//! Messages, whom they reach, and how they get there.

pub mod port;
