//! Broadcasts from the desk to phones, telephones and mailboxes, and what comes back.

mod acting;
mod attachments;
mod audience;
mod calling_back;
mod costs;
mod deciding;
mod hanging;
mod kills;
mod ladder;
mod letters;
mod messages;
mod metering;
mod polls;
mod rehearsing;
mod segments;
mod sending;
mod sweeping;
mod templates;
pub mod town;
mod writing;
