//! What storage must do for routing rules.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait RoutingReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait RoutingWrites: Send + Sync {}
