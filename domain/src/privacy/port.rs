//! What storage must do so that people get what is kept about them.

use async_trait::async_trait;
use serde::Serialize;

use crate::{
    StoreError,
    complaints::photo::ContentHash,
    ids::{MunicipalityId, PersonId, PhotoId},
};

/// What one table keeps about a person.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// The table.
    pub table: String,
    /// What it holds, in German.
    pub holds: String,
    /// The columns that are handed out.
    pub columns: Vec<String>,
    /// The rows as objects.
    pub rows: Vec<serde_json::Value>,
}

/// A picture a person sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhotoOf {
    /// The town hall.
    pub municipality: MunicipalityId,
    /// The photo.
    pub photo: PhotoId,
    /// The upload it came from.
    pub content: ContentHash,
}

/// Reading as the data map says. In a transaction, because it goes through all town halls at one moment
/// and is noted in the same.
#[async_trait]
pub trait PrivacyWrites: Send + Sync {
    /// Everything kept about a person, of one town hall's tables only where one is given. Internal
    /// notes are among it where `to_staff`.
    async fn kept_about(
        &self,
        person: PersonId,
        within: Option<MunicipalityId>,
        to_staff: bool,
    ) -> Result<Vec<Kept>, StoreError>;
    /// The pictures a person sent.
    async fn photos_of(
        &self,
        person: PersonId,
        within: Option<MunicipalityId>,
    ) -> Result<Vec<PhotoOf>, StoreError>;
}
