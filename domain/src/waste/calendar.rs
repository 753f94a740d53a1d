//! Kinds of waste, and the calendars that say when they are collected.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Collection, Coverage, HolidayRule, HouseRange, Spans, Status};
use crate::{
    Violation,
    categories::Names,
    error::Code,
    ids::{WasteCalendarId, WasteSectionId, WasteTypeId},
    municipalities::{House, street_key},
    text::{Line, Name, Slug, Street, WebAddress},
};

/// A kind of waste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasteType {
    /// Its identifier.
    pub id: WasteTypeId,
    /// What apps send. Never changes.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// What sources call it, besides its own names: `Restmüll`, `Hausmüll 2-wöchentlich`.
    pub words: Vec<Line>,
    /// Its place in lists.
    pub position: i32,
    /// Raised by every change.
    pub version: i64,
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Window {
    /// The first.
    pub from: NaiveDate,
    /// The last.
    pub until: NaiveDate,
}

impl Window {
    /// Whether the day is among them.
    pub fn contains(self, date: NaiveDate) -> bool {
        (self.from..=self.until).contains(&date)
    }

    /// The whole months around both ends: who publishes the dates of a month says that there are no others.
    #[must_use]
    pub fn whole_months(self) -> Self {
        let from = self.from.with_day(1).unwrap_or(self.from);
        let next = self.until.with_day(1).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
        Self { from, until: next.and_then(|next| next.pred_opt()).unwrap_or(self.until) }
    }

    /// All days of a year; none for a year that no calendar has.
    pub fn year(year: i32) -> Option<Self> {
        let day = |month, day| NaiveDate::from_ymd_opt(year, month, day);
        day(1, 1).zip(day(12, 31)).map(|(from, until)| Self { from, until })
    }

    /// The days of both.
    #[must_use]
    pub fn common(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), until: self.until.min(other.until) };
        (both.from <= both.until).then_some(both)
    }
}

/// Where a calendar's dates come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Origin {
    /// Files that staff hand in: ICS or CSV.
    File,
    /// The service abfall.io, asked once a day.
    AbfallIo(AbfallIo),
}

/// How to ask abfall.io, version 3.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbfallIo {
    /// The operator's public key, as it stands in the address of its calendar page.
    pub key: Slug,
    /// The house whose dates they are, by abfall.io's own number.
    pub house: Slug,
    /// The operator's website, which some operators' keys are bound to.
    pub website: Option<WebAddress>,
}

/// Whether a calendar's dates can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Freshness {
    /// As its source publishes it.
    Fresh,
    /// Its source could not be asked for too long, or has never answered: dates may have moved since.
    Stale,
    /// Nothing was imported yet.
    Empty,
}

/// Why a source gave no dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason.
    pub code: Code,
    /// The first lines that were wrong, each with its pointer `/line/column`.
    pub faults: Vec<Violation>,
}

/// A calendar: what one source publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasteCalendar {
    /// Its identifier.
    pub id: WasteCalendarId,
    /// What staff call it: `Tour 3`, `Leipziger Straße`.
    pub name: Name,
    /// Where its dates come from.
    pub origin: Origin,
    /// What happens to collections in a week with a public holiday. Sources that publish final dates need
    /// none.
    pub holidays: HolidayRule,
    /// Whether it is for every address of the town.
    pub whole_town: bool,
    /// Days after which a source that could not be asked is no longer relied on.
    pub stale_after_days: u16,
    /// From the first to the last day it says everything about.
    pub covers: Option<Window>,
    /// Which of them, by kind of waste. Empty where kinds were not told apart yet: all of them.
    pub kinds: Coverage,
    /// When its source was last read.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// When its source was last asked in vain, and has not answered since.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why.
    pub failure: Option<Failure>,
    /// Raised by every change of its settings.
    pub version: i64,
}

impl WasteCalendar {
    /// Whether its dates can be relied on. A file stays true until another comes; a service that is asked
    /// must answer.
    pub fn freshness(&self, now: DateTime<Utc>) -> Freshness {
        match (&self.origin, self.refreshed_at) {
            (Origin::AbfallIo(_), None) if self.failed_at.is_some() => Freshness::Stale,
            (_, None) => Freshness::Empty,
            (Origin::AbfallIo(_), Some(_)) if self.stale_from().is_some_and(|from| now > from) => {
                Freshness::Stale
            }
            (Origin::AbfallIo(_) | Origin::File, Some(_)) => Freshness::Fresh,
        }
    }

    /// Until when its dates can be relied on where its source is not read again.
    pub fn stale_from(&self) -> Option<DateTime<Utc>> {
        self.refreshed_at.map(|read| read + TimeDelta::days(self.stale_after_days.into()))
    }

    /// The days it says everything about a kind of waste.
    pub fn covered(&self, kind: WasteTypeId) -> Spans {
        match self.kinds.get(&kind) {
            Some(spans) => spans.clone(),
            None if self.kinds.is_empty() => self.covers.into_iter().collect(),
            None => Spans::default(),
        }
    }

    /// Whether one of its collections is certain, as long as the calendar is fresh: the source still speaks of
    /// its day, or staff added it.
    pub fn is_sure_of(&self, collection: &Collection) -> bool {
        collection.status == Status::Added || self.covered(collection.waste_type).contains(collection.regular)
    }

