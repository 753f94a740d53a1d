//! What a source publishes, compared with what is there.
//!
//! Every line is understood before anything is written. A date that is no longer published is moved to the
//! one that appeared in its place, or cancelled: people who had it hear of it. Kinds of waste that a source
//! does not name stay as they are.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};

use super::{
    Change, Collection, Column, Coverage, Extent, Fault, HouseRange, Meaning, Reason, Record, Section, Spans,
    Status, Stop, Told, Vocabulary, WasteCalendar, WasteType, Window, coverage::Compared,
};
use crate::{
    error::Code,
    ids::{CollectionId, WasteSectionId, WasteTypeId},
    municipalities::street_key,
    time::TownCalendar,
};

/// Collections one source may publish.
pub const MOST_COLLECTIONS: usize = 50_000;
/// Lines that a report names one by one.
pub const FAULTS_KEPT: usize = 1_000;
/// A date that appears within so many days of one that vanished is that one, moved.
const NEAR: i64 = 6;
/// Dates further ahead than this many days are mistakes.
const FURTHEST: u64 = 3 * 366;

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Collections that were not there before, and those that are there again.
    pub added: u64,
    /// Collections on another day now.
    pub moved: u64,
    /// Collections that no longer take place.
    pub cancelled: u64,
    /// Collections that were there just so.
    pub unchanged: u64,
    /// Lines that collect nothing: holidays, days long past, repetitions.
    pub ignored: u64,
    /// Lines that were not taken.
    pub refused: u64,
    /// The first [`FAULTS_KEPT`] of them.
    pub faults: Vec<Fault>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub struct Plan {
    /// New sections.
    pub sections: Vec<Section>,
    /// New and changed collections.
    pub put: Vec<Collection>,
    /// What people are told.
    pub told: Vec<Told>,
    /// The days the calendar says everything about now, by kind of waste.
    pub kinds: Coverage,
    /// What comes of it.
    pub report: Report,
}

/// What a plan is made from.
pub struct Ground<'a> {
    /// The calendar.
    pub calendar: &'a WasteCalendar,
    /// Its sections.
    pub sections: &'a [Section],
    /// Its collections.
    pub known: Vec<Collection>,
    /// The town's kinds of waste.
    pub types: &'a [WasteType],
    /// The town's days.
    pub town: TownCalendar,
    /// The moment.
    pub now: DateTime<Utc>,
    /// The days the source speaks of.
    pub extent: Extent,
}

impl Ground<'_> {
    /// The day a collection is on, which the town may have moved for a holiday.
    fn day(&self, key: &Key) -> NaiveDate {
        if key.stop.is_some() { key.regular } else { self.calendar.holidays.shifted(key.regular, self.town) }
    }

    /// The days that were covered before, by kind of waste.
    fn covered(&self, published: &[Key]) -> Coverage {
        if !self.calendar.kinds.is_empty() {
            return self.calendar.kinds.clone();
        }
        let Some(covers) = self.calendar.covers else { return Coverage::new() };
        let known = self.known.iter().map(|collection| collection.waste_type);
        let kinds = known.chain(published.iter().map(|key| key.waste_type));
        kinds.map(|kind| (kind, [covers].into_iter().collect())).collect()
    }
}

/// What makes a collection the same one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    section: Option<WasteSectionId>,
    waste_type: WasteTypeId,
    regular: NaiveDate,
    stop: Option<Stop>,
}

impl Key {
    fn of(collection: &Collection) -> Self {
        let Collection { section, waste_type, regular, stop, .. } = collection;
        Self { section: *section, waste_type: *waste_type, regular: *regular, stop: stop.clone() }
    }
}

