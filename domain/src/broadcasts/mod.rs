//! What the town hall tells many at once: written, checked by a second pair of eyes, sent to whom it is
//! for, and followed until everybody who can be reached was.

pub mod attachments;
pub mod audience;
pub mod broadcast;
pub mod cost;
pub mod ladder;
pub mod placeholder;
pub mod poll;
pub mod port;
pub mod quiet;
pub mod reckoning;
pub mod segment;
pub mod service;
pub mod state;
pub mod template;
pub mod wording;

pub use attachments::{Attachments, Document};
pub use audience::{Audience, AudienceTree, Street};
pub use broadcast::{Broadcast, Draft, FollowUp, Incident, Link, Step, Whom};
pub use cost::{Paid, Prices};
pub use ladder::{Ends, Ladder, Rung, TownLadders, TownWaits, Waits};
pub use poll::{Poll, Results, Vote};
pub use reckoning::{
    Acknowledging, Asked, District, Moment, Reached, SentAgain, Standing, Tally, Told, Unreachable, Wanted,
    Way, Ways,
};
pub use segment::Segment;
pub use state::BroadcastState;
pub use template::{Placeholder, Template, TemplateBody};
pub use wording::{Limit, Texts, Wording};
