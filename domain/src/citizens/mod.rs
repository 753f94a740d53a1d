//! Citizens and guests: accounts, codes, sessions, devices.

pub mod account;
pub mod address_change;
pub mod code;
pub mod device;
pub mod person;
pub mod port;
pub mod service;
pub mod session;
mod telling;

pub use account::Account;
pub use address_change::{AddressChange, AddressKind, AddressSlot, ChangeState};
pub use code::{Address, CodeMail, CodePurpose, CodeToSend, OneTimeCode};
pub use device::{Device, Registration};
pub use person::{Person, PersonKind};
pub use session::{Presented, Session, SessionKind};
