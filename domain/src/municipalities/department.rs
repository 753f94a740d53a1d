//! A desk in the town hall.

use crate::{
    ids::DepartmentId,
    text::{EmailAddress, Name},
};

/// A desk complaints are routed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// Its identifier.
    pub id: DepartmentId,
    /// Its name.
    pub name: Name,
    /// Where its mail goes; without one its staff see complaints in the inbox only.
    pub email: Option<EmailAddress>,
    /// Who is told when a promise passes.
    pub lead_email: Option<EmailAddress>,
    /// Gets what no rule places. Exactly one per municipality, and it cannot be deleted.
    pub is_default: bool,
    /// Raised by every change.
    pub version: i64,
}
