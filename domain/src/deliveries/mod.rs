//! Messages, whom they reach, and how they get there.

pub mod basis;
pub mod budget;
pub mod channel;
pub mod gateway;
pub mod message;
pub mod port;
pub mod redial;
pub mod report;
pub mod retry;
pub mod severity;
pub mod state;
pub mod texts;
pub mod verdict;
mod waste_texts;

pub use basis::{Basis, basis};
pub use channel::{Channel, Platform, PushEnvironment};
pub use gateway::{Content, Gateway, Keys, Mail, MailPart, Outcome, Outgoing, PushAddress, PushText, Spoken};
pub use message::{MAIL_LIFE, NewMessage, Recipients, Topic};
pub use report::{Report, Then, Tried};
pub use severity::Severity;
pub use state::DeliveryState;
pub use verdict::{Attempt, Verdict, twice_rather_than_never};
