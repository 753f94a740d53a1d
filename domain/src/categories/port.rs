//! What storage must do for categories.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Category;
use crate::{StoreError, ids::CategoryId, text::Slug};

/// Reading.
#[async_trait]
pub trait CategoryReads: Send + Sync {
    /// The categories in their order.
    async fn categories(&self) -> Result<Vec<Category>, StoreError>;
    /// One category.
    async fn category(&self, id: CategoryId) -> Result<Option<Category>, StoreError>;
    /// The category of that code.
    async fn category_by_code(&self, code: &Slug) -> Result<Option<Category>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait CategoryWrites: Send + Sync {
    /// Adds a category. `Duplicate` when the code is taken.
    async fn insert_category(&self, now: DateTime<Utc>, category: &Category) -> Result<(), StoreError>;
    /// Changes a category at `category.version` and raises it.
    async fn update_category(&self, category: &Category) -> Result<(), StoreError>;
    /// Removes a category at that version. `Dependent` while complaints are of it.
    async fn delete_category(&self, id: CategoryId, version: i64) -> Result<(), StoreError>;
}
