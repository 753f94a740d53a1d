//! What storage must do for staff.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait StaffReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait StaffWrites: Send + Sync {}
