//! People who work in a town hall.

pub mod invitation;
pub mod member;
pub mod port;
pub mod reset;
pub mod role;
pub mod roster;
pub mod second_factor;
pub mod service;
pub mod team;

pub use member::Member;
pub use role::Role;
pub use second_factor::SecondFactor;
