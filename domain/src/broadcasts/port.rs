//! What storage must do for broadcasts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Acknowledging, Asked, Broadcast, BroadcastState, Ladder, Moment, Reached, Segment, SentAgain, Tally,
    Template, Told, Vote, Wanted, Ways, Whom,
};
use crate::{
    StoreError,
    ids::{BroadcastTemplateId, ContactPointId, DeviceId, MessageId, PersonId, SegmentId, StaffId},
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
    /// Whom a filter finds now, and how they would be reached: by the first way, or by all of a ladder.
    async fn count_audience(&self, whom: &Whom, ladder: Option<&Ladder>) -> Result<Ways, StoreError>;
    /// What has come of a broadcast.
    async fn tally(&self, id: MessageId) -> Result<Tally, StoreError>;
    /// What happened to a broadcast that began at `since`, and when; see [`Moment`].
    async fn course(&self, id: MessageId, since: DateTime<Utc>) -> Result<Vec<Moment>, StoreError>;
    /// The people of a broadcast and how they stand, or some of them.
    async fn reached(
        &self,
        id: MessageId,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<Page<Reached>, StoreError>;
    /// Warnings that are not over and were sent as a text message to that number, as far as anybody knows.
    async fn warnings_texted(
        &self,
        now: DateTime<Utc>,
        number: ContactPointId,
    ) -> Result<Vec<MessageId>, StoreError>;
    /// Broadcasts for one person, the newest first. Drills are none of them.
    async fn told(&self, person: PersonId, asked: Asked, page: &PageRequest)
    -> Result<Vec<Told>, StoreError>;
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
    /// Has a broadcast that was sent be on its way again: something of it is to be sent once more.
    async fn reopen(&self, now: DateTime<Utc>, broadcast: &Broadcast) -> Result<(), StoreError>;
    /// Has those of these people go on earlier who stand on one of these rungs, each with when.
    async fn go_on(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        rungs: &[(usize, DateTime<Utc>)],
    ) -> Result<(), StoreError>;
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
    /// Notes who of the staff told somebody; nothing where that one acknowledged by themselves or was told before.
    async fn note_informed(&self, id: MessageId, person: PersonId, by: StaffId) -> Result<(), StoreError>;
    /// Sends a broadcast once more to those of these people who were not reached, to all of them where there are
    /// none: the next rung of who stands on the ladder is due at once, and what did not arrive of what was sent to
    /// others is due at `due_at`.
    async fn send_again(
        &self,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
        broadcast: &Broadcast,
        people: &[PersonId],
    ) -> Result<SentAgain, StoreError>;
    /// Those for whom one delivery is: everybody at that number.
    async fn at_contact_point(
        &self,
        id: MessageId,
        contact_point: ContactPointId,
    ) -> Result<Vec<PersonId>, StoreError>;
}

/// Reading polls, all of it in the municipality in scope.
#[async_trait]
pub trait PollReads: Send + Sync {
    /// Votes on a broadcast's poll, counted by answer.
    async fn votes(&self, id: MessageId) -> Result<Vec<(u16, u64)>, StoreError>;
    /// Somebody's vote.
    async fn vote_of(&self, id: MessageId, person: PersonId) -> Result<Option<Vote>, StoreError>;
    /// An installation of the app that a person registered, always the same; none where nothing was.
    async fn device_of(&self, person: PersonId) -> Result<Option<DeviceId>, StoreError>;
    /// A broadcast, where it is for that person and they see it.
    async fn told_one(&self, id: MessageId, person: PersonId) -> Result<Option<Broadcast>, StoreError>;
}

/// Writing votes, in the municipality in scope.
#[async_trait]
pub trait PollWrites: Send + Sync {
    /// Notes a vote; false where this person, or a guest's phone, has voted.
    async fn insert_vote(&self, vote: &Vote) -> Result<bool, StoreError>;
}

/// Reading templates, all of it in the municipality in scope.
#[async_trait]
pub trait TemplateReads: Send + Sync {
    /// The templates, by their names.
    async fn templates(&self) -> Result<Vec<Template>, StoreError>;
    /// One template, as it is now or at a version; one that was removed only at a version.
    async fn template(
        &self,
        id: BroadcastTemplateId,
        version: Option<i64>,
    ) -> Result<Option<Template>, StoreError>;
}

/// Writing templates, all of it in the municipality in scope.
#[async_trait]
pub trait TemplateWrites: Send + Sync {
    /// Adds a template at its first version.
    async fn insert_template(&self, by: StaffId, template: &Template) -> Result<(), StoreError>;
    /// Changes a template at `template.version` and raises it; the version before stays readable.
    async fn update_template(&self, by: StaffId, template: &Template) -> Result<(), StoreError>;
    /// Takes a template at `version` out of the list; its versions stay readable.
    async fn remove_template(
        &self,
        now: DateTime<Utc>,
        id: BroadcastTemplateId,
        version: i64,
    ) -> Result<(), StoreError>;
}

/// Reading segments, all of it in the municipality in scope.
#[async_trait]
pub trait SegmentReads: Send + Sync {
    /// The segments, by their names.
    async fn segments(&self) -> Result<Vec<Segment>, StoreError>;
    /// One segment.
    async fn segment(&self, id: SegmentId) -> Result<Option<Segment>, StoreError>;
}

/// Writing segments, all of it in the municipality in scope.
#[async_trait]
pub trait SegmentWrites: Send + Sync {
    /// Adds a segment.
    async fn insert_segment(&self, now: DateTime<Utc>, segment: &Segment) -> Result<(), StoreError>;
    /// Changes a segment at `segment.version` and raises it.
    async fn update_segment(&self, segment: &Segment) -> Result<(), StoreError>;
    /// Removes a segment at `version`.
    async fn delete_segment(&self, id: SegmentId, version: i64) -> Result<(), StoreError>;
    /// Those of these segments that are there, held until the end of the transaction.
    async fn hold_segments(&self, ids: &[SegmentId]) -> Result<Vec<Segment>, StoreError>;
    /// Whether a broadcast names a segment that is decided on or being planned; a draft as well where asked.
    async fn names_segment(&self, id: SegmentId, drafts: bool) -> Result<bool, StoreError>;
}
