//! Somebody's place in one town hall.

use crate::{
    ids::{AccountId, DepartmentId, StaffId},
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
    /// Whether they still work here.
    pub active: bool,
    /// Raised by every change.
    pub version: i64,
}
