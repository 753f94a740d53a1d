//! Weekdays and times of day as rules name them, in the town's time zone.

use std::{fmt, str::FromStr};

use chrono::{NaiveTime, Timelike};
use serde::{Deserialize, Serialize};

use crate::{error::Code, text::BadText};

/// A day of the week.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Weekday {
    /// Montag.
    Monday,
    /// Dienstag.
    Tuesday,
    /// Mittwoch.
    Wednesday,
    /// Donnerstag.
    Thursday,
    /// Freitag.
    Friday,
    /// Samstag.
    Saturday,
    /// Sonntag.
    Sunday,
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

/// A time of day in hours and minutes: `06:30`. From `00:00` to `23:59`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 5, max_length = 5, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "22:00")]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl From<NaiveTime> for TimeOfDay {
    /// The minute the time lies in.
    fn from(time: NaiveTime) -> Self {
        Self(u16::try_from(time.hour() * 60 + time.minute()).unwrap_or_default())
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        let read = || -> Option<u16> {
            let (hours, minutes) = text.split_once(':')?;
            let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            if !two_digits(hours) || !two_digits(minutes) {
                return None;
            }
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
        };
        read().map(Self).ok_or(BadText(Code::NotAllowed))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// A part of the day, from the first minute up to but not including the last: 08:00–16:00 ends at
/// 15:59:59. Where `to` is earlier than `from`, the part goes over midnight: 22:00–06:00. The whole
/// day needs no condition, so equal times are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "22:00", "to": "06:00"}))]
pub struct TimeRange {
    /// First minute.
    pub from: TimeOfDay,
    /// First minute no longer part of it.
    pub to: TimeOfDay,
}

impl TimeRange {
    /// Whether a time lies in it.
    pub fn contains(self, time: TimeOfDay) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}–{}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> TimeOfDay {
        text.parse().unwrap()
    }

    fn range(from: &str, to: &str) -> TimeRange {
        TimeRange { from: at(from), to: at(to) }
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for text in ["00:00", "06:30", "23:59"] {
            assert_eq!(at(text).to_string(), text);
        }
        for bad in ["24:00", "12:60", "6:30", "06:3", "0630", "-1:00", "+1:00", "06:30:00", "", "aa:bb"] {
            assert!(bad.parse::<TimeOfDay>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_end_is_not_part_of_it() {
        let day = range("08:00", "16:00");
        assert!(day.contains(at("08:00")) && day.contains(at("15:59")));
        assert!(!day.contains(at("07:59")) && !day.contains(at("16:00")));
    }

    #[test]
    fn goes_over_midnight() {
        let night = range("22:00", "06:00");
        assert!(night.contains(at("22:00")) && night.contains(at("00:00")) && night.contains(at("05:59")));
        assert!(!night.contains(at("06:00")) && !night.contains(at("21:59")));
        let evening = range("18:00", "00:00");
        assert!(evening.contains(at("23:59")) && !evening.contains(at("00:00")));
    }
}
