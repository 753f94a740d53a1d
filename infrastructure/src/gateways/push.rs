//! The contract with the app: what stands in `data` on both platforms.

use domain::deliveries::Outgoing;
use serde::Serialize;
use uuid::Uuid;

/// What an app needs to open the right page and to ignore a message it has stored already. Ids
/// only: it passes through Google's and Apple's hands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Data {
    message_id: String,
    kind: String,
    /// The town hall's slug.
    municipality: String,
    /// The thing it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
}

impl Data {
    pub fn new(item: &Outgoing) -> Self {
        Self {
            message_id: item.message.to_string(),
            kind: item.kind.clone(),
            municipality: item.slug.to_string(),
            id: item.subject,
        }
    }
}
