//! What storage must do for the audit log.

use async_trait::async_trait;

use super::Entry;
use crate::StoreError;

/// Writing.
#[async_trait]
pub trait AuditWrites: Send + Sync {
    /// Adds an entry, which waits for its seal.
    async fn insert_audit_entry(&self, entry: &Entry) -> Result<(), StoreError>;
}
