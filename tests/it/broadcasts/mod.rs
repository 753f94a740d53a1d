//! Broadcasts from the desk to phones, telephones and mailboxes, and what comes back.

mod audience;
mod calling_back;
mod deciding;
mod ladder;
mod messages;
mod polls;
mod segments;
mod sending;
mod templates;
pub mod town;
mod writing;
