//! What storage must do for town halls and their register.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Address, Area, Department, House, Municipality, StreetEntry, Topic,
    legal::{LegalFacts, Tester},
};
use crate::{
    StoreError,
    geo::Point,
    ids::{AddressId, AreaId, DepartmentId, MunicipalityId, TesterId, TopicId},
    page::{Page, PageRequest},
    text::{EmailAddress, Slug},
};

/// Reading municipalities, which are installation-wide.
#[async_trait]
pub trait MunicipalityReads: Send + Sync {
    /// The municipality of that name in the API's addresses.
    async fn municipality(&self, slug: &Slug) -> Result<Option<Municipality>, StoreError>;
    /// The municipality.
    async fn municipality_by_id(&self, id: MunicipalityId) -> Result<Option<Municipality>, StoreError>;
    /// Every municipality, also those whose rows cannot be read.
    async fn municipality_ids(&self) -> Result<Vec<MunicipalityId>, StoreError>;
    /// Municipalities by name, those whose name contains `q` where given.
    async fn municipalities(
        &self,
        q: Option<&str>,
        page: &PageRequest,
    ) -> Result<Page<Municipality>, StoreError>;
    /// The municipality whose boundary contains the point; the smallest where several do.
    async fn municipality_at(&self, point: Point) -> Result<Option<Municipality>, StoreError>;
}

/// Writing municipalities.
#[async_trait]
pub trait MunicipalityWrites: Send + Sync {
    /// Adds a municipality. `Duplicate` when the slug is taken.
    async fn insert_municipality(&self, municipality: &Municipality) -> Result<(), StoreError>;
    /// Writes what may change of it and raises its version. `Stale` when it changed since it was read.
    async fn update_municipality(&self, municipality: &Municipality) -> Result<(), StoreError>;
    /// Notes that departments, categories, areas or rules of the municipality in scope changed, so
    /// that nobody goes on with a cached register.
    async fn touch_register(&self) -> Result<(), StoreError>;
}

/// Reading departments.
#[async_trait]
pub trait DepartmentReads: Send + Sync {
    /// The departments by name; the default is among them.
    async fn departments(&self) -> Result<Vec<Department>, StoreError>;
    /// One department.
    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, StoreError>;
    /// The department that gets what no rule places.
    async fn default_department(&self) -> Result<Department, StoreError>;
}

/// Writing departments.
#[async_trait]
pub trait DepartmentWrites: Send + Sync {
    /// Adds a department. `Duplicate` when the name is taken.
    async fn insert_department(&self, now: DateTime<Utc>, department: &Department) -> Result<(), StoreError>;
    /// Changes a department at `department.version` and raises it.
    async fn update_department(&self, department: &Department) -> Result<(), StoreError>;
    /// Removes a department at that version. `Dependent` while something refers to it.
    async fn delete_department(&self, id: DepartmentId, version: i64) -> Result<(), StoreError>;
}

/// Reading areas.
#[async_trait]
pub trait AreaReads: Send + Sync {
    /// The areas by name.
    async fn areas(&self) -> Result<Vec<Area>, StoreError>;
    /// One area.
    async fn area(&self, id: AreaId) -> Result<Option<Area>, StoreError>;
}

/// Writing areas.
#[async_trait]
pub trait AreaWrites: Send + Sync {
    /// Adds an area. `Duplicate` when the code is taken.
    async fn insert_area(&self, now: DateTime<Utc>, area: &Area) -> Result<(), StoreError>;
    /// Changes an area at `area.version` and raises it.
    async fn update_area(&self, area: &Area) -> Result<(), StoreError>;
    /// Removes an area at that version. `Dependent` while addresses lie in it.
    async fn delete_area(&self, id: AreaId, version: i64) -> Result<(), StoreError>;
}

/// Reading the address register.
#[async_trait]
pub trait AddressReads: Send + Sync {
    /// The house, by the folded name of its street.
    async fn address(&self, street_key: &str, house: &House) -> Result<Option<Address>, StoreError>;
    /// The house.
    async fn address_by_id(&self, id: AddressId) -> Result<Option<Address>, StoreError>;
    /// The houses by street and number, of streets whose folded name begins with `street` where given.
    async fn addresses(&self, street: Option<&str>, page: &PageRequest) -> Result<Page<Address>, StoreError>;
    /// The streets by folded name, those whose folded name begins with `prefix`.
    async fn streets(&self, prefix: &str, page: &PageRequest) -> Result<Page<StreetEntry>, StoreError>;
    /// The houses by number, of the street with this folded name.
    async fn houses(&self, street_key: &str, page: &PageRequest) -> Result<Page<Address>, StoreError>;
}

/// Writing the address register.
#[async_trait]
pub trait AddressWrites: Send + Sync {
    /// Adds a house. `Duplicate` when street and number are taken.
    async fn insert_address(&self, now: DateTime<Utc>, address: &Address) -> Result<(), StoreError>;
    /// Adds houses, or replaces those with the same street and number, set-based.
    async fn put_addresses(&self, now: DateTime<Utc>, addresses: &[Address]) -> Result<(), StoreError>;
    /// Changes a house at `address.version` and raises it. `Duplicate` when street and number are taken.
    async fn update_address(&self, address: &Address) -> Result<(), StoreError>;
    /// Removes a house at that version.
    async fn delete_address(&self, id: AddressId, version: i64) -> Result<(), StoreError>;
    /// Removes houses, set-based.
    async fn delete_addresses(&self, ids: &[AddressId]) -> Result<(), StoreError>;
}

/// Reading what the law asks a town hall to say.
#[async_trait]
pub trait LegalReads: Send + Sync {
    /// What it says so far, with the version; nothing at version 0 where it has not begun.
    async fn legal_facts(&self) -> Result<(LegalFacts, i64), StoreError>;
    /// Who may follow before the service starts, by address.
    async fn testers(&self) -> Result<Vec<Tester>, StoreError>;
    /// Whether this address is among them.
    async fn is_tester(&self, email: &EmailAddress) -> Result<bool, StoreError>;
}

/// Writing it.
#[async_trait]
pub trait LegalWrites: Send + Sync {
    /// Writes what it says at this version and raises it. `Stale` when it changed since.
    async fn put_legal_facts(
        &self,
        now: DateTime<Utc>,
        facts: &LegalFacts,
        version: i64,
    ) -> Result<(), StoreError>;
    /// Adds a tester. `Duplicate` when the address is there.
    async fn insert_tester(&self, now: DateTime<Utc>, tester: &Tester) -> Result<(), StoreError>;
    /// Removes one; false where there is none.
    async fn delete_tester(&self, id: TesterId) -> Result<bool, StoreError>;
}

/// Reading topics.
#[async_trait]
pub trait TopicReads: Send + Sync {
    /// The topics in their order, those switched off too.
    async fn topics(&self) -> Result<Vec<Topic>, StoreError>;
    /// One topic.
    async fn topic(&self, id: TopicId) -> Result<Option<Topic>, StoreError>;
}

/// Writing topics.
#[async_trait]
pub trait TopicWrites: Send + Sync {
    /// Adds a topic. `Duplicate` when the code is taken.
    async fn insert_topic(&self, now: DateTime<Utc>, topic: &Topic) -> Result<(), StoreError>;
    /// Changes a topic at `topic.version` and raises it.
    async fn update_topic(&self, topic: &Topic) -> Result<(), StoreError>;
    /// Removes a topic at that version. `Dependent` while somebody chose it.
    async fn delete_topic(&self, id: TopicId, version: i64) -> Result<(), StoreError>;
}
