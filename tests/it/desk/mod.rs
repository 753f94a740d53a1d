//! The town hall's side of complaints.

mod link;
mod staff;
mod sweep;
mod town;