/// Compares what a source publishes with what is there. `id` makes identifiers.
pub fn plan(
    mut ground: Ground<'_>,
    records: Vec<Result<Record, Fault>>,
    mut id: impl FnMut() -> uuid::Uuid,
) -> Plan {
    let mut plan = Plan::default();
    let today = ground.town.date(ground.now);
    let published = understood(&ground, records, today, &mut plan, &mut id);
    if plan.report.refused > 0 {
        return plan;
    }
    let dates = published.iter().map(|key| key.regular);
    let Some((from, until)) = dates.clone().min().zip(dates.max()) else { return plan };
    let before = ground.covered(&published);
    let final_on = heard(&ground, &published, &before, Window { from, until }.whole_months(), &mut plan);

    let known = std::mem::take(&mut ground.known);
    let mut known: HashMap<Key, Collection> =
        known.into_iter().map(|collection| (Key::of(&collection), collection)).collect();
    let mut fresh = Vec::new();
    for key in published {
        match known.remove(&key) {
            Some(collection) => repeated(&ground, &key, collection, &mut plan),
            None => fresh.push(key),
        }
    }
    let vanished = |collection: &Collection| {
        let open = collection.date >= today && collection.takes_place();
        let is_final = final_on.get(&collection.waste_type).is_some_and(|on| on.contains(collection.regular));
        open && is_final && collection.status != Status::Added
    };
    let mut vanished: Vec<_> = known.into_values().filter(vanished).collect();
    vanished.sort_by_key(|collection| (collection.regular, collection.id));
    fresh.sort_by_key(|key| (key.regular, key.waste_type));

    let mut fresh: Vec<Option<Key>> = fresh.into_iter().map(Some).collect();
    for mut collection in vanished {
        let near = fresh.iter_mut().filter(|key| {
            key.as_ref().is_some_and(|key| replaces(key, &collection) && ground.day(key) >= today)
        });
        let nearest = near.min_by_key(|key| {
            key.as_ref().map_or(i64::MAX, |key| (key.regular - collection.regular).num_days().abs())
        });
        let (changed, count) = match nearest.and_then(Option::take) {
            Some(key) => {
                let day = ground.day(&key);
                (collection.follow(key.regular, day, ground.now, today), &mut plan.report.moved)
            }
            None => {
                let cancel = Change::Cancel(Reason::Source);
                (collection.change(cancel, ground.now, today), &mut plan.report.cancelled)
            }
        };
        match changed {
            Ok(Some(told)) => {
                *count += 1;
                plan.told.push(told);
            }
            // On that day it was already, for a holiday: now the source says so itself.
            Ok(None) => plan.report.unchanged += 1,
            Err(_) => continue,
        }
        plan.put.push(collection);
    }
    for key in fresh.into_iter().flatten() {
        let date = ground.day(&key);
        let is_shifted = date != key.regular;
        let was_covered = before.get(&key.waste_type).is_some_and(|days| days.contains(key.regular));
        let collection = Collection {
            id: CollectionId(id()),
            calendar: ground.calendar.id,
            section: key.section,
            waste_type: key.waste_type,
            regular: key.regular,
            date,
            before: None,
            status: if is_shifted { Status::Moved } else { Status::Planned },
            reason: is_shifted.then_some(Reason::Holiday),
            stop: key.stop,
            sequence: 0,
            changed_at: ground.now,
        };
        plan.report.added += 1;
        if was_covered && date >= today {
            plan.told.push(Told { collection: collection.clone(), from: None, to: Some(date) });
        }
        plan.put.push(collection);
    }
    plan
}

/// Takes down which days are covered now. Answers, for each kind the source names, the days on which a date that
/// it does not name is no more.
fn heard(
    ground: &Ground<'_>,
    published: &[Key],
    before: &Coverage,
    all: Window,
    plan: &mut Plan,
) -> HashMap<WasteTypeId, Spans> {
    let today = ground.town.date(ground.now);
    let mut compared: HashMap<WasteTypeId, Compared> = HashMap::new();
    for key in published {
        compared.entry(key.waste_type).or_default().named.insert(key.regular);
    }
    let named: HashSet<&Key> = published.iter().collect();
    for collection in ground.known.iter().filter(|collection| collection.status != Status::Added) {
        let Some(compared) = compared.get_mut(&collection.waste_type) else { continue };
        let (known, again) = compared.known.entry(collection.regular.year()).or_default();
        *known += 1;
        *again += usize::from(named.contains(&Key::of(collection)));
    }
    plan.kinds = before.clone();
    if let Extent::Asked(window) = ground.extent {
        // Of what it no longer speaks nothing is certain any more.
        let from = window.from.max(today);
        plan.kinds.values_mut().for_each(|days| days.remove(Window { from, ..window }));
    }
    let mut final_on = HashMap::new();
    for (kind, compared) in compared {
        let before = before.get(&kind).cloned().unwrap_or_default();
        let word = compared.word(ground.extent, &before, all, today);
        plan.kinds.entry(kind).or_default().add(word.covers);
        final_on.insert(kind, word.is_final_on);
    }
    // What nothing was said about for a year is no longer collected.
    let long_ago = today.checked_sub_months(Months::new(12)).unwrap_or(today);
    plan.kinds.retain(|_, days| days.hull().is_none_or(|hull| hull.until >= long_ago));
    final_on
}

