//! The town hall's side of complaints.

mod link;
mod races;
mod staff;
mod sweep;
mod town;
