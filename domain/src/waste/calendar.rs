//! Kinds of waste, and the calendars that say when they are collected.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{HolidayRule, HouseRange};
use crate::{
    categories::Names,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Both together where nothing is missing between them; else the later one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let touches = |a: Self, b: Self| b.from <= a.until.checked_add_days(Days::new(1)).unwrap_or(a.until);
        if touches(self, other) && touches(other, self) {
            Self { from: self.from.min(other.from), until: self.until.max(other.until) }
        } else if other.until > self.until {
            other
        } else {
            self
        }
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
    /// Its source could not be asked for too long: dates may have moved since.
    Stale,
    /// Nothing was imported yet.
    Empty,
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
    /// The days it says everything about.
    pub covers: Option<Window>,
    /// When its source was last read.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// When its source was last asked in vain, and has not answered since.
    pub failed_at: Option<DateTime<Utc>>,
    /// Raised by every change of its settings.
    pub version: i64,
}

impl WasteCalendar {
    /// Whether its dates can be relied on. A file stays true until another comes; a service that is asked
    /// must answer.
    pub fn freshness(&self, now: DateTime<Utc>) -> Freshness {
        let Some(refreshed_at) = self.refreshed_at else { return Freshness::Empty };
        let patience = TimeDelta::days(self.stale_after_days.into());
        match self.origin {
            Origin::AbfallIo(_) if now - refreshed_at > patience => Freshness::Stale,
            Origin::AbfallIo(_) | Origin::File => Freshness::Fresh,
        }
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

    fn window(from: &str, until: &str) -> Window {
        Window { from: from.parse().unwrap(), until: until.parse().unwrap() }
    }

    #[test]
    fn a_window_grows_only_where_nothing_is_missing() {
        let year = window("2026-01-05", "2026-12-28").whole_months();
        assert_eq!(year, window("2026-01-01", "2026-12-31"));
        let next = window("2027-01-01", "2027-12-31");
        assert_eq!(year.and(next), window("2026-01-01", "2027-12-31"));
        assert_eq!(next.and(year), window("2026-01-01", "2027-12-31"));
        let later = window("2028-03-01", "2028-12-31");
        assert_eq!(year.and(later), later, "of 2027 it says nothing");
        assert_eq!(later.and(year), later);
    }

    #[test]
    fn a_source_that_is_asked_goes_stale_and_a_file_does_not() {
        let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().unwrap();
        let key = || Slug::parse("k").unwrap();
        let mut calendar = WasteCalendar {
            id: WasteCalendarId(uuid::Uuid::nil()),
            name: Name::parse("Tour 3").unwrap(),
            origin: Origin::AbfallIo(AbfallIo { key: key(), house: key(), website: None }),
            holidays: HolidayRule::None,
            whole_town: false,
            stale_after_days: 8,
            covers: None,
            refreshed_at: None,
            failed_at: None,
            version: 1,
        };
        assert_eq!(calendar.freshness(now), Freshness::Empty);
        calendar.refreshed_at = Some(now - TimeDelta::days(8));
        assert_eq!(calendar.freshness(now), Freshness::Fresh);
        calendar.refreshed_at = Some(now - TimeDelta::days(8) - TimeDelta::seconds(1));
        assert_eq!(calendar.freshness(now), Freshness::Stale);
        calendar.origin = Origin::File;
        assert_eq!(calendar.freshness(now), Freshness::Fresh);
    }
}
