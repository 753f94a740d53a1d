//! A house in the address register.

use crate::{
    error::Code,
    geo::Point,
    ids::{AddressId, AreaId},
    text::Street,
};

/// A house number: a number from 1 and an optional suffix, `12a`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct House {
    /// 1 to 9999.
    pub number: u16,
    /// Lower-case, empty where there is none: `a`, `1/2`.
    pub suffix: String,
}

impl House {
    /// Reads `12`, `12a`, `12 A`, `12 1/2`, `12-14`; refuses `0`, `hinter 5` and the like.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let text = text.trim();
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let (number, suffix) = text.split_at_checked(digits).ok_or(Code::HouseNumberInvalid)?;
        let number: u16 = number.parse().map_err(|_| Code::HouseNumberInvalid)?;
        // A house over several plots: 12-14, 12 - 14, 12–14.
        let suffix: String =
            suffix.trim().to_lowercase().replace('–', "-").replace(" - ", "-").replace("- ", "-");
        let readable = suffix.chars().all(|c| c.is_alphanumeric() || c == '/' || c == '-')
            && !suffix.ends_with('-')
            && suffix.chars().count() <= 8;
        if (1..=9999).contains(&number) && readable {
            Ok(Self { number, suffix })
        } else {
            Err(Code::HouseNumberInvalid)
        }
    }
}

impl std::fmt::Display for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gap = if self.suffix.starts_with(|c: char| c.is_ascii_digit()) { " " } else { "" };
        write!(f, "{}{gap}{}", self.number, self.suffix)
    }
}

/// Characters of a folded name at most; of a longer one the beginning counts.
const LONGEST_KEY: usize = 120;

/// Folds a street's name for comparison: `Leipziger Str.` and `leipziger strasse` are the same street.
pub fn street_key(street: &str) -> String {
    let mut key = String::new();
    for c in street.to_lowercase().chars() {
        match c {
            'ß' => key.push_str("ss"),
            'ä' => key.push_str("ae"),
            'ö' => key.push_str("oe"),
            'ü' => key.push_str("ue"),
            c if c.is_alphanumeric() => key.push(c),
            _ => {}
        }
    }
    let key = match key.strip_suffix("strasse").or_else(|| key.strip_suffix("str")) {
        Some(stem) => format!("{stem}str"),
        None => key,
    };
    key.chars().take(LONGEST_KEY).collect()
}

/// Folds the beginning of a street's name for comparison with folded names: somebody is in the middle of
/// typing it, perhaps in the middle of `Straße`.
pub fn street_prefix(typed: &str) -> String {
    let key = street_key(typed);
    let unfinished = ["stra", "stras", "strass"].into_iter().find_map(|end| key.strip_suffix(end));
    unfinished.map_or_else(|| key.clone(), |stem| format!("{stem}str"))
}

/// A street of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreetEntry {
    /// Its name folded by [`street_key`].
    pub key: String,
    /// Its name.
    pub name: Street,
}

/// A house with its place.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its identifier.
    pub id: AddressId,
    /// The street as written on its sign.
    pub street: Street,
    /// The house.
    pub house: House,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Where it stands, where that is known.
    pub point: Option<Point>,
    /// The district it belongs to, where that is known.
    pub area: Option<AreaId>,
    /// Raised by every change.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn house_numbers_are_read_as_people_write_them() {
        for (text, number, suffix) in [
            ("12", 12, ""),
            ("12a", 12, "a"),
            (" 12 A ", 12, "a"),
            ("12 1/2", 12, "1/2"),
            ("12 – 14", 12, "-14"),
        ] {
            assert_eq!(House::parse(text), Ok(House { number, suffix: suffix.into() }), "{text}");
        }
        for text in ["", "0", "hinter 5", "-3", "12345", "12;drop", "12-", "7 hinterhaus links oben"] {
            assert_eq!(House::parse(text), Err(Code::HouseNumberInvalid), "{text}");
        }
        assert_eq!(House::parse("12 1/2").unwrap().to_string(), "12 1/2");
        assert_eq!(House::parse("12 A").unwrap().to_string(), "12a");
    }

    #[test]
    fn a_street_is_found_however_it_is_written() {
        for text in ["Leipziger Straße", "leipziger strasse", "Leipziger Str.", "LEIPZIGER-STR"] {
            assert_eq!(street_key(text), "leipzigerstr", "{text}");
        }
        assert_ne!(street_key("Am Lauch"), street_key("Lauchstraße"));
        assert_eq!(street_key(&"ß".repeat(Street::MAX)).chars().count(), LONGEST_KEY);
    }
}
