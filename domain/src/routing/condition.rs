//! What a routing rule asks of a complaint.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    clock::{TimeRange, Weekday},
    words,
};
use crate::{
    Violation,
    error::Code,
    ids::{AreaId, CategoryId},
    text::Needle,
    tree::{Check, MAX_ENTRIES, present},
};

/// A condition as it is written: an object of which exactly one member is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(
    min_properties = 1,
    max_properties = 1,
    example = json!({"all": [{"words": ["reifen", "sperrmüll"]}, {"not": {"anonymous": true}}]})
)]
pub struct ConditionTree {
    /// Every one of these holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion, min_items = 1, max_items = 50)]
    pub all: Option<Vec<ConditionTree>>,
    /// At least one of these holds.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion, min_items = 1, max_items = 50)]
    pub any: Option<Vec<ConditionTree>>,
    /// This does not hold. Of something that cannot be decided, the opposite cannot be decided either.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion)]
    pub not: Option<Box<ConditionTree>>,
    /// The category is one of these.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub category: Option<Vec<CategoryId>>,
    /// The place lies in one of these areas, border included. Cannot be decided for a report without
    /// a place on the map.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub area: Option<Vec<AreaId>>,
    /// The text contains one of these. Case, umlauts and punctuation do not matter; inside a word
    /// counts (`reifen` finds "Altreifen") unless the entry stands in double quotes.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub words: Option<Vec<Needle>>,
    /// It is reported on one of these days, in the town's time zone.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 7)]
    pub weekdays: Option<Vec<Weekday>>,
    /// It is reported in this part of the day, in the town's time zone.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub time: Option<TimeRange>,
    /// It is reported on a public holiday of the town's state, or is not.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub holiday: Option<bool>,
    /// It is reported anonymously, or is not.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub anonymous: Option<bool>,
}

/// A condition that keeps all bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every one holds. Never empty.
    All(Vec<Condition>),
    /// At least one holds. Never empty.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The category is one of these. Never empty.
    Category(Vec<CategoryId>),
    /// The place lies in one of these. Never empty.
    Area(Vec<AreaId>),
    /// The text contains one of these. Never empty, each with a letter or digit.
    Words(Vec<Needle>),
    /// Reported on one of these days. Never empty.
    Weekdays(Vec<Weekday>),
    /// Reported in this part of the day.
    Time(TimeRange),
    /// Reported on a public holiday, or not.
    Holiday(bool),
    /// Reported anonymously, or not.
    Anonymous(bool),
}

impl Condition {
    /// Checks a tree; `pointer` is where it stands in the request (RFC 6901), such as `/condition`.
    pub fn parse(tree: &ConditionTree, pointer: &str) -> Result<Self, Vec<Violation>> {
        let mut check = Check::default();
        let read = node(&mut check, tree, pointer, 1);
        check.finish(read)
    }
}

fn node(check: &mut Check, tree: &ConditionTree, pointer: &str, depth: usize) -> Option<Condition> {
    check.enter(pointer, depth)?;
    let inner =
        |check: &mut Check, tree: &ConditionTree, pointer: &str| node(check, tree, pointer, depth + 1);
    match tree {
        ConditionTree { all: Some(all), .. } if tree.is_single() => {
            check.branches(all, &format!("{pointer}/all"), inner).map(Condition::All)
        }
        ConditionTree { any: Some(any), .. } if tree.is_single() => {
            check.branches(any, &format!("{pointer}/any"), inner).map(Condition::Any)
        }
        ConditionTree { not: Some(not), .. } if tree.is_single() => {
            inner(check, not, &format!("{pointer}/not")).map(|inner| Condition::Not(Box::new(inner)))
        }
        ConditionTree { category: Some(ids), .. } if tree.is_single() => {
            check.entries(ids, &format!("{pointer}/category"), MAX_ENTRIES).map(Condition::Category)
        }
        ConditionTree { area: Some(ids), .. } if tree.is_single() => {
            check.entries(ids, &format!("{pointer}/area"), MAX_ENTRIES).map(Condition::Area)
        }
        ConditionTree { words: Some(needles), .. } if tree.is_single() => {
            words_of(check, needles, &format!("{pointer}/words"))
        }
        ConditionTree { weekdays: Some(days), .. } if tree.is_single() => {
            check.entries(days, &format!("{pointer}/weekdays"), 7).map(Condition::Weekdays)
        }
        ConditionTree { time: Some(range), .. } if tree.is_single() => {
            if range.from == range.to {
                return check.refuse(&format!("{pointer}/time"), Code::Contradiction);
            }
            Some(Condition::Time(*range))
        }
        ConditionTree { holiday: Some(is), .. } if tree.is_single() => Some(Condition::Holiday(*is)),
        ConditionTree { anonymous: Some(is), .. } if tree.is_single() => Some(Condition::Anonymous(*is)),
        _ => check.refuse(pointer, Code::ExactlyOne),
    }
}

fn words_of(check: &mut Check, needles: &[Needle], pointer: &str) -> Option<Condition> {
    check.count(needles.len(), pointer, MAX_ENTRIES)?;
    for (i, needle) in needles.iter().enumerate() {
        if words::pattern(needle).is_none() {
            return check.refuse(&format!("{pointer}/{i}"), Code::TooShort);
        }
    }
    Some(Condition::Words(needles.to_vec()))
}

impl ConditionTree {
    /// Whether the category or area with this identity stands anywhere in the tree.
    pub(super) fn names(&self, id: Uuid) -> bool {
        self.category.iter().flatten().any(|category| category.0 == id)
            || self.area.iter().flatten().any(|area| area.0 == id)
            || self.all.iter().chain(&self.any).flatten().any(|inner| inner.names(id))
            || self.not.as_ref().is_some_and(|inner| inner.names(id))
    }

    fn is_single(&self) -> bool {
        let set = [
            self.all.is_some(),
            self.any.is_some(),
            self.not.is_some(),
            self.category.is_some(),
            self.area.is_some(),
            self.words.is_some(),
            self.weekdays.is_some(),
            self.time.is_some(),
            self.holiday.is_some(),
            self.anonymous.is_some(),
        ];
        set.into_iter().filter(|set| *set).count() == 1
    }
}

impl From<&Condition> for ConditionTree {
    fn from(condition: &Condition) -> Self {
        let branches = |inner: &[Condition]| Some(inner.iter().map(Self::from).collect());
        let mut tree = Self::default();
        match condition {
            Condition::All(inner) => tree.all = branches(inner),
            Condition::Any(inner) => tree.any = branches(inner),
            Condition::Not(inner) => tree.not = Some(Box::new(Self::from(inner.as_ref()))),
            Condition::Category(ids) => tree.category = Some(ids.clone()),
            Condition::Area(ids) => tree.area = Some(ids.clone()),
            Condition::Words(needles) => tree.words = Some(needles.clone()),
            Condition::Weekdays(days) => tree.weekdays = Some(days.clone()),
            Condition::Time(range) => tree.time = Some(*range),
            Condition::Holiday(is) => tree.holiday = Some(*is),
            Condition::Anonymous(is) => tree.anonymous = Some(*is),
        }
        tree
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
