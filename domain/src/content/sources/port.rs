//! What storage must do for sources of content.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{ContentSource, import::Taken};
use crate::{
    StoreError,
    content::Content,
    ids::{ContentId, ContentSourceId},
};

/// Reading sources, and what was taken from them.
#[async_trait]
pub trait ContentSourceReads: Send + Sync {
    /// The sources by name.
    async fn content_sources(&self) -> Result<Vec<ContentSource>, StoreError>;
    /// One source.
    async fn content_source(&self, id: ContentSourceId) -> Result<Option<ContentSource>, StoreError>;
    /// What was taken from a source, under these keys; all of it where absent.
    async fn taken_from(
        &self,
        source: ContentSourceId,
        keys: Option<&[String]>,
    ) -> Result<Vec<Taken>, StoreError>;
    /// Those of these pieces that are there.
    async fn contents_of(&self, ids: &[ContentId]) -> Result<Vec<Content>, StoreError>;
}

/// Writing sources, and what is taken from them.
#[async_trait]
pub trait ContentSourceWrites: Send + Sync {
    /// Adds a source. `Duplicate` where its name is taken, `Dependent` where topic, area or department are
    /// not there.
    async fn insert_content_source(
        &self,
        now: DateTime<Utc>,
        source: &ContentSource,
    ) -> Result<(), StoreError>;
    /// Changes a source's settings and its mark at its version, and raises it.
    async fn update_content_source(&self, source: &ContentSource) -> Result<(), StoreError>;
    /// The source, held until the end of the transaction: one import at a time.
    async fn hold_content_source(&self, id: ContentSourceId) -> Result<Option<ContentSource>, StoreError>;
    /// Writes when it was asked, what came of it, and its mark.
    async fn refresh_content_source(&self, source: &ContentSource) -> Result<(), StoreError>;
    /// Removes a source at that version. What was taken from it stays.
    async fn delete_content_source(&self, id: ContentSourceId, version: i64) -> Result<(), StoreError>;
    /// Writes pieces as they are, over those of the same identifier. Only after a change was counted: no
    /// other change of the town's content is under way then.
    async fn put_contents(&self, contents: &[Content]) -> Result<(), StoreError>;
    /// Notes what was taken from a source, over what was noted under the same keys.
    async fn put_taken(&self, source: ContentSourceId, taken: &[Taken]) -> Result<(), StoreError>;
    /// Forgets what was taken from a source under these keys.
    async fn forget_taken(&self, source: ContentSourceId, keys: &[String]) -> Result<(), StoreError>;
}
