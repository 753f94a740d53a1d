//! Public holidays of the sixteen German states, computed.
//!
//! Only what holds in the *whole* state counts, as the law stands since 2018, with later changes.
//! Left out on purpose, because they hold in single municipalities only: Assumption Day in the
//! mostly Catholic communities of Bavaria, Corpus Christi in some communities of Saxony and
//! Thuringia, the Peace Festival in Augsburg. Christmas Eve and New Year's Eve are no public
//! holidays, even where offices are shut.

use chrono::{Datelike, Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::Locale;

/// A state of Germany; stored and sent as its code from ISO 3166-2:DE without `DE-`.
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
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum FederalState {
    /// Baden-Württemberg.
    Bw,
    /// Bayern.
    By,
    /// Berlin.
    Be,
    /// Brandenburg.
    Bb,
    /// Bremen.
    Hb,
    /// Hamburg.
    Hh,
    /// Hessen.
    He,
    /// Mecklenburg-Vorpommern.
    Mv,
    /// Niedersachsen.
    Ni,
    /// Nordrhein-Westfalen.
    Nw,
    /// Rheinland-Pfalz.
    Rp,
    /// Saarland.
    Sl,
    /// Sachsen.
    Sn,
    /// Sachsen-Anhalt.
    St,
    /// Schleswig-Holstein.
    Sh,
    /// Thüringen.
    Th,
}

/// A public holiday.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "snake_case")]
pub enum Holiday {
    /// 1 January.
    NewYear,
    /// 6 January.
    Epiphany,
    /// 8 March.
    WomensDay,
    /// Two days before Easter.
    GoodFriday,
    /// Easter.
    EasterSunday,
    /// The day after Easter.
    EasterMonday,
    /// 1 May.
    LabourDay,
    /// 8 May, in Berlin in 2020 and 2025 only.
    LiberationDay,
    /// 39 days after Easter.
    Ascension,
    /// 49 days after Easter.
    WhitSunday,
    /// 50 days after Easter.
    WhitMonday,
    /// 60 days after Easter.
    CorpusChristi,
    /// 17 June, in Berlin in 2028 only.
    UprisingDay,
    /// 15 August.
    Assumption,
    /// 20 September.
    ChildrensDay,
    /// 3 October.
    UnityDay,
    /// 31 October.
    Reformation,
    /// 1 November.
    AllSaints,
    /// The Wednesday before 23 November.
    Repentance,
    /// 25 December.
    Christmas,
    /// 26 December.
    SecondChristmas,
}

/// Easter Sunday of a year of the Gregorian calendar, by the method of Meeus, Jones and Butcher.
pub fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, g) = (b / 4, b % 4, (8 * b + 13) / 25);
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// The public holiday on `date` in the whole of `state`, where there is one.
pub fn holiday(date: NaiveDate, state: FederalState) -> Option<Holiday> {
    fixed(date).or_else(|| movable(date)).filter(|holiday| holiday.holds(date.year(), state))
}

fn fixed(date: NaiveDate) -> Option<Holiday> {
    Some(match (date.month(), date.day()) {
        (1, 1) => Holiday::NewYear,
        (1, 6) => Holiday::Epiphany,
        (3, 8) => Holiday::WomensDay,
        // Ascension falls on 1 May once in a while; either way nobody works.
        (5, 1) => Holiday::LabourDay,
        (5, 8) if matches!(date.year(), 2020 | 2025) => Holiday::LiberationDay,
        (6, 17) if date.year() == 2028 => Holiday::UprisingDay,
        (8, 15) => Holiday::Assumption,
        (9, 20) => Holiday::ChildrensDay,
        (10, 3) => Holiday::UnityDay,
        (10, 31) => Holiday::Reformation,
        (11, 1) => Holiday::AllSaints,
        (11, 16..=22) if date.weekday() == chrono::Weekday::Wed => Holiday::Repentance,
        (12, 25) => Holiday::Christmas,
        (12, 26) => Holiday::SecondChristmas,
        _ => return None,
    })
}

fn movable(date: NaiveDate) -> Option<Holiday> {
    let days = date.signed_duration_since(easter(date.year())?);
    Some(match days {
        days if days == Duration::days(-2) => Holiday::GoodFriday,
        days if days == Duration::days(0) => Holiday::EasterSunday,
        days if days == Duration::days(1) => Holiday::EasterMonday,
        days if days == Duration::days(39) => Holiday::Ascension,
        days if days == Duration::days(49) => Holiday::WhitSunday,
        days if days == Duration::days(50) => Holiday::WhitMonday,
        days if days == Duration::days(60) => Holiday::CorpusChristi,
        _ => return None,
    })
}

impl Holiday {
    /// Whether it is a public holiday in the whole of `state` in `year`.
    fn holds(self, year: i32, state: FederalState) -> bool {
        use FederalState::*;
        match self {
            Self::Epiphany => matches!(state, Bw | By | St),
            Self::WomensDay => (state == Be && year >= 2019) || (state == Mv && year >= 2023),
            Self::EasterSunday | Self::WhitSunday => state == Bb,
            Self::LiberationDay | Self::UprisingDay => state == Be,
            Self::CorpusChristi => matches!(state, Bw | By | He | Nw | Rp | Sl),
            Self::Assumption => state == Sl,
            Self::ChildrensDay => state == Th && year >= 2019,
            Self::Reformation => {
                // Its 500th anniversary was kept everywhere.
                matches!(state, Bb | Mv | Sn | St | Th)
                    || (matches!(state, Hb | Hh | Ni | Sh) && year >= 2018)
                    || year == 2017
            }
            Self::AllSaints => matches!(state, Bw | By | Nw | Rp | Sl),
            Self::Repentance => state == Sn,
            Self::NewYear
            | Self::GoodFriday
            | Self::EasterMonday
            | Self::LabourDay
            | Self::Ascension
            | Self::WhitMonday
            | Self::UnityDay
            | Self::Christmas
            | Self::SecondChristmas => true,
        }
    }

