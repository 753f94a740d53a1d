//! Text messages: what fits into how many, and what people send back.

pub mod alphabet;
pub mod length;
pub mod reply;

pub use length::{Encoding, Length, Sms};
pub use reply::Reply;
