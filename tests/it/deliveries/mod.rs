//! Messages from the commit that planned them to the phone and the mailbox.

mod crashes;
mod desk_mail;
mod enqueue;
pub mod providers;
mod sending;
pub mod town;