    /// What of a window it does not cover, by day: of one kind of waste, or of all it has.
    pub fn missing(&self, window: Window) -> Vec<(Window, Option<WasteTypeId>)> {
        if self.kinds.is_empty() {
            let covered: Spans = self.covers.into_iter().collect();
            return covered.missing(window).into_iter().map(|part| (part, None)).collect();
        }
        let mut parts: BTreeMap<Window, Vec<WasteTypeId>> = BTreeMap::new();
        for (kind, covered) in &self.kinds {
            for part in covered.missing(window) {
                parts.entry(part).or_default().push(*kind);
            }
        }
        let of_kinds = |(part, kinds): (Window, Vec<WasteTypeId>)| {
            let all = kinds.len() == self.kinds.len();
            let kinds = if all { vec![None] } else { kinds.into_iter().map(Some).collect() };
            kinds.into_iter().map(move |kind| (part, kind))
        };
        parts.into_iter().flat_map(of_kinds).collect()
    }

    /// Since which day on without a break nothing is known, up to `day`, with the kinds of waste that are missing
    /// since then: of `only` or of all it has, none named where it is all of them.
    pub fn unknown(
        &self,
        day: NaiveDate,
        only: Option<WasteTypeId>,
    ) -> BTreeMap<NaiveDate, Vec<WasteTypeId>> {
        let until_then = Window { from: NaiveDate::default(), until: day };
        let since = |covered: Spans| {
            let last = covered.missing(until_then).pop();
            last.filter(|missing| missing.until == day).map(|missing| missing.from)
        };
        if self.kinds.is_empty() {
            let covered = self.covers.into_iter().collect();
            return since(covered).map(|since| (since, Vec::new())).into_iter().collect();
        }
        let mut unknown: BTreeMap<NaiveDate, Vec<WasteTypeId>> = BTreeMap::new();
        for kind in self.kinds.keys().filter(|kind| only.is_none_or(|only| only == **kind)) {
            if let Some(since) = since(self.covered(*kind)) {
                unknown.entry(since).or_default().push(*kind);
            }
        }
        unknown.values_mut().filter(|kinds| kinds.len() == self.kinds.len()).for_each(Vec::clear);
        unknown
    }
}

/// Houses of a street that a calendar is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its identifier.
    pub id: WasteSectionId,
    /// The calendar.
    pub calendar: WasteCalendarId,
    /// The street as written on its sign.
    pub street: Street,
    /// Which of its houses.
    pub houses: HouseRange,
    /// Whether only collections that name this section are for it: a file with streets on its lines made it.
    pub named: bool,
}

impl Section {
    /// Whether the address lies in it. Without a house, only a section that is the whole street does.
    pub fn contains(&self, key: &str, house: Option<&House>) -> bool {
        street_key(self.street.as_str()) == key
            && house.map_or_else(|| self.houses.is_whole(), |house| self.houses.contains(house))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn window(from: &str, until: &str) -> Window {
        Window { from: date(from), until: date(until) }
    }

    #[test]
    fn kinds_are_missed_one_by_one_or_all_together() {
        let [residual, paper] = [1, 2].map(|number| WasteTypeId(uuid::Uuid::from_u128(number)));
        let mut it = calendar();
        let asked = window("2026-06-01", "2027-01-31");
        assert_eq!(it.missing(asked), [(asked, None)]);
        let year = window("2026-01-01", "2026-12-31");
        it.covers = Some(year);
        let next = window("2027-01-01", "2027-01-31");
        assert_eq!(it.missing(asked), [(next, None)], "as long as kinds are not told apart");
        it.kinds = [(residual, [year].into_iter().collect()), (paper, [year].into_iter().collect())].into();
        assert_eq!(it.missing(asked), [(next, None)]);
        it.kinds.insert(paper, [window("2026-01-01", "2026-06-30")].into_iter().collect());
        let since_july = window("2026-07-01", "2027-01-31");
        assert_eq!(it.missing(asked), [(since_july, Some(paper)), (next, Some(residual))]);
        let (july, january) = (date("2026-07-01"), date("2027-01-01"));
        assert_eq!(it.unknown(date("2026-06-30"), None), BTreeMap::new());
        assert_eq!(it.unknown(date("2026-12-24"), None), [(july, vec![paper])].into());
        assert_eq!(it.unknown(date("2026-12-24"), Some(residual)), BTreeMap::new());
        let both = [(july, vec![paper]), (january, vec![residual])].into();
        assert_eq!(it.unknown(date("2027-01-07"), None), both);
        it.kinds.remove(&paper);
        assert_eq!(it.unknown(date("2027-01-07"), None), [(january, vec![])].into(), "it is all of them");
    }

    fn calendar() -> WasteCalendar {
        let key = || Slug::parse("k").unwrap();
        WasteCalendar {
            id: WasteCalendarId(uuid::Uuid::nil()),
            name: Name::parse("Tour 3").unwrap(),
            origin: Origin::AbfallIo(AbfallIo { key: key(), house: key(), website: None }),
            holidays: HolidayRule::None,
            whole_town: false,
            stale_after_days: 8,
            covers: None,
            kinds: Coverage::new(),
            refreshed_at: None,
            failed_at: None,
            failure: None,
            version: 1,
        }
    }

    #[test]
    fn a_source_that_is_asked_goes_stale_and_a_file_does_not() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let mut calendar = calendar();
        assert_eq!(calendar.freshness(now), Freshness::Empty);
        calendar.failed_at = Some(now);
        assert_eq!(calendar.freshness(now), Freshness::Stale, "it was asked, and never answered");
        calendar.failed_at = None;
        calendar.refreshed_at = Some(now - TimeDelta::days(8));
        assert_eq!(calendar.freshness(now), Freshness::Fresh);
        calendar.refreshed_at = Some(now - TimeDelta::days(8) - TimeDelta::seconds(1));
        assert_eq!(calendar.freshness(now), Freshness::Stale);
        calendar.origin = Origin::File;
        assert_eq!(calendar.freshness(now), Freshness::Fresh);
    }
}
