//! What a citizen reports, from phone to desk and back.

pub mod complaint;
pub mod history;
pub mod photo;
pub mod port;
pub mod promise;
pub mod record;
pub mod status;

pub use complaint::{Reference, Standing, Transition};
pub use history::{Action, Step};
pub use promise::{Due, Moved, Pace, Promise};
pub use record::{Complaint, Photo, Place};
pub use status::{ActorKind, Status};
