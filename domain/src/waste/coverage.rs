//! The days about which everything is known, and what a source adds to them or takes away.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::Window;
use crate::ids::WasteTypeId;

/// Dates that make a rhythm. Fewer are those of a day in spring, of the trees after Christmas.
const RHYTHM: usize = 4;
/// Days a collection may come later than its rhythm says, as in a week with a holiday.
const LATER: i64 = 6;

/// Days: windows in their order, with days missing between any two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spans(Vec<Window>);

impl FromIterator<Window> for Spans {
    fn from_iter<T: IntoIterator<Item = Window>>(windows: T) -> Self {
        let mut spans = Self::default();
        windows.into_iter().for_each(|window| spans.add(window));
        spans
    }
}

impl Spans {
    /// Whether the day is among them.
    pub fn contains(&self, date: NaiveDate) -> bool {
        self.0.iter().any(|own| own.contains(date))
    }

    /// Adds the days of a window.
    pub fn add(&mut self, window: Window) {
        let mut all = std::mem::take(&mut self.0);
        all.push(window);
        all.sort();
        for next in all {
            match self.0.last_mut() {
                Some(last) if last.until.succ_opt().is_none_or(|after| next.from <= after) => {
                    last.until = last.until.max(next.until);
                }
                _ => self.0.push(next),
            }
        }
    }

    /// Takes the days of a window away.
    pub fn remove(&mut self, window: Window) {
        self.0 = self.0.iter().flat_map(|own| outside(*own, window)).collect();
    }

    /// The days of a window that are not among them.
    pub fn missing(&self, window: Window) -> Vec<Window> {
        let without =
            |left: Vec<Window>, own: &Window| left.into_iter().flat_map(|part| outside(part, *own)).collect();
        self.0.iter().fold(vec![window], without)
    }

    /// Those of one year.
    fn of_year(&self, year: i32) -> impl Iterator<Item = Window> {
        self.0.iter().filter_map(move |own| own.common(Window::year(year)?))
    }

    /// From the first to the last.
    pub fn hull(&self) -> Option<Window> {
        self.0.first().zip(self.0.last()).map(|(first, last)| Window { from: first.from, until: last.until })
    }
}

/// What of a window lies before and after another.
fn outside(window: Window, other: Window) -> impl Iterator<Item = Window> {
    let before = other.from.pred_opt().map(|last| Window { until: last.min(window.until), ..window });
    let after = other.until.succ_opt().map(|first| Window { from: first.max(window.from), ..window });
    [before, after].into_iter().flatten().filter(|part| part.from <= part.until)
}

/// The days a source speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Those around its dates: nobody said which.
    Dates,
    /// These, said whoever handed it in.
    Said(Window),
    /// These it was asked about, and it answered with everything it has.
    Asked(Window),
}

/// What a source says about one kind of waste.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The days it says everything about.
    pub covers: Window,
    /// The days on which a date that it does not name is no more.
    pub is_final_on: Spans,
}

/// The dates of one kind in a source, and those that were there before.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Those of the source.
    pub named: BTreeSet<NaiveDate>,
    /// By year: how many were known, and how many of them the source repeats.
    pub known: BTreeMap<i32, (usize, usize)>,
}

impl Compared {
    /// What the source says about a kind whose days were `before`. `all` are the months of all its dates.
    pub fn word(&self, extent: Extent, before: &Spans, all: Window, today: NaiveDate) -> Word {
        let covers = self.covers(all, today);
        // A file with part of a year takes nothing from the rest of it, and neither does half an answer.
        let whole = self
            .known
            .iter()
            .filter(|(_, (known, repeated))| known.saturating_sub(*repeated).saturating_mul(4) <= *known);
        let whole = whole.map(|(year, _)| *year);
        match extent {
            Extent::Said(window) => Word { covers: window, is_final_on: [window].into_iter().collect() },
            Extent::Asked(window) => {
                // What is to come next it has said.
                let from = covers.from.min(window.from.max(today));
                let is_named = |year: &i32| self.named.iter().any(|date| date.year() == *year);
                let whole = whole.filter(is_named).filter_map(|year| Window::year(year)?.common(window));
                Word { covers: Window { from, ..covers }, is_final_on: whole.chain([all]).collect() }
            }
            Extent::Dates => {
                let whole = whole.flat_map(|year| before.of_year(year));
                Word { covers, is_final_on: whole.chain([all]).collect() }
            }
        }
    }

    /// The days the source says everything about: all of its months, unless the kind is silent at their
    /// beginning or end for longer than ever between its dates. Files begin with a day long past at times: the
    /// rhythm is that of the last year and of what is to come.
    fn covers(&self, all: Window, today: NaiveDate) -> Window {
        let since = today.checked_sub_months(Months::new(12)).unwrap_or(today);
        let recent: Vec<NaiveDate> = self.named.range(since..).copied().collect();
        let pauses = recent.iter().zip(recent.iter().skip(1)).map(|(a, b)| (*b - *a).num_days());
        let (Some(first), Some(last), Some(longest)) = (recent.first(), recent.last(), pauses.max()) else {
            return all;
        };
        if recent.len() < RHYTHM {
            return all;
        }
        let own = Window { from: *first, until: *last }.whole_months();
        let is_usual = |silence: TimeDelta| silence.num_days() <= longest + LATER;
        Window {
            from: if is_usual(*first - all.from.max(since)) { all.from } else { own.from },
            until: if is_usual(all.until - *last) { all.until } else { own.until },
        }
    }
}

