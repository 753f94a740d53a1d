//! A named polygon.

use serde::{Deserialize, Serialize};

use crate::{
    geo::MultiPolygon,
    ids::AreaId,
    text::{Name, Slug},
};

/// What an area is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AreaKind {
    /// A part of the town people say they live in.
    District,
    /// Where somebody is responsible: a gardener's round, a forest ward.
    ServiceArea,
}

/// A district or a service area.
#[derive(Clone, Debug)]
pub struct Area {
    /// Its identifier.
    pub id: AreaId,
    /// A code that never changes, for imports.
    pub code: Slug,
    /// Its name.
    pub name: Name,
    /// What it is for.
    pub kind: AreaKind,
    /// Where it lies.
    pub geometry: MultiPolygon,
    /// Raised by every change.
    pub version: i64,
}
