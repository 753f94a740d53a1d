//! A town hall's rules, prepared so that ten thousand of them decide in microseconds.
//!
//! Most rules can hold only where one of a few *keys* is at hand: a category, an area, a word. The
//! book files each rule under its keys and tries, in order, only the rules whose keys a complaint
//! has. All others are known not to hold.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;

use super::{
    clock::{TimeRange, Weekday},
    condition::Condition,
    decision::RuleName,
    register::{Register, RegisteredArea, RegisteredCategory},
    rule::{Actions, Defect, DefectKind, Rule},
    words,
};
use crate::{
    geo::Point,
    ids::{AreaId, CategoryId, DepartmentId, RoutingRuleId},
    text::Needle,
    time::TownCalendar,
};

/// The rules of one town hall, ready to decide. Made anew when rules or register change.
#[derive(Debug)]
pub struct RuleBook {
    pub(super) calendar: TownCalendar,
    pub(super) default_department: DepartmentId,
    pub(super) categories: HashMap<CategoryId, RegisteredCategory>,
    pub(super) areas: Vec<RegisteredArea>,
    pub(super) rules: Vec<Prepared>,
    patterns: Vec<String>,
    searcher: Option<AhoCorasick>,
    /// For complaints with a place.
    placed: Filed,
    /// For complaints without one, where no area helps to sort rules out.
    placeless: Filed,
    defects: Vec<(RoutingRuleId, Defect)>,
}

/// A rule whose references are resolved.
#[derive(Debug)]
pub(super) struct Prepared {
    pub name: RuleName,
    pub test: Test,
    pub actions: Actions,
    /// What keeps the condition from being evaluated.
    pub unsure: Option<Defect>,
    /// What keeps the actions from being carried out.
    pub undoable: Option<Defect>,
}

/// A condition whose areas and words are numbered.
#[derive(Debug)]
pub(super) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Category(Vec<CategoryId>),
    Area { numbers: Vec<u32>, some_gone: bool },
    Words(Vec<(u32, Needle)>),
    Weekdays(Vec<Weekday>),
    Time(TimeRange),
    Holiday(bool),
    Anonymous(bool),
    Unreadable,
}

/// Rules by key, as positions in the book in ascending order.
#[derive(Debug, Default)]
struct Filed {
    category: HashMap<CategoryId, Vec<u32>>,
    area: Vec<Vec<u32>>,
    word: Vec<Vec<u32>>,
    /// Without a key.
    always: Vec<u32>,
}

/// Something a complaint has.
#[derive(Clone, Copy, Debug)]
enum Key {
    Area(u32),
    Word(u32),
    Category(CategoryId),
}

impl RuleBook {
    /// Prepares the active rules of a town hall.
    pub fn new(mut rules: Vec<Rule>, register: &Register) -> Self {
        rules.retain(|rule| rule.active);
        rules.sort_by_key(|rule| (rule.position, rule.id));
        let mut numbers =
            Numbers { register, areas: Vec::new(), by_area: HashMap::new(), by_word: HashMap::new() };
        let mut defects = Vec::new();
        let rules: Vec<_> = rules
            .into_iter()
            .map(|rule| {
                let found = register.defects(&rule);
                defects.extend(found.iter().map(|defect| (rule.id, *defect)));
                numbers.prepare(rule, &found)
            })
            .collect();
        let Numbers { areas, by_word, .. } = numbers;
        let mut patterns = vec![String::new(); by_word.len()];
        for (pattern, number) in by_word {
            if let Some(slot) = patterns.get_mut(index(number)) {
                *slot = pattern;
            }
        }
        Self {
            calendar: register.calendar,
            default_department: register.default_department,
            categories: register.categories.clone(),
            placed: Filed::new(&rules, areas.len(), patterns.len(), true),
            placeless: Filed::new(&rules, areas.len(), patterns.len(), false),
            areas,
            rules,
            searcher: AhoCorasick::new(&patterns).ok(),
            patterns,
            defects,
        }
    }

    /// What is wrong with which rule, whether or not a complaint has met it yet: for the town hall to
    /// know. A category out of use is among it, though it keeps no rule from being evaluated, since
    /// no new complaint has it.
    pub fn defects(&self) -> &[(RoutingRuleId, Defect)] {
        &self.defects
    }

    /// The areas that rules name and a point lies in, ascending.
    pub(super) fn areas_at(&self, point: Point) -> Vec<u32> {
        (0..)
            .zip(&self.areas)
            .filter(|(_, area)| area.shape.contains(point))
            .map(|(number, _)| number)
            .collect()
    }

    /// The words that rules name and a text contains, ascending.
    pub(super) fn words_in(&self, text: &str) -> Vec<u32> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        let text = words::fold(text);
        let mut found: Vec<u32> = match &self.searcher {
            Some(searcher) => {
                searcher.find_overlapping_iter(&text).map(|hit| hit.pattern().as_u32()).collect()
            }
            // More words than one search can hold.
            None => (0..).zip(&self.patterns).filter(|(_, p)| text.contains(*p)).map(|(n, _)| n).collect(),
        };
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Positions of the rules worth trying, in order; every other one is known not to hold.
    pub(super) fn candidates(&self, category: CategoryId, areas: Option<&[u32]>, words: &[u32]) -> Vec<u32> {
        let under = if areas.is_some() { &self.placed } else { &self.placeless };
        let areas = areas.unwrap_or_default();
        let mut found = under.always.clone();
        found.extend(under.category.get(&category).into_iter().flatten());
        found.extend(words.iter().filter_map(|word| under.word.get(index(*word))).flatten());
        found.extend(areas.iter().filter_map(|area| under.area.get(index(*area))).flatten());
        // Made of ascending runs, which a stable sort merges.
        found.sort();
        found.dedup();
        found
    }
}

