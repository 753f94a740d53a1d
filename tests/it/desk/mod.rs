//! The town hall's side of complaints.

pub mod accessible;
mod letter;
mod link;
mod races;
mod releasing;
mod staff;
mod sweep;
mod told;
pub mod town;
