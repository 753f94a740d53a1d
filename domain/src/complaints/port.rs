//! What storage must do for complaints.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Complaint, Photo, Status, Step};
use crate::{
    StoreError,
    geo::{Bounds, Point},
    ids::{CategoryId, ComplaintId, DepartmentId, PersonId, PhotoId, StaffId},
    page::{Page, PageRequest},
};

/// Which complaints a desk wants to see. Empty lists and absent values filter nothing.
#[derive(Clone, Debug, Default)]
pub struct InboxFilter {
    /// Only of these departments: what the member of staff may see.
    pub visible: Option<Vec<DepartmentId>>,
    /// Only of these kinds: what the member of staff is limited to.
    pub visible_categories: Vec<CategoryId>,
    /// Only of this department.
    pub department: Option<DepartmentId>,
    /// Only in one of these states.
    pub statuses: Vec<Status>,
    /// Only of this kind.
    pub category: Option<CategoryId>,
    /// Only with this member of staff.
    pub assignee: Option<StaffId>,
    /// Only those whose next promise passed before this moment.
    pub overdue_at: Option<DateTime<Utc>>,
    /// Only those whose reference, description or address contains this text.
    pub q: Option<String>,
}

/// Which complaints the public list shows.
#[derive(Clone, Debug, Default)]
pub struct PublicFilter {
    /// Only of these kinds: those the town hall made public.
    pub categories: Vec<CategoryId>,
    /// Only in one of these states.
    pub statuses: Vec<Status>,
    /// Only those whose public place ([`Complaint::public_point`]) lies in this rectangle.
    pub within: Option<Bounds>,
}

/// Reading. Lists come newest first.
#[async_trait]
pub trait ComplaintReads: Send + Sync {
    /// One complaint.
    async fn complaint(&self, id: ComplaintId) -> Result<Option<Complaint>, StoreError>;
    /// Complaints of a desk.
    async fn inbox(&self, filter: &InboxFilter, page: &PageRequest) -> Result<Page<Complaint>, StoreError>;
    /// Complaints one person reported here.
    async fn reported_by(&self, person: PersonId, page: &PageRequest) -> Result<Page<Complaint>, StoreError>;
    /// Complaints everybody may see something of.
    async fn public_complaints(
        &self,
        filter: &PublicFilter,
        page: &PageRequest,
    ) -> Result<Page<Complaint>, StoreError>;
    /// Open complaints of a kind whose public place ([`Complaint::public_point`]) is within `radius_m`
    /// metres, at most `limit`, nearest first.
    async fn nearby(
        &self,
        category: CategoryId,
        point: Point,
        radius_m: u32,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError>;
    /// How many complaints a person filed here since a moment.
    async fn filed_since(&self, person: PersonId, since: DateTime<Utc>) -> Result<u64, StoreError>;
    /// The history, oldest first.
    async fn steps(&self, complaint: ComplaintId) -> Result<Vec<Step>, StoreError>;
    /// The photos in their order.
    async fn photos(&self, complaint: ComplaintId) -> Result<Vec<Photo>, StoreError>;
    /// One photo.
    async fn photo(&self, id: PhotoId) -> Result<Option<Photo>, StoreError>;
    /// How many people said that it concerns them too.
    async fn supporters(&self, complaint: ComplaintId) -> Result<u64, StoreError>;

    /// Complaints whose next promise ([`Complaint::next_due`]) falls between two moments and of which
    /// the desk has not been reminded.
    async fn unreminded(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError>;
    /// Complaints whose next promise fell before a moment and of which the lead has not been told.
    async fn untold(&self, before: DateTime<Utc>, limit: u64) -> Result<Vec<Complaint>, StoreError>;
    /// Complaints settled before a moment and not closed yet.
    async fn settled_before(&self, moment: DateTime<Utc>, limit: u64) -> Result<Vec<Complaint>, StoreError>;
    /// Reports that nobody confirmed before a moment.
    async fn unconfirmed_before(
        &self,
        moment: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<Complaint>, StoreError>;
    /// Duplicates that wait for their original's end.
    async fn duplicates_of(&self, original: ComplaintId) -> Result<Vec<Complaint>, StoreError>;
    /// Photos sent before a moment that no complaint wanted.
    async fn unattached_before(&self, moment: DateTime<Utc>, limit: u64) -> Result<Vec<Photo>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait ComplaintWrites: Send + Sync {
    /// The next number of a year, from 1. None is given twice; what is rolled back may leave a gap.
    async fn next_number(&self, year: u16) -> Result<u32, StoreError>;
    /// A complaint, held for this transaction: others who want to change it wait for its end.
    async fn hold_complaint(&self, id: ComplaintId) -> Result<Option<Complaint>, StoreError>;
    /// Adds a complaint. `Duplicate` when the id is taken.
    async fn insert_complaint(&self, complaint: &Complaint) -> Result<(), StoreError>;
    /// Writes what may change of it and raises its version. `Stale` when it changed since it was read.
    async fn update_complaint(&self, complaint: &Complaint) -> Result<(), StoreError>;
    /// Removes a report that was never confirmed, with its history and the rows of its photos.
    async fn delete_complaint(&self, id: ComplaintId) -> Result<(), StoreError>;
    /// Adds to the history.
    async fn insert_step(&self, step: &Step) -> Result<(), StoreError>;
    /// Adds several steps to the history at once.
    async fn insert_steps(&self, steps: &[Step]) -> Result<(), StoreError>;
    /// Adds a photo. `Duplicate` when the id is taken.
    async fn insert_photo(&self, photo: &Photo) -> Result<(), StoreError>;
    /// How many of these photos are unattached and of this sender.
    async fn attachable(&self, photos: &[PhotoId], sender: &str) -> Result<u64, StoreError>;
    /// Gives unattached photos of this sender to a complaint, in this order, and forgets the sender.
    /// Says how many there were.
    async fn attach_photos(
        &self,
        complaint: ComplaintId,
        photos: &[PhotoId],
        sender: &str,
    ) -> Result<u64, StoreError>;
    /// Makes a photo public, or private again.
    async fn release_photo(&self, id: PhotoId, at: Option<DateTime<Utc>>) -> Result<(), StoreError>;
    /// Removes the row of an unattached photo. `Stale` when it is attached or gone.
    async fn delete_photo(&self, id: PhotoId) -> Result<(), StoreError>;
    /// Notes that a person is concerned too; says whether that was new.
    async fn support(
        &self,
        complaint: ComplaintId,
        person: PersonId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;
}
