//! What storage must do for categories.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait CategoryReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait CategoryWrites: Send + Sync {}
