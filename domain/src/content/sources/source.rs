//! Where content comes from: one trait, whatever the source speaks.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Understood;
use crate::{
    Result,
    content::{Kind, Sheet},
    error::Code,
};

/// Why a piece of a source was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands: the line of a calendar, the number of a feed's entry or of a map's feature, from 1.
    pub line: u32,
    /// What is wrong about it, as a JSON pointer: `/event/starts_at`.
    pub pointer: String,
    /// Why.
    pub code: Code,
}

/// One piece of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Where it stands, as in [`Fault`].
    pub line: u32,
    /// What makes it the same one each time, as the source says.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub sheet: Sheet,
    /// When the source published it.
    pub dated: Option<DateTime<Utc>>,
}

/// What a server says of the state of its answer (RFC 9110, 8.8), to be asked for news only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub modified: Option<String>,
}

/// What a source answered.
#[derive(Clone, Debug)]
pub enum Published {
    /// The same as when that mark was set.
    Unchanged,
    /// All it has to say, looked over, and the mark of this state.
    Items(Understood, Mark),
}

/// Something that publishes content.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it publishes, where that is not what it was at `known`. Looking it over takes time, and is done where
    /// nobody waits for that.
    ///
    /// # Errors
    /// Where it cannot be read at all. What is wrong with one piece stands in its place.
    async fn read(&self, known: &Mark) -> Result<Published>;
}