    /// Its name for people.
    pub fn name(self, locale: Locale) -> &'static str {
        let (de, en) = match self {
            Self::NewYear => ("Neujahr", "New Year's Day"),
            Self::Epiphany => ("Heilige Drei Könige", "Epiphany"),
            Self::WomensDay => ("Internationaler Frauentag", "International Women's Day"),
            Self::GoodFriday => ("Karfreitag", "Good Friday"),
            Self::EasterSunday => ("Ostersonntag", "Easter Sunday"),
            Self::EasterMonday => ("Ostermontag", "Easter Monday"),
            Self::LabourDay => ("Tag der Arbeit", "Labour Day"),
            Self::LiberationDay => ("Tag der Befreiung", "Liberation Day"),
            Self::Ascension => ("Christi Himmelfahrt", "Ascension Day"),
            Self::WhitSunday => ("Pfingstsonntag", "Whit Sunday"),
            Self::WhitMonday => ("Pfingstmontag", "Whit Monday"),
            Self::CorpusChristi => ("Fronleichnam", "Corpus Christi"),
            Self::UprisingDay => ("Jahrestag des Volksaufstandes", "Anniversary of the Uprising"),
            Self::Assumption => ("Mariä Himmelfahrt", "Assumption Day"),
            Self::ChildrensDay => ("Weltkindertag", "World Children's Day"),
            Self::UnityDay => ("Tag der Deutschen Einheit", "German Unity Day"),
            Self::Reformation => ("Reformationstag", "Reformation Day"),
            Self::AllSaints => ("Allerheiligen", "All Saints' Day"),
            Self::Repentance => ("Buß- und Bettag", "Day of Repentance and Prayer"),
            Self::Christmas => ("1. Weihnachtstag", "Christmas Day"),
            Self::SecondChristmas => ("2. Weihnachtstag", "Second Day of Christmas"),
        };
        match locale {
            Locale::De => de,
            Locale::En => en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Days of the year that are public holidays, computed day by day.
    fn year(year: i32, state: FederalState) -> Vec<NaiveDate> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        first
            .iter_days()
            .take_while(|day| day.year() == year)
            .filter(|day| holiday(*day, state).is_some())
            .collect()
    }

    #[test]
    fn easter_of_known_years() {
        for day in [
            "1818-03-22",
            "1943-04-25",
            "1954-04-18",
            "1981-04-19",
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2019-04-21",
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2038-04-25",
            "2049-04-18",
        ] {
            let day = on(day);
            assert_eq!(easter(day.year()), Some(day));
        }
    }

    #[test]
    fn saxony_2026() {
        let days = [
            "2026-01-01",
            "2026-04-03",
            "2026-04-06",
            "2026-05-01",
            "2026-05-14",
            "2026-05-25",
            "2026-10-03",
            "2026-10-31",
            "2026-11-18",
            "2026-12-25",
            "2026-12-26",
        ];
        assert_eq!(year(2026, FederalState::Sn), days.map(on));
    }

    #[test]
    fn day_of_repentance_is_the_wednesday_before_23_november() {
        for day in ["2022-11-16", "2023-11-22", "2024-11-20", "2025-11-19", "2027-11-17"] {
            assert_eq!(holiday(on(day), FederalState::Sn), Some(Holiday::Repentance));
            assert_eq!(holiday(on(day), FederalState::St), None);
        }
    }

    #[test]
    fn number_of_holidays_per_state_in_2026() {
        use FederalState::*;
        let counts = [
            (Bw, 12),
            (By, 12),
            (Be, 10),
            (Bb, 12),
            (Hb, 10),
            (Hh, 10),
            (He, 10),
            (Mv, 11),
            (Ni, 10),
            (Nw, 11),
            (Rp, 11),
            (Sl, 12),
            (Sn, 11),
            (St, 11),
            (Sh, 10),
            (Th, 11),
        ];
        assert_eq!(counts.len(), FederalState::iter().count());
        for (state, count) in counts {
            assert_eq!(year(2026, state).len(), count, "{state}");
        }
    }

    #[test]
    fn holidays_that_came_or_came_once() {
        use FederalState::*;
        for (day, state, is) in [
            ("2017-10-31", By, true),
            ("2018-10-31", By, false),
            ("2017-10-31", Hh, true),
            ("2016-10-31", Hh, false),
            ("2018-10-31", Hh, true),
            ("2018-03-08", Be, false),
            ("2019-03-08", Be, true),
            ("2022-03-08", Mv, false),
            ("2023-03-08", Mv, true),
            ("2025-05-08", Be, true),
            ("2026-05-08", Be, false),
            ("2018-09-20", Th, false),
            ("2019-09-20", Th, true),
            ("2025-08-15", Sl, true),
            ("2025-08-15", By, false),
            ("2025-06-19", Nw, true),
            ("2025-06-19", Sn, false),
            ("2026-04-05", Bb, true),
        ] {
            assert_eq!(holiday(on(day), state).is_some(), is, "{day} {state}");
        }
        // Ascension and Labour Day on one date, 2008.
        assert!(holiday(on("2008-05-01"), Sn).is_some());
    }

    #[test]
    fn states_are_stored_as_their_codes() {
        for state in FederalState::iter() {
            let text = state.to_string();
            assert_eq!(text.len(), 2);
            assert_eq!(serde_json::to_value(state).unwrap(), serde_json::json!(text));
            assert_eq!(text.parse::<FederalState>().unwrap(), state);
        }
    }
}
