//! What storage must do for messages and deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::NewMessage;
use crate::StoreError;

/// Reading.
#[async_trait]
pub trait DeliveryReads: Send + Sync {}

/// Writing messages where the thing they tell about is written.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Stores the message, one delivery for each contact point it reaches, and the chunks workers
    /// lease. Answers how many deliveries were planned; a person without a device has none.
    async fn enqueue(&self, now: DateTime<Utc>, message: &NewMessage) -> Result<u64, StoreError>;
    /// The same for a message that was made just now, so that nothing of it can be there: without an
    /// answer, which spares a busy database the asking.
    async fn enqueue_new(&self, now: DateTime<Utc>, message: &NewMessage) -> Result<(), StoreError>;
}
