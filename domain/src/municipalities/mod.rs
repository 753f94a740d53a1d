//! Town halls, their departments, areas and addresses.

pub mod address;
pub mod address_import;
pub mod area;
pub mod department;
pub mod legal;
pub mod municipality;
pub mod port;
pub mod service;
pub mod topic;

pub use address::{Address, House, StreetEntry, street_key};
pub use area::{Area, AreaKind};
pub use department::Department;
pub use municipality::{Municipality, Settings};
pub use topic::Topic;
