//! What storage must do for follows.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Follow, Reach, Way, follow::Interests};
use crate::{
    StoreError,
    context::Locale,
    deliveries::Channel,
    ids::{ContactPointId, MunicipalityId, PersonId},
};

/// Reading. Interests and reach are those in the municipality in scope.
#[async_trait]
pub trait FollowReads: Send + Sync {
    /// What a person chose in one municipality.
    async fn follow_of(
        &self,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<Option<Follow>, StoreError>;
    /// What a person chose, in all municipalities, the longest-standing first.
    async fn follows(&self, person: PersonId) -> Result<Vec<Follow>, StoreError>;
    /// Topics and streets of a person.
    async fn interests(&self, person: PersonId) -> Result<Interests, StoreError>;
    /// How a person is reached at all: phones with the app, mailboxes, telephones in their order.
    async fn ways(&self, person: PersonId) -> Result<Vec<Way>, StoreError>;
}

/// Writing, all of it in the municipality in scope.
#[async_trait]
pub trait FollowWrites: Send + Sync {
    /// Ties a person to the municipality, unless they are tied already, and holds the tie until the end
    /// of the transaction.
    async fn hold_follow(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<(), StoreError>;
    /// Writes what was chosen, over what was chosen before.
    async fn put_follow(&self, follow: &Follow) -> Result<(), StoreError>;
    /// Leaves nothing of a tie but that it was there: what was said and agreed stays findable.
    async fn clear_follow(&self, person: PersonId, municipality: MunicipalityId) -> Result<(), StoreError>;
    /// Replaces topics and streets.
    async fn put_interests(&self, person: PersonId, interests: &Interests) -> Result<(), StoreError>;
    /// Replaces how a person is reached.
    async fn put_reach(&self, person: PersonId, rows: &[Reach]) -> Result<(), StoreError>;
    /// Makes an address one of the ways to reach a person, in the place of those they had on the channel.
    async fn put_contact(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        address: &str,
        locale: Locale,
    ) -> Result<ContactPointId, StoreError>;
    /// The same for an address of theirs that may be one of several they have there: then these stay, in their order.
    async fn use_contact(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        address: &str,
        locale: Locale,
    ) -> Result<ContactPointId, StoreError>;
    /// Makes numbers or a mailbox, each with its place in their order, the ways to reach a person on a channel, in
    /// the place of those they had there. Whoever answers at one that is new is asked, unless they `agreed`.
    async fn put_contacts(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        addresses: &[(i32, &str)],
        locale: Locale,
        agreed: bool,
    ) -> Result<(), StoreError>;
    /// Notes that whoever answers at the number or mailbox of a contact point agreed. False where that was
    /// known, or it is not the person's.
    async fn agree_contact(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError>;
    /// Takes the number or mailbox of a contact point from a person where whoever answers there was asked and
    /// has not agreed, but somebody at another one has. False where it is not so.
    async fn refuse_contact(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError>;
    /// Reaches a person anew wherever they follow: their ways are others than before.
    async fn reach_anew(&self, person: PersonId) -> Result<(), StoreError>;
    /// Takes the ways on a channel from a person, and removes those that are nobody else's.
    async fn drop_contacts(&self, person: PersonId, channel: Channel) -> Result<(), StoreError>;
}
