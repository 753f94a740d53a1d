//! Somebody's place in one town hall.

use chrono::{DateTime, Utc};

use crate::{
    ids::{AccountId, CategoryId, DepartmentId, StaffId},
    staff::Role,
    text::{EmailAddress, Name},
};

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their place in this town hall.
    pub id: StaffId,
    /// The account they sign in with, perhaps in several town halls.
    pub account: AccountId,
    /// Their name, for colleagues only.
    pub name: Name,
    /// The account's address.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// The departments they work in.
    pub departments: Vec<DepartmentId>,
    /// The kinds of complaints they are limited to; all where there are none.
    pub categories: Vec<CategoryId>,
    /// Whether they still work here.
    pub active: bool,
    /// When they were last here, to some minutes.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Raised by every change.
    pub version: i64,
}
