//! Messages from the commit that planned them to the phone and the mailbox.

mod budget;
pub mod consents;
mod crashes;
mod desk_mail;
mod enqueue;
mod fairness;
mod households;
mod kills;
mod outages;
pub mod providers;
mod running;
mod seeds;
mod sending;
mod sweep;
pub mod town;
