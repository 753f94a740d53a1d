//! The HTTP API of Rathaus and the binary around it.

pub mod config;
