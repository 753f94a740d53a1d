//! What a citizen reports, from phone to desk and back.

pub mod port;
