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
#[path = "holidays_tests.rs"]
mod tests;
