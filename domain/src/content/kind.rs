//! What a piece of content is.

use serde::{Deserialize, Serialize};

/// The kinds of content.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = ContentKind)]
pub enum Kind {
    /// Something new.
    News,
    /// Somewhere to go.
    Place,
    /// A way to walk or ride.
    Tour,
    /// Whom to ask.
    Contact,
    /// Something that takes place.
    Event,
    /// An issue of the official gazette.
    Gazette,
}
