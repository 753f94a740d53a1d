//! Use cases: staff write, check and send; people read and acknowledge.

mod act;
mod decide;
mod follow;
mod known;
mod read;
mod rehearse;
pub mod segments;
pub mod templates;
mod vote;
mod write;

pub use act::{MOST_NAMED, inform, send_again};
pub use decide::{Approval, approve, cancel, submit};
pub use follow::{Estimate, Report, list_reached, preview, report};
pub use read::{
    HEARD, acknowledge, acknowledge_by_call, acknowledge_by_link, acknowledge_by_text, mark_read, message,
    messages,
};
pub use rehearse::{MOST_TESTERS, send_test};
pub use vote::{Polled, poll, vote};
pub use write::{Change, FromTemplate, NewDraft, change, create, get, list};
