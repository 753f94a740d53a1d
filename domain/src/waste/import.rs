//! What a source publishes, compared with what is there.
//!
//! Every line is understood before anything is written. A date that is no longer published is moved to the
//! one that appeared in its place, or cancelled: people who had it hear of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{
    Change, Collection, Column, Fault, HouseRange, Meaning, Reason, Record, Section, Status, Stop, Told,
    Vocabulary, WasteCalendar, WasteType, Window,
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
    /// Collections that were not there before.
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
    /// The days the calendar says everything about now.
    pub covers: Option<Window>,
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
    /// The days the source speaks of; those of its dates where absent.
    pub window: Option<Window>,
}

/// What makes a collection the same one.
#[derive(Clone, PartialEq, Eq, Hash)]
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
    ground: Ground<'_>,
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
    let span = dates.clone().min().zip(dates.max());
    let span = span.map(|(from, until)| Window { from, until }.whole_months());
    let Some(window) = ground.window.or(span) else { return plan };
    let before = ground.calendar.covers;
    plan.covers = Some(before.map_or(window, |before| before.and(window)));

    let mut known: HashMap<Key, Collection> =
        ground.known.into_iter().map(|collection| (Key::of(&collection), collection)).collect();
    let mut fresh = Vec::new();
    for key in published {
        match known.remove(&key) {
            // What staff cancelled or moved stays so: the source only repeats its regular date.
            Some(_) => plan.report.unchanged += 1,
            None => fresh.push(key),
        }
    }
    let vanished = |collection: &Collection| {
        let open = collection.date >= today && collection.takes_place();
        open && window.contains(collection.regular) && collection.status != Status::Added
    };
    let mut vanished: Vec<_> = known.into_values().filter(vanished).collect();
    vanished.sort_by_key(|collection| (collection.regular, collection.id));
    fresh.sort_by_key(|key| (key.regular, key.waste_type));

    let was_covered = |date| before.is_some_and(|before| before.contains(date));
    let mut fresh: Vec<Option<Key>> = fresh.into_iter().map(Some).collect();
    for mut collection in vanished {
        let near = fresh
            .iter_mut()
            .filter(|key| key.as_ref().is_some_and(|key| replaces(key, &collection) && key.regular >= today));
        let nearest = near.min_by_key(|key| {
            key.as_ref().map_or(i64::MAX, |key| (key.regular - collection.regular).num_days().abs())
        });
        let change = match nearest.and_then(Option::take) {
            Some(key) => Change::Move(key.regular, Reason::Source),
            None => Change::Cancel(Reason::Source),
        };
        if let Ok(Some(told)) = collection.change(change, ground.now, today) {
            if let Change::Move(to, _) = change {
                // From now on this is the day the source says.
                collection.regular = to;
                plan.report.moved += 1;
            } else {
                plan.report.cancelled += 1;
            }
            plan.told.push(Told { collection: collection.clone(), ..told });
            plan.put.push(collection);
        }
    }
    for key in fresh.into_iter().flatten() {
        let date = ground.calendar.holidays.shifted(key.regular, ground.town);
        let is_shifted = date != key.regular && key.stop.is_none();
        let date = if is_shifted { date } else { key.regular };
        let extra = was_covered(key.regular) && date >= today;
        let collection = Collection {
            id: CollectionId(id()),
            calendar: ground.calendar.id,
            section: key.section,
            waste_type: key.waste_type,
            regular: key.regular,
            date,
            status: if is_shifted { Status::Moved } else { Status::Planned },
            reason: is_shifted.then_some(Reason::Holiday),
            stop: key.stop,
            sequence: 0,
            changed_at: ground.now,
        };
        plan.report.added += 1;
        if extra {
            plan.told.push(Told { collection: collection.clone(), from: None, to: Some(date) });
        }
        plan.put.push(collection);
    }
    plan
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
