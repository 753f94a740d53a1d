//! What the town hall tells many at once: written, checked by a second pair of eyes, sent to whom it is
//! for, and followed until everybody who can be reached was.

pub mod audience;
pub mod broadcast;
pub mod ladder;
pub mod port;
pub mod quiet;
pub mod reckoning;
pub mod service;
pub mod state;
pub mod wording;

pub use audience::{Audience, AudienceTree, Street};
pub use broadcast::{Broadcast, Draft, FollowUp, Link, Step, Whom};
pub use ladder::{Ladder, Rung, Waits};
pub use reckoning::{Acknowledging, Reached, Standing, Tally, Told, Unreachable, Way, Ways};
pub use state::BroadcastState;
pub use wording::{Limit, Texts, Wording};
