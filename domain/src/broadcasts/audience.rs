//! Whom a broadcast is for: a filter over those who follow the town hall.

use serde::{Deserialize, Serialize};

use crate::{
    Locale, Violation,
    deliveries::Channel,
    error::Code,
    follows::{AgeGroup, FollowRole},
    geo::{Geometry, MultiPolygon},
    ids::{AreaId, SegmentId, TopicId},
    municipalities::street_key,
    text,
    tree::{Check, MAX_ENTRIES, present},
};

/// Segments one node may name.
pub const MAX_SEGMENTS: usize = 20;
/// Points of a polygon that somebody drew.
pub const MAX_POINTS: usize = 1_000;

/// Houses of one street.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AudienceStreet, example = json!({"name": "Muldestraße", "from": 1, "to": 20}))]
pub struct Street {
    /// The street as written on its sign.
    pub name: text::Street,
    /// The lowest house number; all from the beginning where absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 9999)]
    pub from: Option<u16>,
    /// The highest house number; all to the end where absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 9999)]
    pub to: Option<u16>,
}

impl Street {
    /// The name as it is compared.
    pub fn key(&self) -> String {
        street_key(self.name.as_str())
    }

    /// Whether all its houses are meant.
    pub fn is_whole(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }
}

/// A filter as it is written: an object of which exactly one member is set. What somebody did not say of
/// themselves is neither so nor the opposite.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(
    as = Audience,
    min_properties = 1,
    max_properties = 1,
    example = json!({"any": [{"street": {"name": "Muldestraße", "from": 1, "to": 20}}, {"street": {"name": "Am Lauch"}}]})
)]
pub struct AudienceTree {
    /// Every one of these holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion, min_items = 1, max_items = 50)]
    pub all: Option<Vec<AudienceTree>>,
    /// At least one of these holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion, min_items = 1, max_items = 50)]
    pub any: Option<Vec<AudienceTree>>,
    /// This does not hold.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion)]
    pub not: Option<Box<AudienceTree>>,
    /// Everybody who follows the town hall. Only `true`.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub everyone: Option<bool>,
    /// They live in one of these areas.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub area: Option<Vec<AreaId>>,
    /// One of these segments finds them when it is sent. A segment names no segments.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 20)]
    pub segment: Option<Vec<SegmentId>>,
    /// They live in this polygon, border included. 1,000 points at most, and it must not cross itself.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub polygon: Option<Geometry>,
    /// They live in these houses of a street; where all of it is meant, also those who watch it.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub street: Option<Street>,
    /// They chose one of these topics.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub topic: Option<Vec<TopicId>>,
    /// They are of one of these age groups.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 5)]
    pub age_group: Option<Vec<AgeGroup>>,
    /// They live here, or are guests.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub role: Option<FollowRole>,
    /// They chose one of these languages.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 2)]
    pub language: Option<Vec<Locale>>,
    /// They are reached by one of these channels, whatever for.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 4)]
    pub channel: Option<Vec<Channel>>,
}

/// A filter that keeps all bounds.
#[derive(Clone, Debug, PartialEq)]
pub enum Audience {
    /// Every one holds. Never empty.
    All(Vec<Audience>),
    /// At least one holds. Never empty.
    Any(Vec<Audience>),
    /// It does not hold.
    Not(Box<Audience>),
    /// Whoever follows.
    Everyone,
    /// Lives in one of these. Never empty.
    Area(Vec<AreaId>),
    /// Is found by one of these. Never empty.
    Segment(Vec<SegmentId>),
    /// Lives in this polygon.
    Polygon(MultiPolygon),
    /// Lives in these houses.
    Street(Street),
    /// Chose one of these. Never empty.
    Topic(Vec<TopicId>),
    /// Is of one of these. Never empty.
    AgeGroup(Vec<AgeGroup>),
    /// Resident or guest.
    Role(FollowRole),
    /// Chose one of these. Never empty.
    Language(Vec<Locale>),
    /// Is reached by one of these. Never empty.
    Channel(Vec<Channel>),
}

impl Audience {
    /// Checks a tree; `pointer` is where it stands in the request (RFC 6901).
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(tree: &AudienceTree, pointer: &str) -> Result<Self, Vec<Violation>> {
        let mut check = Check::default();
        let read = node(&mut check, tree, pointer, 1);
        check.finish(read)
    }

    /// The areas it names.
    pub fn areas(&self) -> Vec<AreaId> {
        self.named(&|node| if let Self::Area(ids) = node { ids.clone() } else { Vec::new() })
    }

