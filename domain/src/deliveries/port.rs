//! What storage must do for messages and deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{NewMessage, Report, Topic, Tried, redial::Call};
use crate::{
    StoreError,
    ids::{ContactPointId, MessageId, MunicipalityId},
};

/// Reading.
#[async_trait]
pub trait DeliveryReads: Send + Sync {
    /// What a message of the municipality in scope says.
    async fn topic_of(&self, message: MessageId) -> Result<Option<Topic>, StoreError>;
    /// The municipality that sends a message, looked for in the whole installation.
    async fn sender_of(&self, message: MessageId) -> Result<Option<MunicipalityId>, StoreError>;
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
    /// The same for a message that nobody is told before `not_before`.
    async fn enqueue_later(
        &self,
        now: DateTime<Utc>,
        not_before: DateTime<Utc>,
        message: &NewMessage,
    ) -> Result<(), StoreError>;
}

/// Writing what providers report.
#[async_trait]
pub trait ReportWrites: Send + Sync {
    /// Takes the state of one delivery of the municipality forward, in one statement, so that reports
    /// that arrive at once end the same in any order. Of an earlier generation only proof counts that it arrived.
    /// Removes a contact point that it calls dead and that was not registered again since it left. Answers whether
    /// anything changed.
    async fn report(&self, now: DateTime<Utc>, tried: Tried, report: Report) -> Result<bool, StoreError>;
    /// Removes a contact point that was last registered at `since` or before.
    async fn drop_contact_point(
        &self,
        contact_point: ContactPointId,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}

/// Writing what became of calls.
#[async_trait]
pub trait CallWrites: Send + Sync {
    /// A delivery by telephone; none where there is no such one.
    async fn call(&self, tried: Tried) -> Result<Option<Call>, StoreError>;
    /// Makes a delivery due once more, from where [`super::DeliveryState::may_be_called_again`] allows it and in the
    /// generation that was tried. Answers whether it did.
    async fn call_again(
        &self,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
        tried: Tried,
        reason: Option<&'static str>,
    ) -> Result<bool, StoreError>;
    /// Notes that a machine has the message: it is sent, with a reason to it. Answers whether anything changed.
    async fn note_recorded(
        &self,
        now: DateTime<Utc>,
        tried: Tried,
        reason: Option<&'static str>,
    ) -> Result<bool, StoreError>;
}
