//! Opening hours as OpenStreetMap writes them: `Mo-Fr 09:00-12:00; PH off`.

use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use compact_calendar::CompactCalendar;
use opening_hours::{Context, ContextHolidays, localization::TzLocation};
use serde::{Deserialize, Serialize};

use crate::{error::Code, text::BadText, time::TownCalendar};

/// Longest expression, in characters.
const LONGEST: usize = 300;

/// An expression that can be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 300, example = "Mo-Fr 09:00-12:00; Tu,Th 13:00-18:00; PH off")]
pub struct OpeningHours(String);

impl OpeningHours {
    /// The expression if it is one.
    pub fn parse(text: impl Into<String>) -> Result<Self, Code> {
        let text = text.into();
        if text.chars().count() > LONGEST {
            return Err(Code::TooLong);
        }
        if text.trim().is_empty() {
            return Err(Code::TooShort);
        }
        if text.chars().any(char::is_control) {
            return Err(Code::CharacterNotAllowed);
        }
        match text.parse::<opening_hours::OpeningHours>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(Code::HoursUnreadable),
        }
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is open, and when that changes, within a week; holidays are those of the town.
    pub fn at(&self, now: DateTime<Utc>, holidays: &Holidays) -> (bool, Option<DateTime<Utc>>) {
        let Ok(hours) = self.0.parse::<opening_hours::OpeningHours>() else { return (false, None) };
        let context = Context::default()
            .with_holidays(holidays.days.clone())
            .with_locale(TzLocation::new(holidays.calendar.zone));
        let hours = hours.with_context(context);
        let now = holidays.calendar.local(now);
        let change = hours
            .iter_range(now, now + chrono::TimeDelta::days(7))
            .next()
            .map(|range| range.range.end.to_utc())
            .filter(|end| *end < now.to_utc() + chrono::TimeDelta::days(7));
        (hours.is_open(now), change)
    }
}

impl TryFrom<String> for OpeningHours {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(text).map_err(BadText)
    }
}
impl From<OpeningHours> for String {
    fn from(hours: OpeningHours) -> Self {
        hours.0
    }
}

/// A town's public holidays around a moment, as the evaluation takes them.
#[derive(Clone)]
pub struct Holidays {
    calendar: TownCalendar,
    days: ContextHolidays,
}

impl Holidays {
    /// Those of last year, this year and the next.
    pub fn around(calendar: TownCalendar, now: DateTime<Utc>) -> Self {
        let year = calendar.date(now).year();
        let mut days = CompactCalendar::default();
        let first = NaiveDate::from_ymd_opt(year - 1, 1, 1).unwrap_or_default();
        let all = first.iter_days().take_while(|day| day.year() <= year + 1);
        for day in all.filter(|day| calendar.holiday(*day).is_some()) {
            days.insert(day);
        }
        let days = ContextHolidays::new(Arc::new(days), Arc::default());
        Self { calendar, days }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FederalState;

    fn open(hours: &str, at: &str) -> (bool, Option<String>) {
        let now: DateTime<Utc> = at.parse().unwrap();
        let calendar = TownCalendar { state: FederalState::Sn, zone: chrono_tz::Europe::Berlin };
        let (open, change) = OpeningHours::parse(hours).unwrap().at(now, &Holidays::around(calendar, now));
        (open, change.map(|change| change.format("%FT%TZ").to_string()))
    }

    #[test]
    fn open_now_is_said_by_the_town_s_clocks() {
        let hours = "Mo-Fr 09:00-12:00; Tu 13:00-18:00; PH off";
        // Thursday, 26 November 2026; in winter the clocks are one hour ahead of UTC.
        assert_eq!(open(hours, "2026-11-26T08:30:00Z"), (true, Some("2026-11-26T11:00:00Z".into())));
        assert_eq!(open(hours, "2026-11-26T07:59:00Z"), (false, Some("2026-11-26T08:00:00Z".into())));
        // In summer two.
        assert!(open(hours, "2026-07-23T07:30:00Z").0);
        // The Day of Repentance and Prayer is a holiday in Saxony: Wednesday, 18 November 2026.
        assert!(!open(hours, "2026-11-18T09:00:00Z").0);
        assert!(open(hours, "2026-11-25T09:00:00Z").0);
        assert_eq!(open("24/7", "2026-11-18T09:00:00Z"), (true, None));
    }

    #[test]
    fn what_cannot_be_evaluated_is_refused() {
        for text in ["montags", "Mo-Fr 9 bis 12", "Mo 25:99-99:99", "<script>"] {
            assert_eq!(OpeningHours::parse(text), Err(Code::HoursUnreadable), "{text}");
        }
        assert_eq!(OpeningHours::parse("M".repeat(301)), Err(Code::TooLong));
        assert_eq!(OpeningHours::parse(" "), Err(Code::TooShort));
        assert_eq!(OpeningHours::parse("Mo\n10:00-12:00"), Err(Code::CharacterNotAllowed));
    }
}
