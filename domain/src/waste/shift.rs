//! What public holidays do to collections.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::time::TownCalendar;

/// What happens to collections in a week with a public holiday.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HolidayRule {
    /// Nothing: the source publishes final dates.
    #[default]
    None,
    /// From the holiday on, each collection of the week is a day later, Saturday included.
    Later,
    /// Up to the holiday, each collection of the week is a day earlier.
    Earlier,
}

impl HolidayRule {
    /// The day a collection is on that is regularly on `date`.
    pub fn shifted(self, date: NaiveDate, town: TownCalendar) -> NaiveDate {
        let holidays = weekdays(date).filter(|day| town.holiday(*day).is_some());
        let (days, forward) = match self {
            Self::None => return date,
            Self::Later => (holidays.filter(|day| *day <= date).count(), true),
            Self::Earlier => (holidays.filter(|day| *day >= date).count(), false),
        };
        if days == 0 {
            return date;
        }
        let step = |day: NaiveDate| if forward { day.succ_opt() } else { day.pred_opt() }.unwrap_or(day);
        let is_free = |day: NaiveDate| day.weekday() == Weekday::Sun || town.holiday(day).is_some();
        let mut shifted = (0..days).fold(date, |day, _| step(day));
        // A year has no ten days in a row on which nobody works.
        for _ in 0..10 {
            if !is_free(shifted) {
                break;
            }
            shifted = step(shifted);
        }
        shifted
    }
}

/// Monday to Friday of the week of a date.
fn weekdays(date: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let monday = date - Days::new(date.weekday().num_days_from_monday().into());
    (0..5).map(move |day| monday + Days::new(day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FederalState;

    fn shifted(rule: HolidayRule, date: &str) -> String {
        let town = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };
        rule.shifted(date.parse().unwrap(), town).to_string()
    }

    #[test]
    fn collections_move_with_the_holidays_of_their_week() {
        for (rule, regular, now) in [
            // Easter 2026: Good Friday on 3 April, Easter Monday on 6 April.
            (HolidayRule::Later, "2026-04-02", "2026-04-02"),
            (HolidayRule::Later, "2026-04-03", "2026-04-04"),
            (HolidayRule::Later, "2026-04-06", "2026-04-07"),
            (HolidayRule::Later, "2026-04-09", "2026-04-10"),
            (HolidayRule::Later, "2026-04-10", "2026-04-11"),
            (HolidayRule::Later, "2026-04-13", "2026-04-13"),
            (HolidayRule::Earlier, "2026-04-03", "2026-04-02"),
            (HolidayRule::Earlier, "2026-04-01", "2026-03-31"),
            (HolidayRule::Earlier, "2026-03-30", "2026-03-28"),
            (HolidayRule::Earlier, "2026-04-06", "2026-04-04"),
            (HolidayRule::Earlier, "2026-04-07", "2026-04-07"),
            // Christmas 2026 on Friday; the second day is a Saturday.
            (HolidayRule::Later, "2026-12-24", "2026-12-24"),
            (HolidayRule::Later, "2026-12-25", "2026-12-28"),
            // Christmas 2025 on Thursday and Friday.
            (HolidayRule::Later, "2025-12-25", "2025-12-27"),
            (HolidayRule::Later, "2025-12-26", "2025-12-29"),
            // The Day of Repentance is one in Saxony only.
            (HolidayRule::Later, "2026-11-18", "2026-11-19"),
            (HolidayRule::None, "2026-12-25", "2026-12-25"),
        ] {
            assert_eq!(shifted(rule, regular), now, "{regular} {rule}");
        }
    }
}
