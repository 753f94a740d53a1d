//! Use cases of following.

mod choose;
mod home;
mod leave;
mod read;

pub use choose::{NewFollow, choose, reach_again, settle};
pub use home::{NewHome, find_home, find_streets};
pub use leave::leave;
pub use read::{Followed, Tie, consents, get, list};
