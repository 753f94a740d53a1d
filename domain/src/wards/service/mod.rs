//! Use cases of wards.

mod answering;
mod choice;
mod ending;
mod importing;
mod proxies;
mod reading;
mod registering;
mod texting;

pub use answering::{Answer, answer, refuse_number};
pub use choice::{Contacts, Lead, MOST_FURTHER, WardChoice};
pub use ending::{Reason, end_all_by_proxy, end_by_proxy, end_by_staff, erase, expire};
pub use importing::import;
pub use proxies::{Drawn, NewInvitation, accept, invite, invite_by_staff};
pub use reading::{Shown, get, list, look, look_with_facts, mine};
pub use registering::{
    NewWard, Registration, Telling, change_by_proxy, change_by_staff, register_by_proxy, register_by_staff,
};
pub use texting::{Joining, agree_by_number, join_by_text, leave_topics, may_be_told};
