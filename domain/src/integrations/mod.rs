//! Programs that a town hall lets in.

pub mod api_key;
pub mod port;
pub mod service;

pub use api_key::{ApiKey, KeyMode, KeyScope};
