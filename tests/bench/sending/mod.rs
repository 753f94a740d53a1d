//! Sending: whom a broadcast is for, what providers are told, and the queue in between.

mod audience;
mod child;
mod crisis;
mod delivery;
mod gateway;
mod plain;
mod queue;
mod raw;
mod stage;

use crate::{ground::Engine, report::Figure};

pub use gateway::serve as gateway;
pub use queue::serve as queue;
pub use raw::serve as raw;

/// Measured turns of each side.
const ROUNDS: usize = 3;

/// How much is sent.
#[derive(Clone, Copy)]
pub struct Amount {
    pub engine: Engine,
    /// People of an audience, or queued before a crisis.
    pub people: u32,
    pub rounds: usize,
}

/// What a bench of these is asked for.
#[derive(Clone, Copy)]
pub enum Work {
    Audience,
    Delivery,
    Queue,
    Crisis,
}

impl Work {
    /// Measures with so many people; with as many as the figures are named for, and fewer in short.
    pub async fn measure(self, engine: Engine, people: Option<u32>, short: bool) -> Vec<Figure> {
        let usual = match (self, short) {
            (Self::Audience | Self::Crisis, false) => 1_000_000,
            (Self::Delivery | Self::Queue, false) => 100_000,
            (Self::Audience, true) => 12_000,
            (_, true) => 3_000,
        };
        let rounds = if short { 1 } else { ROUNDS };
        let amount = Amount { engine, people: people.unwrap_or(usual), rounds };
        match self {
            Self::Audience => audience::measure(amount).await,
            Self::Delivery => delivery::measure(amount).await,
            Self::Queue => queue::measure(amount).await,
            Self::Crisis => crisis::measure(amount).await,
        }
    }
}
