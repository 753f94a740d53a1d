//! What a citizen reports, from phone to desk and back.

pub mod complaint;
pub mod desk;
pub mod history;
pub mod notice;
pub mod photo;
pub mod port;
pub mod promise;
pub mod promises;
pub mod record;
pub mod service;
pub mod status;

pub use complaint::{Reference, Standing, Transition};
pub use history::{Action, Step};
pub use promise::{Due, Moved, Pace, Promise};
pub use record::{Complaint, Photo, Place};
pub use status::{ActorKind, Status};
