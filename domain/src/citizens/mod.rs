//! Citizens and guests: accounts, codes, sessions, devices.

pub mod account;
pub mod code;
pub mod device;
pub mod person;
pub mod port;
pub mod service;
pub mod session;

pub use account::Account;
pub use code::{Address, CodeMail, CodePurpose, CodeToSend, OneTimeCode};
pub use device::{Device, Registration};
pub use person::{Person, PersonKind};
pub use session::{Presented, Session, SessionKind};
