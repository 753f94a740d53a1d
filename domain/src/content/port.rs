//! What storage must do for content.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Content, ContentFile, Kind, Named, Removal, State};
use crate::{
    StoreError,
    ids::{ContentFileId, ContentId},
    page::{Page, PageRequest},
};

/// Reading content.
#[async_trait]
pub trait ContentReads: Send + Sync {
    /// One piece.
    async fn content(&self, id: ContentId) -> Result<Option<Content>, StoreError>;
    /// The pieces of a kind and in a state, the newest first.
    async fn contents(
        &self,
        kind: Option<Kind>,
        state: Option<State>,
        page: &PageRequest,
    ) -> Result<Page<Content>, StoreError>;
    /// All that is published, whatever its time.
    async fn published_contents(&self) -> Result<Vec<Content>, StoreError>;
    /// How many pieces are not archived.
    async fn live_contents(&self) -> Result<u64, StoreError>;
    /// What was public once, is not any more, and changed or went after `since`.
    async fn withdrawn_contents(&self, since: DateTime<Utc>) -> Result<Vec<Removal>, StoreError>;
    /// All pictures and documents.
    async fn content_files(&self) -> Result<Vec<ContentFile>, StoreError>;
    /// The pictures and documents that any piece or broadcast names, drafts and what is over included.
    async fn named_files(&self) -> Result<Vec<ContentFileId>, StoreError>;
    /// Those that a broadcast names which people see among their messages.
    async fn told_files(&self) -> Result<Vec<ContentFileId>, StoreError>;
    /// Those of these that are there.
    async fn content_files_of(&self, ids: &[ContentFileId]) -> Result<Vec<ContentFile>, StoreError>;
}

/// Writing content.
#[async_trait]
pub trait ContentWrites: Send + Sync {
    /// Counts a change of the town's content and gives its number. Whoever changes content of the same
    /// town waits until this transaction is over, so that numbers come in the order of commits.
    async fn count_content_change(&self) -> Result<i64, StoreError>;
    /// Adds a piece. `Dependent` where topic, area or department are not there.
    async fn insert_content(&self, content: &Content) -> Result<(), StoreError>;
    /// Changes a piece at `content.version` and raises it.
    async fn update_content(&self, content: &Content) -> Result<(), StoreError>;
    /// Gives what is published and calls this by its name the number of a change. Their versions stay: staff changed
    /// nothing of them.
    async fn renumber_contents(&self, named: Named, changed: i64) -> Result<(), StoreError>;
    /// Removes a piece at that version.
    async fn delete_content(&self, id: ContentId, version: i64) -> Result<(), StoreError>;
    /// Notes that a piece that was public is gone, and forgets what went before `forgotten`.
    async fn insert_removal(
        &self,
        now: DateTime<Utc>,
        removal: &Removal,
        forgotten: DateTime<Utc>,
    ) -> Result<(), StoreError>;
    /// Adds a file whose bytes are stored.
    async fn insert_content_file(&self, file: &ContentFile) -> Result<(), StoreError>;
    /// Removes files.
    async fn delete_content_files(&self, ids: &[ContentFileId]) -> Result<(), StoreError>;
}
