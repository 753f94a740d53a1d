//! Where dates come from: one trait, whatever the source speaks.

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{HouseRange, Stop, Window};
use crate::{Result, error::Code, text::Street};

/// A place in a source's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Column {
    /// What is collected.
    Waste,
    /// The day.
    Date,
    /// The street.
    Street,
    /// The houses of the street.
    Houses,
    /// The place of a stop.
    Place,
    /// From when.
    Starts,
    /// Until when.
    Ends,
    /// How it repeats.
    Recurrence,
    /// The line as a whole.
    Line,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line's number in the source, from 1.
    pub line: u32,
    /// Where in the line.
    pub column: Column,
    /// What is wrong.
    pub code: Code,
}

/// One line of a source: what is collected on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number in the source, from 1.
    pub line: u32,
    /// What is collected, in the source's words; perhaps several kinds.
    pub waste: String,
    /// The day.
    pub date: NaiveDate,
    /// The houses it is for; those of the whole calendar where absent.
    pub section: Option<(Street, HouseRange)>,
    /// Where it is, for what people bring themselves.
    pub stop: Option<Stop>,
}

/// Something that publishes collections.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it publishes. Days outside of `window` may be left out; nothing that repeats goes on beyond it.
    ///
    /// # Errors
    /// Where it cannot be read at all. What is wrong with one line stands in its place.
    async fn read(&self, window: Window) -> Result<Vec<Result<Record, Fault>>>;

    /// Whether it answers with everything it has in the window. A file may hold part of it.
    fn tells_all(&self) -> bool {
        false
    }
}
