//! Citizens and guests: accounts, codes, sessions, devices.

pub mod port;
