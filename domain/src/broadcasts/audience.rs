//! Whom a broadcast is for: a filter over those who follow the town hall.

use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Locale, Violation,
    deliveries::Channel,
    error::Code,
    follows::{AgeGroup, FollowRole},
    geo::{Geometry, MultiPolygon},
    ids::{AreaId, TopicId},
    municipalities::street_key,
    text,
};

/// Levels of nesting a tree may have.
pub const MAX_DEPTH: usize = 8;
/// Nodes a tree may have.
pub const MAX_NODES: usize = 200;
/// Branches of one `all` or `any`.
pub const MAX_BRANCHES: usize = 50;
/// Entries of one list.
pub const MAX_ENTRIES: usize = 100;
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

/// Reads a member that is there; `null` is not a value of any of them.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
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
        match check.node(tree, pointer, 1) {
            Some(audience) if check.violations.is_empty() => Ok(audience),
            _ => Err(check.violations),
        }
    }

    /// The areas it names.
    pub fn areas(&self) -> Vec<AreaId> {
        self.named(&|node| if let Self::Area(ids) = node { ids.clone() } else { Vec::new() })
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

#[derive(Default)]
struct Check {
    violations: Vec<Violation>,
    nodes: usize,
}

impl Check {
    fn node(&mut self, tree: &AudienceTree, pointer: &str, depth: usize) -> Option<Audience> {
        self.nodes += 1;
        if depth > MAX_DEPTH {
            return self.refuse(pointer, Code::TooDeep);
        }
        if self.nodes > MAX_NODES {
            // Said once: the rest of a huge tree is not worth a list as huge.
            let first = self.nodes == MAX_NODES + 1;
            return if first { self.refuse(pointer, Code::TooMany) } else { None };
        }
        if tree.members() != 1 {
            return self.refuse(pointer, Code::ExactlyOne);
        }
        let at = |member: &str| format!("{pointer}/{member}");
        if let Some(all) = &tree.all {
            return self.branches(all, &at("all"), depth).map(Audience::All);
        }
        if let Some(any) = &tree.any {
            return self.branches(any, &at("any"), depth).map(Audience::Any);
        }
        if let Some(not) = &tree.not {
            return self.node(not, &at("not"), depth + 1).map(|inner| Audience::Not(Box::new(inner)));
        }
        self.leaf(tree, at)
    }

    fn leaf(&mut self, tree: &AudienceTree, at: impl Fn(&str) -> String) -> Option<Audience> {
        if let Some(everyone) = tree.everyone {
            return if everyone {
                Some(Audience::Everyone)
            } else {
                self.refuse(&at("everyone"), Code::NotAllowed)
            };
        }
        if let Some(ids) = &tree.area {
            return self.entries(ids, &at("area"), MAX_ENTRIES).map(Audience::Area);
        }
        if let Some(geometry) = &tree.polygon {
            return self.polygon(geometry, &at("polygon"));
        }
        if let Some(street) = &tree.street {
            return self.street(street, &at("street"));
        }
        if let Some(ids) = &tree.topic {
            return self.entries(ids, &at("topic"), MAX_ENTRIES).map(Audience::Topic);
        }
        if let Some(groups) = &tree.age_group {
            return self.entries(groups, &at("age_group"), 5).map(Audience::AgeGroup);
        }
        if let Some(locales) = &tree.language {
            return self.entries(locales, &at("language"), 2).map(Audience::Language);
        }
        if let Some(channels) = &tree.channel {
            return self.entries(channels, &at("channel"), 4).map(Audience::Channel);
        }
        tree.role.map(Audience::Role)
    }

    fn polygon(&mut self, geometry: &Geometry, pointer: &str) -> Option<Audience> {
        match MultiPolygon::parse(geometry) {
            Err(code) => self.refuse(pointer, code),
            Ok(polygon) if polygon.points() > MAX_POINTS => self.refuse(pointer, Code::TooMany),
            Ok(polygon) if !polygon.is_simple() => self.refuse(pointer, Code::GeometryInvalid),
            Ok(polygon) => Some(Audience::Polygon(polygon)),
        }
    }

    fn street(&mut self, street: &Street, pointer: &str) -> Option<Audience> {
        let numbers = || street.from.iter().chain(&street.to);
        if numbers().any(|number| !(1..=9999).contains(number)) {
            return self.refuse(pointer, Code::OutOfRange);
        }
        match (street.from, street.to) {
            (Some(from), Some(to)) if from > to => self.refuse(pointer, Code::Contradiction),
            _ => Some(Audience::Street(street.clone())),
        }
    }

    fn branches(&mut self, trees: &[AudienceTree], pointer: &str, depth: usize) -> Option<Vec<Audience>> {
        self.count(trees.len(), pointer, MAX_BRANCHES)?;
        let checked: Vec<_> = trees
            .iter()
            .enumerate()
            .map(|(i, tree)| self.node(tree, &format!("{pointer}/{i}"), depth + 1))
            .collect();
        checked.into_iter().collect()
    }

    fn entries<T: Clone>(&mut self, entries: &[T], pointer: &str, max: usize) -> Option<Vec<T>> {
        self.count(entries.len(), pointer, max)?;
        Some(entries.to_vec())
    }

    fn count(&mut self, count: usize, pointer: &str, max: usize) -> Option<()> {
        match count {
            0 => self.refuse(pointer, Code::TooShort),
            count if count > max => self.refuse(pointer, Code::TooMany),
            _ => Some(()),
        }
    }

    fn refuse<T>(&mut self, pointer: &str, code: Code) -> Option<T> {
        self.violations.push(Violation::new(pointer, code));
        None
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
