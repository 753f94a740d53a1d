//! What storage must do for wards and those who represent them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Invitation, Proxy, Ward};
use crate::{
    StoreError,
    deliveries::Channel,
    ids::PersonId,
    page::{Page, PageRequest},
};

/// Reading. Wards are those of the municipality in scope; who represents whom is the installation's.
#[async_trait]
pub trait WardReads: Send + Sync {
    /// One ward.
    async fn ward(&self, person: PersonId) -> Result<Option<Ward>, StoreError>;
    /// Wards by name, those whose name contains `name` or who are reached by exactly `address`, where given.
    async fn wards(
        &self,
        name: Option<&str>,
        address: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Ward>, StoreError>;
    /// Wards who never answered since `asked_before`, or whose time was over before `today`.
    async fn outlived_wards(
        &self,
        asked_before: DateTime<Utc>,
        today: chrono::NaiveDate,
        limit: u64,
    ) -> Result<Vec<Ward>, StoreError>;
    /// Mailboxes and telephones of a person, in their order.
    async fn contact_addresses(&self, person: PersonId) -> Result<Vec<(Channel, String)>, StoreError>;
    /// Who represents a ward.
    async fn proxies_of(&self, ward: PersonId) -> Result<Vec<Proxy>, StoreError>;
    /// Whom a person represents.
    async fn represented_by(&self, proxy: PersonId) -> Result<Vec<Proxy>, StoreError>;
    /// Invitations to represent a ward that wait at `now`.
    async fn open_invitations(&self, now: DateTime<Utc>, ward: PersonId) -> Result<u64, StoreError>;
    /// The invitation of that hash, used by nobody yet, whether it is still good or not.
    async fn proxy_invitation(&self, code_hash: &str) -> Result<Option<Invitation>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait WardWrites: Send + Sync {
    /// Adds a ward.
    async fn insert_ward(&self, ward: &Ward) -> Result<(), StoreError>;
    /// Changes a ward at `ward.version` and raises it.
    async fn update_ward(&self, ward: &Ward) -> Result<(), StoreError>;
    /// Lets somebody represent a ward. `Duplicate` where they do.
    async fn insert_proxy(&self, proxy: &Proxy) -> Result<(), StoreError>;
    /// Adds an invitation.
    async fn insert_proxy_invitation(&self, invitation: &Invitation) -> Result<(), StoreError>;
    /// Makes an invitation a tie. False where somebody was faster; `Duplicate` where they represent already.
    async fn accept_proxy(
        &self,
        now: DateTime<Utc>,
        invitation: &Invitation,
        proxy: PersonId,
    ) -> Result<bool, StoreError>;
    /// Ends a person's tie to a ward; false where there is none.
    async fn delete_proxy(&self, ward: PersonId, proxy: PersonId) -> Result<bool, StoreError>;
    /// Ends everybody's tie to a ward.
    async fn delete_proxies(&self, ward: PersonId) -> Result<(), StoreError>;
}
