//! What storage must do for municipalities.

use async_trait::async_trait;

/// Reading.
#[async_trait]
pub trait MunicipalityReads: Send + Sync {}

/// Writing.
#[async_trait]
pub trait MunicipalityWrites: Send + Sync {}
