//! What storage must do for people.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait PeopleReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait PeopleWrites: Send + Sync {}
