//! What storage must do for keys.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::ApiKey;
use crate::{StoreError, ids::ApiKeyId};

/// Reading.
#[async_trait]
pub trait ApiKeyReads: Send + Sync {
    /// The town hall's keys by name, those that ended too.
    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError>;
    /// One key.
    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait ApiKeyWrites: Send + Sync {
    /// Adds a key.
    async fn insert_api_key(&self, key: &ApiKey) -> Result<(), StoreError>;
    /// Revokes a key at that version and raises it.
    async fn revoke_api_key(&self, now: DateTime<Utc>, id: ApiKeyId, version: i64) -> Result<(), StoreError>;
    /// Notes that a key was used. Its version stays.
    async fn note_api_key_use(&self, now: DateTime<Utc>, id: ApiKeyId) -> Result<(), StoreError>;
}
