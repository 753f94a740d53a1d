//! One collection, and how it changes.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::{
    error::Code,
    ids::{CollectionId, WasteCalendarId, WasteSectionId, WasteTypeId},
    text::Line,
};

/// What became of a regular date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// As the calendar says.
    Planned,
    /// On another day.
    Moved,
    /// Not at all.
    Cancelled,
    /// Besides the regular ones.
    Added,
}

/// Why a date changed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// A public holiday.
    Holiday,
    /// Snow, ice, storm.
    Weather,
    /// A street that cannot be driven through.
    Roadworks,
    /// The operator's own: strike, broken vehicle.
    Operations,
    /// The source published other dates.
    Source,
}

/// Where and when a vehicle stops that people bring their waste to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stop {
    /// The place: `Parkplatz am Kurhaus`.
    pub place: Line,
    /// From when, on the town's clocks.
    pub starts: Option<NaiveTime>,
    /// Until when.
    pub ends: Option<NaiveTime>,
}

/// A collection at the doors of a section, or a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its identifier, which calendars of people know it by.
    pub id: CollectionId,
    /// The calendar.
    pub calendar: WasteCalendarId,
    /// The section it is for; all of the calendar where absent.
    pub section: Option<WasteSectionId>,
    /// What is collected.
    pub waste_type: WasteTypeId,
    /// The day the source says.
    pub regular: NaiveDate,
    /// The day it is.
    pub date: NaiveDate,
    /// The day it was before its source said another, where people know it by that.
    pub before: Option<NaiveDate>,
    /// What became of the regular date.
    pub status: Status,
    /// Why it changed.
    pub reason: Option<Reason>,
    /// Where it is, for what people bring themselves.
    pub stop: Option<Stop>,
    /// Raised by every change that people see (RFC 5545, SEQUENCE).
    pub sequence: i32,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
}

/// A change of one collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// To another day; to its regular day it is planned again.
    Move(NaiveDate, Reason),
    /// Not at all.
    Cancel(Reason),
}

/// What people are told of a change: the day before and the day now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The collection as it is now.
    pub collection: Collection,
    /// The day it was; none for one that was added.
    pub from: Option<NaiveDate>,
    /// The day it is; none where it was cancelled.
    pub to: Option<NaiveDate>,
}

impl Collection {
    /// Whether it takes place.
    pub fn takes_place(&self) -> bool {
        self.status != Status::Cancelled
    }

    /// Whether its source left it out.
    pub fn was_dropped(&self) -> bool {
        self.status == Status::Cancelled && self.reason == Some(Reason::Source)
    }

    /// The day it was moved from, where it is on another now.
    pub fn moved_from(&self) -> Option<NaiveDate> {
        let from = self.before.unwrap_or(self.regular);
        (self.status == Status::Moved && from != self.date).then_some(from)
    }

