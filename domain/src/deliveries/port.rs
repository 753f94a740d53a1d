//! What storage must do for messages and deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{NewMessage, Report, Topic};
use crate::{
    StoreError,
    ids::{ContactPointId, MessageId},
};

/// Reading.
#[async_trait]
pub trait DeliveryReads: Send + Sync {
    /// What a message of the municipality in scope says.
    async fn topic_of(&self, message: MessageId) -> Result<Option<Topic>, StoreError>;
}

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

/// Writing what providers report.
#[async_trait]
pub trait ReportWrites: Send + Sync {
    /// Takes the state of one delivery of the municipality forward, in one statement, so that reports
    /// that arrive at once end the same in any order. Answers whether anything changed.
    async fn report(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        contact_point: ContactPointId,
        report: Report,
    ) -> Result<bool, StoreError>;
    /// Removes a contact point that was last registered at `since` or before.
    async fn drop_contact_point(
        &self,
        contact_point: ContactPointId,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
