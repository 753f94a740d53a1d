//! Which department a complaint belongs to, and why.

pub mod port;