    /// Changes it. None where it is so already.
    ///
    /// # Errors
    /// [`Code::OutOfRange`] for a day before `today`, and for a collection whose day is over.
    pub fn change(
        &mut self,
        change: Change,
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<Option<Told>, Code> {
        if self.date < today && self.takes_place() {
            return Err(Code::OutOfRange);
        }
        let was = self.takes_place().then_some(self.date);
        match change {
            Change::Move(to, _) if to < today => return Err(Code::OutOfRange),
            Change::Move(to, _) if was == Some(to) => return Ok(None),
            Change::Cancel(_) if was.is_none() => return Ok(None),
            // It has no other day, and no source that names it.
            Change::Move(to, reason) if self.status == Status::Added => {
                (self.regular, self.date) = (to, to);
                self.reason = Some(reason);
            }
            Change::Move(to, reason) => {
                let is_regular = to == self.regular;
                self.date = to;
                self.reason = (!is_regular).then_some(reason);
                self.status = if is_regular { Status::Planned } else { Status::Moved };
            }
            Change::Cancel(reason) => {
                self.status = Status::Cancelled;
                self.reason = Some(reason);
            }
        }
        self.sequence = self.sequence.saturating_add(1);
        self.changed_at = now;
        let to = self.takes_place().then_some(self.date);
        Ok(Some(Told { collection: self.clone(), from: was, to }))
    }

    /// Follows its source to another regular day; `date` is the day it will be on, which is another where the
    /// town has it moved for a holiday. None where it is on that day already.
    ///
    /// # Errors
    /// As [`Collection::change`].
    pub fn follow(
        &mut self,
        regular: NaiveDate,
        date: NaiveDate,
        now: DateTime<Utc>,
        today: NaiveDate,
    ) -> Result<Option<Told>, Code> {
        let first = self.moved_from().unwrap_or(self.date);
        let told = self.change(Change::Move(date, Reason::Source), now, today)?;
        self.regular = regular;
        self.before = (first != date).then_some(first);
        if self.before.is_some() {
            self.status = Status::Moved;
            self.reason.get_or_insert(Reason::Source);
        } else {
            self.status = Status::Planned;
            self.reason = None;
        }
        Ok(told.map(|told| Told { collection: self.clone(), ..told }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn collection() -> Collection {
        let nil = uuid::Uuid::nil();
        Collection {
            id: CollectionId(nil),
            calendar: WasteCalendarId(nil),
            section: None,
            waste_type: WasteTypeId(nil),
            regular: date("2026-12-25"),
            date: date("2026-12-25"),
            before: None,
            status: Status::Planned,
            reason: None,
            stop: None,
            sequence: 0,
            changed_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_collection_moves_is_cancelled_and_comes_back() {
        let (now, today) = (DateTime::UNIX_EPOCH, date("2026-12-01"));
        let mut it = collection();
        let moved =
            it.change(Change::Move(date("2026-12-28"), Reason::Holiday), now, today).unwrap().unwrap();
        assert_eq!((moved.from, moved.to), (Some(date("2026-12-25")), Some(date("2026-12-28"))));
        assert_eq!((it.status, it.reason, it.sequence), (Status::Moved, Some(Reason::Holiday), 1));
        assert_eq!(it.change(Change::Move(date("2026-12-28"), Reason::Weather), now, today), Ok(None));

        let gone = it.change(Change::Cancel(Reason::Weather), now, today).unwrap().unwrap();
        assert_eq!((gone.from, gone.to), (Some(date("2026-12-28")), None));
        assert_eq!(it.change(Change::Cancel(Reason::Weather), now, today), Ok(None));

        let back = it.change(Change::Move(date("2026-12-25"), Reason::Weather), now, today).unwrap().unwrap();
        assert_eq!((back.from, back.to), (None, Some(date("2026-12-25"))));
        assert_eq!((it.status, it.reason, it.sequence), (Status::Planned, None, 3));
    }

    #[test]
    fn one_that_was_added_stays_so_when_it_moves() {
        let mut it = Collection { status: Status::Added, ..collection() };
        let to = date("2026-12-28");
        let told = it.change(Change::Move(to, Reason::Weather), DateTime::UNIX_EPOCH, date("2026-12-01"));
        assert_eq!(told.unwrap().unwrap().from, Some(date("2026-12-25")));
        assert_eq!((it.status, it.regular, it.date, it.moved_from()), (Status::Added, to, to, None));
    }

    #[test]
    fn a_collection_that_follows_its_source_keeps_the_day_it_was_first_on() {
        let (now, today) = (DateTime::UNIX_EPOCH, date("2026-12-01"));
        let mut it = collection();
        let mut follow = |regular: &str, to: &str| {
            let told = it.follow(date(regular), date(to), now, today).unwrap();
            let told = told.map(|told| (told.from.unwrap().to_string(), told.to.unwrap().to_string()));
            (told, it.status, it.moved_from(), it.reason)
        };
        let day = |text: &str| Some(date(text));
        let told = |from: &str, to: &str| Some((from.to_owned(), to.to_owned()));
        use Status::{Moved, Planned};
        for (regular, to, wanted) in [
            ("2026-12-24", "2026-12-24", (told("2026-12-25", "2026-12-24"), Moved, day("2026-12-25"))),
            // For a holiday, and then the source says so itself.
            ("2026-12-26", "2026-12-28", (told("2026-12-24", "2026-12-28"), Moved, day("2026-12-25"))),
            ("2026-12-28", "2026-12-28", (None, Moved, day("2026-12-25"))),
            ("2026-12-25", "2026-12-25", (told("2026-12-28", "2026-12-25"), Planned, None)),
        ] {
            let (told, status, moved_from, reason) = follow(regular, to);
            assert_eq!((told, status, moved_from), wanted, "{regular}");
            assert_eq!(reason, (status == Moved).then_some(Reason::Source));
        }
        assert_eq!(it.sequence, 3);
    }

    #[test]
    fn what_is_over_stays_as_it_was() {
        let now = DateTime::UNIX_EPOCH;
        for (to, today) in [("2026-12-28", "2026-12-26"), ("2026-12-20", "2026-12-21")] {
            let mut it = collection();
            let refused = it.change(Change::Move(date(to), Reason::Holiday), now, date(today));
            assert_eq!(refused, Err(Code::OutOfRange), "{to} on {today}");
            assert_eq!(it, collection());
        }
    }
}
