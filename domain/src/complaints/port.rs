//! What storage must do for complaints.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait ComplaintReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait ComplaintWrites: Send + Sync {}
