//! Telephone numbers. Read as people write them, kept in E.164 form (ITU-T E.164), and refused where
//! a call or a message costs a fortune.

use std::fmt;

use phonenumber::{Mode, Type, country, metadata::DATABASE};
use serde::{Deserialize, Serialize};

use crate::{error::Code, text::BadText};

/// Longest way to write a number that is looked at, in characters.
const LONGEST: usize = 32;
/// Digits at the end that differ between the lines of one block of numbers.
const LINE: usize = 4;

/// A telephone number in E.164 form. Numbers without a country code are German.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 4, max_length = 32, example = "+4934243722000")]
pub struct Phone(String);

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    /// Takes text messages and calls.
    Mobile,
    /// Takes calls only.
    Landline,
}

impl Phone {
    /// Reads a number: `034243 722000`, `+49 (0)171 1234567`, `0049-171-1234567`.
    ///
    /// # Errors
    /// [`Code::TooLong`], [`Code::PhoneInvalid`] for what is no number of the country's plan, [`Code::PhonePremium`]
    /// for numbers that cost extra or belong to no line of their own: 0900, 0137, 0180, 0700, 0800.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '(' | ')' | '-' | '/' | '.');
        if text.chars().count() > LONGEST {
            return Err(Code::TooLong);
        }
        if !text.chars().all(allowed) {
            return Err(Code::PhoneInvalid);
        }
        let number = read(text).ok_or(Code::PhoneInvalid)?;
        kind(&number)?;
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// A number that was parsed when it was stored. Plans change: it is not looked up again.
    ///
    /// # Errors
    /// [`Code::PhoneInvalid`] where it is not in E.164 form.
    pub fn stored(text: impl Into<String>) -> Result<Self, Code> {
        let text = text.into();
        let digits = text.strip_prefix('+').unwrap_or_default();
        if (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Code::PhoneInvalid)
        }
    }

    /// What kind of line it is.
    pub fn kind(&self) -> PhoneKind {
        read(&self.0).and_then(|number| kind(&number).ok()).unwrap_or(PhoneKind::Landline)
    }

    /// The country's dial code without `+`, such as 49; 0 where the plan is unknown.
    pub fn dial_code(&self) -> u16 {
        read(&self.0).map_or(0, |number| number.code().value())
    }

    /// The number without its last four digits: the block it was given out in. Who pumps messages
    /// owns blocks.
    pub fn block(&self) -> &str {
        self.0.get(..self.0.len().saturating_sub(LINE)).unwrap_or(&self.0)
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn read(text: &str) -> Option<phonenumber::PhoneNumber> {
    let number = phonenumber::parse(Some(country::Id::DE), text).ok()?;
    (number.extension().is_none() && phonenumber::is_valid(&number)).then_some(number)
}

fn kind(number: &phonenumber::PhoneNumber) -> Result<PhoneKind, Code> {
    match number.number_type(&DATABASE) {
        Type::Mobile | Type::FixedLineOrMobile => Ok(PhoneKind::Mobile),
        Type::FixedLine | Type::Voip => Ok(PhoneKind::Landline),
        Type::PremiumRate
        | Type::SharedCost
        | Type::TollFree
        | Type::PersonalNumber
        | Type::Uan
        | Type::Voicemail
        | Type::Pager => Err(Code::PhonePremium),
        _ => Err(Code::PhoneInvalid),
    }
}

impl TryFrom<String> for Phone {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(&text).map_err(BadText)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl AsRef<str> for Phone {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        use PhoneKind::{Landline, Mobile};
        for (text, e164, kind, dial_code) in [
            ("034243 722000", "+4934243722000", Landline, 49),
            ("+49 34243 722000", "+4934243722000", Landline, 49),
            ("0171/123 45-67", "+491711234567", Mobile, 49),
            ("+49 (0)171 1234567", "+491711234567", Mobile, 49),
            ("0049 171 1234567", "+491711234567", Mobile, 49),
            ("+4915112345678", "+4915112345678", Mobile, 49),
            ("+43 664 1234567", "+436641234567", Mobile, 43),
            ("+420 601 123 456", "+420601123456", Mobile, 420),
        ] {
            let phone = Phone::parse(text).unwrap_or_else(|code| panic!("{text}: {code}"));
            assert_eq!((phone.as_str(), phone.kind(), phone.dial_code()), (e164, kind, dial_code), "{text}");
            assert_eq!(Phone::stored(e164), Ok(phone));
        }
    }

    #[test]
    fn what_costs_a_fortune_is_refused() {
        for text in [
            "0900 1 123456",
            "+49 900 5 123456",
            "0137 7123456",
            "0137 1123456",
            "0180 2 123456",
            "01805 123456",
            "0700 12345678",
            "0800 1234567",
            "+1 900 555 0123",
        ] {
            assert_eq!(Phone::parse(text), Err(Code::PhonePremium), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "0".repeat(200);
        for text in [
            "",
            " ",
            "+",
            "110",
            "112",
            "11833",
            "abc",
            "032 12345678",
            "0171",
            "+49",
            "+4915",
            "+491711234567890123",
            "+8",
            "0171 1234567 ext 5",
            "0171 1234567;ext=5",
            "tel:+49-171-1234567",
            "٠١٧١١٢٣٤٥٦٧",
            "0171 1234567\u{0}",
        ] {
            assert_eq!(Phone::parse(text), Err(Code::PhoneInvalid), "{text:?}");
        }
        assert_eq!(Phone::parse(&long), Err(Code::TooLong));
    }

    #[test]
    fn a_block_is_what_its_lines_share() {
        assert_eq!(Phone::parse("0171 1234567").unwrap().block(), "+49171123");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn anything_can_be_read(text in "[0-9+ ()/.-]{0,32}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.as_str()), Ok(phone));
            }
        }
    }
}
