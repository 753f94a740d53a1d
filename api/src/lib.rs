//! The HTTP API of Rathaus and the binary around it.

pub mod clock;
pub mod config;
pub mod extract;
pub mod frame;
pub mod problem;
pub mod reply;
