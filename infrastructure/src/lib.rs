//! What stands behind the ports of the domain: databases, gateways, photos, workers.
#![warn(missing_docs)]

pub mod backup;
pub mod content;
pub mod cores;
pub mod db;
pub mod gateways;
pub mod letter;
pub mod passwords;
pub mod photos;
pub mod privacy;
mod private;
pub mod second_factor;
pub mod secrets;
pub mod sources;
pub mod together;
pub mod tokens;
pub mod waste;
pub mod worker;
