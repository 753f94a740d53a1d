//! A person's tie to a municipality.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Channels;
use crate::{
    context::Locale,
    geo::Point,
    ids::{AreaId, MunicipalityId, PersonId, TopicId},
    municipalities::House,
    text::Street,
};

/// Municipalities one may follow.
pub const MOST: usize = 20;
/// Streets one may watch in each.
pub const MOST_STREETS: usize = 10;
/// Topics one may choose in each.
pub const MOST_TOPICS: usize = 100;

/// In which role somebody follows.
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
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum FollowRole {
    /// Lives there.
    Resident,
    /// Works there, visits, has relatives there.
    Guest,
}

/// How old somebody is, as coarsely as town halls need it. Never a birth date.
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
pub enum AgeGroup {
    /// Below 18.
    #[serde(rename = "under_18")]
    #[strum(serialize = "under_18")]
    Under18,
    /// 18 to 29.
    #[serde(rename = "18_to_29")]
    #[strum(serialize = "18_to_29")]
    From18,
    /// 30 to 49.
    #[serde(rename = "30_to_49")]
    #[strum(serialize = "30_to_49")]
    From30,
    /// 50 to 64.
    #[serde(rename = "50_to_64")]
    #[strum(serialize = "50_to_64")]
    From50,
    /// 65 and older.
    #[serde(rename = "65_and_over")]
    #[strum(serialize = "65_and_over")]
    From65,
}

/// Where somebody lives, as the address register has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Home {
    /// The street as written on its sign.
    pub street: Street,
    /// The house.
    pub house: House,
    /// The district, where that is known.
    pub area: Option<AreaId>,
    /// Where it stands, where that is known.
    pub point: Option<Point>,
}

/// A tie somebody chose, or one that a ward was asked about.
#[derive(Clone, Debug)]
pub struct Follow {
    /// Whose.
    pub person: PersonId,
    /// To which municipality.
    pub municipality: MunicipalityId,
    /// Resident or guest.
    pub role: FollowRole,
    /// Since when; none while a ward was asked and has not agreed.
    pub chosen_at: Option<DateTime<Utc>>,
    /// The home address.
    pub home: Option<Home>,
    /// How old.
    pub age_group: Option<AgeGroup>,
    /// The language of what comes.
    pub locale: Locale,
    /// What comes by which way; for a ward who has not agreed yet, what was asked.
    pub channels: Channels,
}

/// What somebody is interested in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interests {
    /// Topics.
    pub topics: Vec<TopicId>,
    /// Streets, as written on their signs.
    pub streets: Vec<Street>,
}

impl Follow {
    /// Whether the person agreed to it.
    pub fn agreed(&self) -> bool {
        self.chosen_at.is_some()
    }
}
