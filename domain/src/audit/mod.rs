//! Who did what with people's data and with the town hall's own: one entry in the transaction of what
//! was done, with ids only. A sealer chains the entries afterwards, so that none can be changed unseen.

pub mod block;
pub mod entry;
pub mod port;
pub mod verify;

pub use block::{Block, Sealed};
pub use entry::{Accountable, Actor, Deed, Entry, Subject, note};