/// What staff cancelled or moved stays so: the source only repeats its regular date. What the source itself had
/// left out is there again.
fn repeated(ground: &Ground<'_>, key: &Key, mut collection: Collection, plan: &mut Plan) {
    let today = ground.town.date(ground.now);
    let back = Change::Move(ground.day(key), Reason::Holiday);
    let back = if collection.was_dropped() { collection.change(back, ground.now, today) } else { Ok(None) };
    if let Ok(Some(told)) = back {
        plan.report.added += 1;
        plan.told.push(told);
        plan.put.push(collection);
    } else {
        plan.report.unchanged += 1;
    }
}

/// Whether what appeared stands in the place of what vanished.
fn replaces(key: &Key, collection: &Collection) -> bool {
    key.section == collection.section
        && key.waste_type == collection.waste_type
        && key.stop == collection.stop
        && (key.regular - collection.regular).num_days().abs() <= NEAR
}

/// The lines as collections, each once, with the sections they name; what is wrong goes into the report.
fn understood(
    ground: &Ground<'_>,
    records: Vec<Result<Record, Fault>>,
    today: NaiveDate,
    plan: &mut Plan,
    id: &mut impl FnMut() -> uuid::Uuid,
) -> Vec<Key> {
    let words = Vocabulary::of(ground.types);
    let name = |section: &Section| (street_key(section.street.as_str()), section.houses.clone());
    let named = ground.sections.iter().filter(|section| section.named);
    let mut sections: BTreeMap<(String, HouseRange), WasteSectionId> =
        named.map(|section| (name(section), section.id)).collect();
    let furthest = today.checked_add_days(Days::new(FURTHEST)).unwrap_or(NaiveDate::MAX);
    let oldest = today.checked_sub_days(Days::new(FURTHEST)).unwrap_or(NaiveDate::MIN);
    let (mut seen, mut published) = (HashSet::new(), Vec::new());
    for record in records {
        let read = record.and_then(|record| {
            let fault = |column, code| Fault { line: record.line, column, code };
            if record.date > furthest {
                return Err(fault(Column::Date, Code::OutOfRange));
            }
            match words.meaning(&record.waste) {
                Meaning::Waste(kinds) => Ok((record, kinds)),
                Meaning::Holiday => Ok((record, Default::default())),
                Meaning::Unknown => Err(fault(Column::Waste, Code::WasteUnknown)),
            }
        });
        let (record, kinds) = match read {
            Ok(read) => read,
            Err(fault) => {
                plan.report.refused += 1;
                if plan.report.faults.len() < FAULTS_KEPT {
                    plan.report.faults.push(fault);
                }
                continue;
            }
        };
        if kinds.is_empty() || record.date < oldest {
            plan.report.ignored += 1;
            continue;
        }
        let section = record.section.map(|(street, houses)| {
            let key = (street_key(street.as_str()), houses.clone());
            *sections.entry(key).or_insert_with(|| {
                let made = WasteSectionId(id());
                let calendar = ground.calendar.id;
                plan.sections.push(Section { id: made, calendar, street, houses, named: true });
                made
            })
        });
        for waste_type in kinds {
            let key = Key { section, waste_type, regular: record.date, stop: record.stop.clone() };
            if seen.insert(key.clone()) {
                published.push(key);
            } else {
                plan.report.ignored += 1;
            }
        }
    }
    published
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