/// The days a calendar says everything about, by kind of waste.
pub type Coverage = BTreeMap<WasteTypeId, Spans>;

/// From the first to the last day that is covered for any kind.
pub fn hull(coverage: &Coverage) -> Option<Window> {
    let both = |a: Window, b: Window| Window { from: a.from.min(b.from), until: a.until.max(b.until) };
    coverage.values().filter_map(Spans::hull).reduce(both)
}

#[cfg(test)]
mod tests {
    use chrono::Days;

    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn window(from: &str, until: &str) -> Window {
        Window { from: date(from), until: date(until) }
    }

    fn spans(windows: &[(&str, &str)]) -> Spans {
        windows.iter().map(|(from, until)| window(from, until)).collect()
    }

    #[test]
    fn days_are_added_taken_away_and_missed() {
        let mut days = spans(&[("2026-01-01", "2026-12-31"), ("2027-01-01", "2027-06-30")]);
        assert_eq!(days, spans(&[("2026-01-01", "2027-06-30")]), "nothing is missing between them");
        days.add(window("2028-01-01", "2028-12-31"));
        let asked = window("2026-12-01", "2028-02-29");
        assert_eq!(days.missing(asked), [window("2027-07-01", "2027-12-31")]);
        days.remove(window("2027-03-01", "2028-06-30"));
        assert_eq!(days, spans(&[("2026-01-01", "2027-02-28"), ("2028-07-01", "2028-12-31")]));
        assert_eq!(days.missing(asked), [window("2027-03-01", "2028-02-29")]);
        assert_eq!(days.hull(), Some(window("2026-01-01", "2028-12-31")));
        assert!(days.contains(date("2027-02-28")) && !days.contains(date("2027-03-01")));
        assert_eq!(Spans::default().missing(asked), [asked]);
    }

    fn every(days: u64, from: &str, until: &str) -> BTreeSet<NaiveDate> {
        let step = |day: &NaiveDate| day.checked_add_days(Days::new(days));
        let until = date(until);
        std::iter::successors(Some(date(from)), step).take_while(|day| *day <= until).collect()
    }

    #[test]
    fn who_falls_silent_says_nothing_about_the_rest() {
        let (year, today) = (window("2026-01-01", "2026-12-31"), date("2026-11-23"));
        for (named, covered) in [
            (every(14, "2026-01-08", "2026-12-24"), year),
            (every(28, "2026-01-28", "2026-12-02"), year),
            (every(28, "2026-01-28", "2026-06-20"), window("2026-01-01", "2026-06-30")),
            (every(7, "2026-10-05", "2026-11-23"), window("2026-10-01", "2026-11-30")),
            // What comes now and then has no rhythm.
            ([date("2026-01-09"), date("2026-01-16")].into(), year),
        ] {
            let compared = Compared { named, known: BTreeMap::new() };
            assert_eq!(compared.covers(year, today), covered, "{:?}", compared.named);
        }
        // The rule's first day is long past, and so is what it says about the pause after it.
        let mut named = every(28, "2026-01-28", "2026-06-20");
        named.insert(date("2024-01-03"));
        let compared = Compared { named, known: BTreeMap::new() };
        let covered = compared.covers(window("2024-01-01", "2026-12-31"), today);
        assert_eq!(covered, window("2026-01-01", "2026-06-30"));
    }

    #[test]
    fn a_year_that_is_named_is_named_as_a_whole_and_part_of_one_is_not() {
        let before = spans(&[("2026-01-01", "2026-12-31")]);
        let named = every(14, "2026-01-08", "2026-11-30");
        let all = window("2026-01-01", "2026-11-30");
        let today = date("2026-11-23");
        let final_on = |known: (usize, usize), extent| {
            let compared = Compared { named: named.clone(), known: [(2026, known)].into() };
            compared.word(extent, &before, all, today).is_final_on
        };
        assert_eq!(final_on((26, 24), Extent::Dates), before, "the last two were dropped");
        let part = spans(&[("2026-01-01", "2026-11-30")]);
        assert_eq!(final_on((48, 24), Extent::Dates), part, "the other half is in another file");
        assert_eq!(final_on((26, 0), Extent::Dates), part);
        let asked = Extent::Asked(window("2026-01-01", "2027-12-31"));
        assert_eq!(final_on((26, 24), asked), before, "and next year is not named yet");
        assert_eq!(final_on((26, 12), asked), part, "half an answer is none");
        let said = window("2026-12-01", "2026-12-24");
        assert_eq!(final_on((26, 0), Extent::Said(said)), [said].into_iter().collect());
    }
}
