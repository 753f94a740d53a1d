//! What storage must do for the ledger.

use async_trait::async_trait;

use super::Entry;
use crate::{
    StoreError,
    deliveries::Channel,
    ids::{ContactPointId, MunicipalityId, PersonId},
    page::{Page, PageRequest},
};

/// Reading.
#[async_trait]
pub trait ConsentReads: Send + Sync {
    /// A person's entries in the municipality in scope, the oldest first, each with its number.
    async fn consents(&self, person: PersonId, page: &PageRequest) -> Result<Page<(u64, Entry)>, StoreError>;
    /// Who is reached by a mailbox or a telephone, and in which municipalities they left traces.
    async fn reached_by(
        &self,
        contact_point: ContactPointId,
    ) -> Result<Vec<(PersonId, MunicipalityId)>, StoreError>;
    /// The contact point of an address on a channel.
    async fn contact_point(
        &self,
        channel: Channel,
        address: &str,
    ) -> Result<Option<ContactPointId>, StoreError>;
}

/// Writing. There is no changing and no removing.
#[async_trait]
pub trait ConsentWrites: Send + Sync {
    /// Adds entries of one person in the municipality in scope, in this order.
    async fn add_consents(&self, person: PersonId, entries: &[Entry]) -> Result<(), StoreError>;
}
