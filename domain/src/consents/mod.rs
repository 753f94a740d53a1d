//! Consent: who agreed to be told what, by which way, to which words, when and how. The ledger is only
//! added to; what holds is the last entry for a channel and a purpose.

pub mod entry;
pub mod port;
pub mod service;
pub mod text;

pub use entry::{By, Entry, Means};
pub use text::{CURRENT, ConsentText, EARLIER, TextVersion};
