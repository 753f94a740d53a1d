//! Use cases: staff write, check and send; people read and acknowledge.

mod decide;
mod follow;
mod read;
mod write;

pub use decide::{Approval, approve, cancel, submit};
pub use follow::{Estimate, list_reached, preview, report};
pub use read::{acknowledge, acknowledge_by_text, mark_read, messages};
pub use write::{Change, change, create, get, list};
