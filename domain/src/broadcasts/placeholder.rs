//! Places to fill in: `{name}` in a text.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::{Locale, error::Code};

/// What may be filled in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = PlaceholderKind)]
pub enum Kind {
    /// Words on one line.
    Text,
    /// A day, given as `2026-11-24` and written as people write it.
    Date,
    /// A time of day, given as `16:00`.
    Time,
    /// A number, given as `12` or `2.5`.
    Number,
    /// A street, a house, a square; at least one letter.
    Place,
}

/// Digits of a number before and after its point.
const DIGITS: (usize, usize) = (12, 3);

impl Kind {
    /// How a value is written in that language; none where it is of another kind.
    pub fn written(self, value: &str, locale: Locale) -> Option<String> {
        match self {
            Self::Text => Some(value.to_owned()),
            Self::Place => value.chars().any(char::is_alphabetic).then(|| value.to_owned()),
            Self::Date => {
                let date = NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
                let form = if locale == Locale::De { "%d.%m.%Y" } else { "%-d %B %Y" };
                (value.len() == 10).then(|| date.format(form).to_string())
            }
            Self::Time => {
                let time = NaiveTime::parse_from_str(value, "%H:%M").ok()?;
                let form = if locale == Locale::De { "%H:%M Uhr" } else { "%H:%M" };
                (value.len() == 5).then(|| time.format(form).to_string())
            }
            Self::Number => number(value, locale),
        }
    }
}

fn number(value: &str, locale: Locale) -> Option<String> {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(a, b)| (a, Some(b)));
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let fits = digits(whole, DIGITS.0) && fraction.is_none_or(|fraction| digits(fraction, DIGITS.1));
    fits.then(|| if locale == Locale::De { value.replace('.', ",") } else { value.to_owned() })
}

/// A part of a text.
enum Part<'a> {
    Words(&'a str),
    Place(&'a str),
}

/// A bracket that begins no name or ends none is a slip of the pen, and would be read by thousands.
fn parts(mut text: &str) -> Result<Vec<Part<'_>>, Code> {
    let mut parts = Vec::new();
    while let Some(at) = text.find(['{', '}']) {
        let (words, rest) = text.split_at(at);
        let (name, rest) =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or(Code::CharacterNotAllowed)?;
        if !is_name(name) {
            return Err(Code::CharacterNotAllowed);
        }
        parts.extend([Part::Words(words), Part::Place(name)]);
        text = rest;
    }
    parts.push(Part::Words(text));
    Ok(parts)
}

fn is_name(text: &str) -> bool {
    (1..=30).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The places a text names.
///
/// # Errors
/// [`Code::CharacterNotAllowed`] where a bracket belongs to no place.
pub fn names(text: &str) -> Result<Vec<&str>, Code> {
    let parts = parts(text)?.into_iter();
    Ok(parts.filter_map(|part| if let Part::Place(name) = part { Some(name) } else { None }).collect())
}

/// Whether somebody forgot to fill in a place.
pub fn is_unfilled(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        if after.split_once('}').is_some_and(|(name, _)| is_name(name)) {
            return true;
        }
        rest = after;
    }
    false
}

/// The text with its places filled in.
///
/// # Errors
/// [`Code::CharacterNotAllowed`], [`Code::PlaceholderUnknown`].
pub fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, Code> {
    let mut filled = String::with_capacity(text.len());
    for part in parts(text)? {
        match part {
            Part::Words(words) => filled.push_str(words),
            Part::Place(name) => filled.push_str(&value(name).ok_or(Code::PlaceholderUnknown)?),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_of_its_kind_and_written_as_people_write_it() {
        for (kind, value, german, english) in [
            (Kind::Text, "bis auf Weiteres", Some("bis auf Weiteres"), Some("bis auf Weiteres")),
            (Kind::Place, "Muldestraße 1", Some("Muldestraße 1"), Some("Muldestraße 1")),
            (Kind::Place, "17", None, None),
            (Kind::Date, "2026-11-04", Some("04.11.2026"), Some("4 November 2026")),
            (Kind::Date, "04.11.2026", None, None),
            (Kind::Date, "2026-02-30", None, None),
            (Kind::Date, "2026-2-3", None, None),
            (Kind::Time, "07:30", Some("07:30 Uhr"), Some("07:30")),
            (Kind::Time, "7:30", None, None),
            (Kind::Time, "25:00", None, None),
            (Kind::Number, "2.5", Some("2,5"), Some("2.5")),
            (Kind::Number, "-3", Some("-3"), Some("-3")),
            (Kind::Number, "2,5", None, None),
            (Kind::Number, "viele", None, None),
            (Kind::Number, "1e9", None, None),
            (Kind::Number, "NaN", None, None),
        ] {
            assert_eq!(kind.written(value, Locale::De).as_deref(), german, "{kind} {value}");
            assert_eq!(kind.written(value, Locale::En).as_deref(), english, "{kind} {value}");
        }
    }

    #[test]
    fn a_bracket_belongs_to_a_place() {
        assert_eq!(names("Am {date} in {street}."), Ok(vec!["date", "street"]));
        for slip in ["{", "}", "{}", "{Straße}", "{a{b}}", "a } b {c}", "{a b}"] {
            assert_eq!(names(slip), Err(Code::CharacterNotAllowed), "{slip}");
        }
        assert!(is_unfilled("Bitte {street} meiden"));
        for fine in ["a {", "{}", "{ }", "{A}", "Menge {1, 2}"] {
            assert!(!is_unfilled(fine), "{fine}");
        }
        assert!(is_unfilled("{ {street}"));
    }
}
