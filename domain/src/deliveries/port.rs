//! What storage must do for messages and deliveries.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait DeliveryReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait Outbox: Send + Sync {}
