//! What storage must do for staff.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Member, SecondFactor};
use crate::{
    StoreError,
    ids::{AccountId, StaffId},
};

/// Reading.
#[async_trait]
pub trait StaffReads: Send + Sync {
    /// The staff by name.
    async fn staff(&self) -> Result<Vec<Member>, StoreError>;
    /// One member.
    async fn member(&self, id: StaffId) -> Result<Option<Member>, StoreError>;
    /// The member an account is in the municipality in scope.
    async fn member_of_account(&self, account: AccountId) -> Result<Option<Member>, StoreError>;
}

/// Writing.
#[async_trait]
pub trait StaffWrites: Send + Sync {
    /// Adds a member. `Duplicate` when the account works here already.
    async fn insert_member(&self, now: DateTime<Utc>, member: &Member) -> Result<(), StoreError>;
    /// Changes name, role, departments, categories or activity at `member.version` and raises it.
    async fn update_member(&self, member: &Member) -> Result<(), StoreError>;
    /// Notes that a member was here. The version stays.
    async fn note_member_use(&self, now: DateTime<Utc>, id: StaffId) -> Result<(), StoreError>;
    /// Whether an account works in another town hall than the one in scope.
    async fn works_elsewhere(&self, account: AccountId) -> Result<bool, StoreError>;
    /// Removes a member at that version. `Dependent` while a complaint names them.
    async fn delete_member(&self, id: StaffId, version: i64) -> Result<(), StoreError>;
}

/// Reading second factors.
#[async_trait]
pub trait SecondFactorReads: Send + Sync {
    /// The second factor of an account, confirmed or not.
    async fn second_factor(&self, account: AccountId) -> Result<Option<SecondFactor>, StoreError>;
}

/// Writing second factors.
#[async_trait]
pub trait SecondFactorWrites: Send + Sync {
    /// Adds a factor. `Duplicate` where the account has one.
    async fn insert_second_factor(&self, factor: &SecondFactor) -> Result<(), StoreError>;
    /// Changes a factor at `factor.version` and raises it.
    async fn update_second_factor(&self, factor: &SecondFactor) -> Result<(), StoreError>;
    /// Removes the factor of an account.
    async fn delete_second_factor(&self, account: AccountId) -> Result<(), StoreError>;
}
