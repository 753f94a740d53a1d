//! The simulators' own time and chance. A simulator plays the outside world, so it asks the system.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The time at which a request came in, or against which a token's age is measured.
#[expect(clippy::disallowed_methods, reason = "a simulator is the outside world and has a clock of its own")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Sixteen bytes nobody can guess, for access tokens and message ids.
pub fn random_id() -> Uuid {
    let mut bytes = [0_u8; 16];
    // The system's source does not fail once the process runs; zeroes would still be a valid id.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}
