//! The people of a broadcast, for whoever knocks at doors.

use chrono::{DateTime, Utc};
use domain::{
    broadcasts::Reached,
    ids::{PersonId, StaffId},
    text::Name,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::seconds;

/// One person a broadcast is for, and how they stand.
#[derive(Serialize, ToSchema)]
pub struct BroadcastPerson {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    person: PersonId,
    /// Their name, where the town hall registered them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<Name>,
    /// Where they live, as they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 200, example = "Muldestraße 7")]
    address: Option<String>,
    /// Their district.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    area: Option<Name>,
    /// `acknowledged`, `delivered`, `not_yet`, `called_back` or `unreachable`.
    #[schema(max_length = 20, example = "not_yet")]
    standing: String,
    /// Why they cannot be reached, or what came of the last try: `cancelled` and `all_clear` say that it was called off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 60, example = "no_channel")]
    reason: Option<String>,
    /// When they acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    acknowledged_at: Option<DateTime<Utc>>,
    /// How: `app`, `voice`, `sms`, `link`, or `staff` where somebody told them in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 20, example = "voice")]
    acknowledged_by: Option<String>,
    /// The member of staff who told them in person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid)]
    informed_by: Option<StaffId>,
    /// When the next channel is tried, or the number is called again that was busy or that nobody picked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_at: Option<DateTime<Utc>>,
}

impl From<Reached> for BroadcastPerson {
    fn from(one: Reached) -> Self {
        Self {
            person: one.person,
            name: one.name,
            address: one.address,
            area: one.area,
            standing: one.standing.to_string(),
            reason: one.reason,
            acknowledged_at: one.acknowledged_at.map(seconds),
            acknowledged_by: one.acknowledged_by,
            informed_by: one.informed_by,
            next_at: one.next_at.map(seconds),
        }
    }
}
