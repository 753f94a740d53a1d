//! What storage must do for broadcasts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Acknowledging, Broadcast, BroadcastState, Reached, Standing, Tally, Told, Ways, Whom};
use crate::{
    StoreError,
    ids::{MessageId, PersonId},
    page::{Page, PageRequest},
};

/// Reading, all of it in the municipality in scope.
#[async_trait]
pub trait BroadcastReads: Send + Sync {
    /// One broadcast.
    async fn broadcast(&self, id: MessageId) -> Result<Option<Broadcast>, StoreError>;
    /// Broadcasts, the newest first; those in one state where given.
    async fn broadcasts(
        &self,
        state: Option<BroadcastState>,
        page: &PageRequest,
    ) -> Result<Page<Broadcast>, StoreError>;
    /// Whom a filter finds now, and how they would be reached.
    async fn count_audience(&self, whom: &Whom) -> Result<Ways, StoreError>;
    /// What has come of a broadcast.
    async fn tally(&self, id: MessageId) -> Result<Tally, StoreError>;
    /// The people of a broadcast and how they stand; those who stand so where given.
    async fn reached(
        &self,
        id: MessageId,
        standing: Option<Standing>,
        page: &PageRequest,
    ) -> Result<Page<Reached>, StoreError>;
    /// Broadcasts for one person, the newest first; those that came or changed for them after a moment where
    /// given. Drills are none of them.
    async fn told(
        &self,
        person: PersonId,
        since: Option<DateTime<Utc>>,
        page: &PageRequest,
    ) -> Result<Vec<Told>, StoreError>;
}

/// Writing, all of it in the municipality in scope.
#[async_trait]
pub trait BroadcastWrites: Send + Sync {
    /// One broadcast, held until the end of the transaction.
    async fn hold_broadcast(&self, id: MessageId) -> Result<Option<Broadcast>, StoreError>;
    /// Adds a broadcast.
    async fn insert_broadcast(&self, broadcast: &Broadcast) -> Result<(), StoreError>;
    /// Changes a broadcast at `broadcast.version` and raises it.
    async fn update_broadcast(&self, broadcast: &Broadcast) -> Result<(), StoreError>;
    /// Has a worker look at a broadcast at that moment.
    async fn call_up(&self, due_at: DateTime<Utc>, broadcast: &Broadcast) -> Result<(), StoreError>;
    /// Stops what has not left of a broadcast, many deliveries at once. Answers whether that was all of it.
    async fn cancel_unsent(&self, now: DateTime<Utc>, id: MessageId) -> Result<bool, StoreError>;
    /// Notes that somebody opened a broadcast; false where it is not for them.
    async fn note_read(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        person: PersonId,
    ) -> Result<bool, StoreError>;
    /// Notes that people acknowledged a broadcast and ends their ladder; false where it is for none of them.
    async fn acknowledge(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        by: Acknowledging,
    ) -> Result<bool, StoreError>;
    /// Those for whom one delivery is: everybody at that number.
    async fn at_contact_point(
        &self,
        id: MessageId,
        contact_point: crate::ids::ContactPointId,
    ) -> Result<Vec<PersonId>, StoreError>;
}
