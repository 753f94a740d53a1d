//! What a source said, looked over piece by piece.

use std::collections::HashSet;

use super::{
    Fault, Item,
    import::{FAULTS_KEPT, MOST_ITEMS},
};
use crate::{Error, Result, error::Code, time::TownCalendar};

/// Pieces of one source that come back by a rule: each is counted out whenever somebody looks at what is on.
pub const MOST_RECURRING: usize = 500;
/// After so many rules that come to nothing no other is tried: to find that out takes long, and nothing of the
/// source is taken anyway.
const FRUITLESS: usize = 3;

/// What a source said: each piece once and as pieces of its kind have to be, and what is wrong. It is made where
/// that keeps nobody waiting, before anything is held.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    pub(super) items: Vec<Item>,
    /// Repetitions.
    pub(super) ignored: u64,
    /// What is wrong, in the order of the source.
    pub(super) faults: Vec<Fault>,
}

impl Understood {
    /// Looks over what a source said.
    ///
    /// # Errors
    /// [`Code::TooMany`].
    pub fn of(items: Vec<Result<Item, Fault>>, town: TownCalendar) -> Result<Self> {
        let recurring = items.iter().flatten().filter(|item| item.comes_back()).count();
        if items.len() > MOST_ITEMS || recurring > MOST_RECURRING {
            return Err(Error::invalid("", Code::TooMany));
        }
        let (mut understood, mut seen, mut fruitless) = (Self::default(), HashSet::new(), 0);
        for item in items {
            let comes_back = item.as_ref().is_ok_and(Item::comes_back);
            if comes_back && fruitless >= FRUITLESS {
                continue;
            }
            match item.map_err(|fault| vec![fault]).and_then(|item| item.checked(town)) {
                Ok(item) if !seen.insert(item.key.clone()) => understood.ignored += 1,
                Ok(item) => understood.items.push(item),
                Err(faults) => {
                    let is_fruitless = |fault: &Fault| fault.code == Code::RecurrenceUnreadable;
                    fruitless += usize::from(comes_back && faults.iter().any(is_fruitless));
                    let room = FAULTS_KEPT.saturating_sub(understood.faults.len());
                    understood.faults.extend(faults.into_iter().take(room));
                }
            }
        }
        Ok(understood)
    }

    /// Whether it said nothing at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.faults.is_empty()
    }
}

impl Item {
    fn comes_back(&self) -> bool {
        self.sheet.event.as_ref().is_some_and(|event| event.recurrence.is_some())
    }

    fn checked(self, town: TownCalendar) -> Result<Self, Vec<Fault>> {
        let Self { line, key, kind, sheet, dated } = self;
        match sheet.checked(kind, town) {
            Ok(sheet) => Ok(Self { line, key, kind, sheet, dated }),
            Err(Error::Refused(refusal)) => {
                let faults = refusal.violations.into_iter();
                Err(faults.map(|fault| Fault { line, pointer: fault.pointer, code: fault.code }).collect())
            }
            Err(Error::Store(_)) => Err(vec![Fault { line, pointer: String::new(), code: Code::Internal }]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{
        super::import::tests::{event, town},
        *,
    };
    use crate::content::Recurrence;

    fn recurring(key: usize, rule: &str) -> Result<Item, Fault> {
        let mut item = event(&key.to_string(), "2026-12-01T10:00:00Z");
        if let Some(event) = &mut item.sheet.event {
            event.recurrence = Some(Recurrence::parse(rule).unwrap());
        }
        Ok(item)
    }

    #[test]
    fn rules_that_never_come_cost_little_however_many_there_are() {
        let begun = Instant::now();
        let never = "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30";
        let items = (0..MOST_RECURRING).map(|key| recurring(key, never)).collect();
        let understood = Understood::of(items, town()).unwrap();
        let codes: Vec<_> = understood.faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [Code::RecurrenceUnreadable; FRUITLESS]);
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }

    #[test]
    fn there_are_bounds() {
        let weekly = |most: usize| (0..most).map(|key| recurring(key, "FREQ=WEEKLY")).collect();
        assert_eq!(Understood::of(weekly(MOST_RECURRING), town()).unwrap().items.len(), MOST_RECURRING);
        assert!(Understood::of(weekly(MOST_RECURRING + 1), town()).is_err());
        let once = (0..=MOST_ITEMS).map(|key| Ok(event(&key.to_string(), "2026-12-01T10:00:00Z")));
        assert!(Understood::of(once.collect(), town()).is_err());
    }
}
