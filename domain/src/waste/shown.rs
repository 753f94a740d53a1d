//! What an address is answered: collections that are certain, and gaps where nothing is.

use chrono::{DateTime, Utc};

use super::{Collection, Freshness, Section, WasteCalendar, Window};
use crate::{ids::WasteTypeId, municipalities::House};

/// Why nothing is shown for some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum GapReason {
    /// No calendar is for this address.
    NoCalendar,
    /// The source has not published dates for these days.
    NotPublished,
    /// The source could not be asked for too long, or has never answered: its dates may have moved.
    Stale,
}

/// Days about which nothing certain is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The days.
    pub window: Window,
    /// Why.
    pub reason: GapReason,
    /// Whose dates are missing; none where no calendar is for the address.
    pub calendar: Option<WasteCalendar>,
    /// Of which kind of waste; none where it is all that the calendar has.
    pub waste_type: Option<WasteTypeId>,
}

/// A collection of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The collection.
    pub collection: Collection,
    /// When its source was last read.
    pub as_of: Option<DateTime<Utc>>,
}

/// What is known about an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// By day. Cancelled ones are among them.
    pub collections: Vec<Shown>,
    /// By day.
    pub gaps: Vec<Gap>,
}

/// The calendars that are for an address. `sections` are those of its street.
pub fn calendars_of<'a>(
    calendars: &'a [WasteCalendar],
    sections: &[Section],
    (key, house): (&str, Option<&House>),
) -> Vec<&'a WasteCalendar> {
    calendars.iter().filter(|calendar| is_of(calendar, sections, (key, house))).collect()
}

/// Whether a calendar is for an address. `sections` are those of its street.
pub fn is_of(calendar: &WasteCalendar, sections: &[Section], (key, house): (&str, Option<&House>)) -> bool {
    let mut own = sections.iter().filter(|section| section.calendar == calendar.id);
    calendar.whole_town || own.any(|section| section.contains(key, house))
}

/// Whether a collection of a calendar that is for the address is for it as well.
pub fn is_for(
    collection: &Collection,
    calendar: &WasteCalendar,
    sections: &[Section],
    (key, house): (&str, Option<&House>),
) -> bool {
    let mut own = sections.iter().filter(|section| section.calendar == calendar.id);
    match collection.section {
        Some(id) => own.any(|section| section.id == id && section.contains(key, house)),
        None => calendar.whole_town || own.any(|section| !section.named && section.contains(key, house)),
    }
}

/// What is certain about an address in a window, and what is not. `collections` are those of its calendars.
pub fn answer(
    calendars: &[WasteCalendar],
    sections: &[Section],
    collections: Vec<Collection>,
    (key, house): (&str, Option<&House>),
    window: Window,
    now: DateTime<Utc>,
) -> Answer {
    let here = calendars_of(calendars, sections, (key, house));
    let mut answer = Answer::default();
    if here.is_empty() {
        answer.gaps.push(Gap { window, reason: GapReason::NoCalendar, calendar: None, waste_type: None });
        return answer;
    }
    for calendar in &here {
        let (reason, missing) = match calendar.freshness(now) {
            Freshness::Stale => (GapReason::Stale, vec![(window, None)]),
            Freshness::Empty => (GapReason::NotPublished, vec![(window, None)]),
            Freshness::Fresh => (GapReason::NotPublished, calendar.missing(window)),
        };
        answer.gaps.extend(missing.into_iter().map(|(window, waste_type)| {
            let calendar = Some((*calendar).clone());
            Gap { window, reason, calendar, waste_type }
        }));
    }
    for collection in collections {
        let Some(calendar) = here.iter().find(|calendar| calendar.id == collection.calendar) else {
            continue;
        };
        let certain = calendar.freshness(now) == Freshness::Fresh && calendar.is_sure_of(&collection);
        if certain
            && window.contains(collection.date)
            && is_for(&collection, calendar, sections, (key, house))
        {
            answer.collections.push(Shown { collection, as_of: calendar.refreshed_at });
        }
    }
    answer
        .collections
        .sort_by_key(|shown| (shown.collection.date, shown.collection.waste_type, shown.collection.id));
    answer.gaps.sort_by_key(|gap| (gap.window.from, gap.reason, gap.waste_type));
    answer
}

#[cfg(test)]
#[path = "shown_tests.rs"]
mod tests;