/// Gives areas and words their numbers.
struct Numbers<'a> {
    register: &'a Register,
    areas: Vec<RegisteredArea>,
    by_area: HashMap<AreaId, u32>,
    by_word: HashMap<String, u32>,
}

impl Numbers<'_> {
    fn prepare(&mut self, rule: Rule, defects: &[Defect]) -> Prepared {
        let first = |kinds: [DefectKind; 2]| defects.iter().copied().find(|d| kinds.contains(&d.kind));
        let test = Condition::parse(&rule.condition, "/condition")
            .map_or(Test::Unreadable, |condition| self.test(condition));
        Prepared {
            name: RuleName { id: rule.id, name: rule.name.into_string() },
            test,
            actions: rule.actions,
            unsure: first([DefectKind::Condition, DefectKind::Area]),
            undoable: first([DefectKind::Department, DefectKind::Assignee]),
        }
    }

    fn test(&mut self, condition: Condition) -> Test {
        match condition {
            Condition::All(inner) => Test::All(inner.into_iter().map(|c| self.test(c)).collect()),
            Condition::Any(inner) => Test::Any(inner.into_iter().map(|c| self.test(c)).collect()),
            Condition::Not(inner) => Test::Not(Box::new(self.test(*inner))),
            Condition::Category(ids) => Test::Category(ids),
            Condition::Area(ids) => {
                let numbers: Vec<_> = ids.iter().filter_map(|id| self.area(*id)).collect();
                Test::Area { some_gone: numbers.len() < ids.len(), numbers }
            }
            Condition::Words(needles) => {
                Test::Words(needles.into_iter().filter_map(|needle| self.word(needle)).collect())
            }
            Condition::Weekdays(days) => Test::Weekdays(days),
            Condition::Time(range) => Test::Time(range),
            Condition::Holiday(is) => Test::Holiday(is),
            Condition::Anonymous(is) => Test::Anonymous(is),
        }
    }

    fn area(&mut self, id: AreaId) -> Option<u32> {
        if let Some(number) = self.by_area.get(&id) {
            return Some(*number);
        }
        let area = self.register.areas.get(&id)?;
        let number = u32::try_from(self.areas.len()).ok()?;
        self.areas.push(area.clone());
        self.by_area.insert(id, number);
        Some(number)
    }

    fn word(&mut self, needle: Needle) -> Option<(u32, Needle)> {
        let next = u32::try_from(self.by_word.len()).ok()?;
        let number = *self.by_word.entry(words::pattern(&needle)?).or_insert(next);
        Some((number, needle))
    }
}

impl Filed {
    fn new(rules: &[Prepared], areas: usize, words: usize, placed: bool) -> Self {
        let mut filed =
            Self { area: vec![Vec::new(); areas], word: vec![Vec::new(); words], ..Self::default() };
        for (position, rule) in (0..).zip(rules) {
            match keys(&rule.test, placed) {
                Some(keys) => keys.into_iter().for_each(|key| filed.add(position, key)),
                None => filed.always.push(position),
            }
        }
        filed
    }

    fn add(&mut self, position: u32, key: Key) {
        let file = match key {
            Key::Category(id) => Some(self.category.entry(id).or_default()),
            Key::Word(number) => self.word.get_mut(index(number)),
            Key::Area(number) => self.area.get_mut(index(number)),
        };
        if let Some(file) = file {
            once(file, position);
        }
    }
}

/// Adds a position to an ascending list that may end with it already.
fn once(list: &mut Vec<u32>, position: u32) {
    if list.last() != Some(&position) {
        list.push(position);
    }
}

/// The keys one of which must be at hand for the test not to be plainly false; none where there is
/// no such set.
fn keys(test: &Test, placed: bool) -> Option<Vec<Key>> {
    match test {
        Test::Category(ids) => Some(ids.iter().copied().map(Key::Category).collect()),
        Test::Area { numbers, some_gone: false } if placed => {
            Some(numbers.iter().copied().map(Key::Area).collect())
        }
        Test::Words(needles) => Some(needles.iter().map(|(number, _)| Key::Word(*number)).collect()),
        // One false branch is enough: take the one that is false most often.
        Test::All(inner) => {
            inner.iter().filter_map(|test| keys(test, placed)).min_by_key(|keys| commonness(keys))
        }
        Test::Any(inner) => {
            inner.iter().map(|test| keys(test, placed)).collect::<Option<Vec<_>>>().map(|keys| keys.concat())
        }
        _ => None,
    }
}

/// How often a complaint has one of the keys: a town has many areas, one category fits many reports.
fn commonness(keys: &[Key]) -> u8 {
    let rank = |key: &Key| match key {
        Key::Area(_) => 0,
        Key::Word(_) => 1,
        Key::Category(_) => 2,
    };
    keys.iter().map(rank).max().unwrap_or_default()
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