    /// The segments it names.
    pub fn segments(&self) -> Vec<SegmentId> {
        self.named(&|node| if let Self::Segment(ids) = node { ids.clone() } else { Vec::new() })
    }

    /// The topics it names.
    pub fn topics(&self) -> Vec<TopicId> {
        self.named(&|node| if let Self::Topic(ids) = node { ids.clone() } else { Vec::new() })
    }

    fn named<T>(&self, of: &impl Fn(&Self) -> Vec<T>) -> Vec<T> {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().flat_map(|node| node.named(of)).collect(),
            Self::Not(inner) => inner.named(of),
            leaf => of(leaf),
        }
    }
}

fn node(check: &mut Check, tree: &AudienceTree, pointer: &str, depth: usize) -> Option<Audience> {
    check.enter(pointer, depth)?;
    if tree.members() != 1 {
        return check.refuse(pointer, Code::ExactlyOne);
    }
    let at = |member: &str| format!("{pointer}/{member}");
    let inner = |check: &mut Check, tree: &AudienceTree, pointer: &str| node(check, tree, pointer, depth + 1);
    if let Some(all) = &tree.all {
        return check.branches(all, &at("all"), inner).map(Audience::All);
    }
    if let Some(any) = &tree.any {
        return check.branches(any, &at("any"), inner).map(Audience::Any);
    }
    if let Some(not) = &tree.not {
        return inner(check, not, &at("not")).map(|inner| Audience::Not(Box::new(inner)));
    }
    leaf(check, tree, at)
}

fn leaf(check: &mut Check, tree: &AudienceTree, at: impl Fn(&str) -> String) -> Option<Audience> {
    if let Some(everyone) = tree.everyone {
        return if everyone {
            Some(Audience::Everyone)
        } else {
            check.refuse(&at("everyone"), Code::NotAllowed)
        };
    }
    if let Some(ids) = &tree.area {
        return check.entries(ids, &at("area"), MAX_ENTRIES).map(Audience::Area);
    }
    if let Some(ids) = &tree.segment {
        return check.entries(ids, &at("segment"), MAX_SEGMENTS).map(Audience::Segment);
    }
    if let Some(geometry) = &tree.polygon {
        return polygon(check, geometry, &at("polygon"));
    }
    if let Some(houses) = &tree.street {
        return street(check, houses, &at("street"));
    }
    if let Some(ids) = &tree.topic {
        return check.entries(ids, &at("topic"), MAX_ENTRIES).map(Audience::Topic);
    }
    if let Some(groups) = &tree.age_group {
        return check.entries(groups, &at("age_group"), 5).map(Audience::AgeGroup);
    }
    if let Some(locales) = &tree.language {
        return check.entries(locales, &at("language"), 2).map(Audience::Language);
    }
    if let Some(channels) = &tree.channel {
        return check.entries(channels, &at("channel"), 4).map(Audience::Channel);
    }
    tree.role.map(Audience::Role)
}

fn polygon(check: &mut Check, geometry: &Geometry, pointer: &str) -> Option<Audience> {
    match MultiPolygon::parse(geometry) {
        Err(code) => check.refuse(pointer, code),
        Ok(polygon) if polygon.points() > MAX_POINTS => check.refuse(pointer, Code::TooMany),
        Ok(polygon) if !polygon.is_simple() => check.refuse(pointer, Code::GeometryInvalid),
        Ok(polygon) => Some(Audience::Polygon(polygon)),
    }
}

fn street(check: &mut Check, street: &Street, pointer: &str) -> Option<Audience> {
    let numbers = || street.from.iter().chain(&street.to);
    if numbers().any(|number| !(1..=9999).contains(number)) {
        return check.refuse(pointer, Code::OutOfRange);
    }
    match (street.from, street.to) {
        (Some(from), Some(to)) if from > to => check.refuse(pointer, Code::Contradiction),
        _ => Some(Audience::Street(street.clone())),
    }
}

impl AudienceTree {
    fn members(&self) -> usize {
        let set = [
            self.all.is_some(),
            self.any.is_some(),
            self.not.is_some(),
            self.everyone.is_some(),
            self.area.is_some(),
            self.segment.is_some(),
            self.polygon.is_some(),
            self.street.is_some(),
            self.topic.is_some(),
            self.age_group.is_some(),
            self.role.is_some(),
            self.language.is_some(),
            self.channel.is_some(),
        ];
        set.into_iter().filter(|set| *set).count()
    }
}

#[cfg(test)]
#[path = "audience_tests.rs"]
mod tests;
