//! Text with bounds. Parsed once at the edge; the bound in the document and the check are the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Code;

/// Refuses what no text field accepts: NUL and other control characters except line breaks and tabs.
fn bounded(text: &str, min: usize, max: usize) -> Result<(), Code> {
    let length = text.chars().count();
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Code::CharacterNotAllowed);
    }
    if length > max {
        return Err(Code::TooLong);
    }
    if length < min || (min > 0 && !text.chars().any(is_seen)) {
        return Err(Code::TooShort);
    }
    Ok(())
}

/// Whether a character leaves a mark: a text of blanks and joiners looks empty on every screen.
fn is_seen(c: char) -> bool {
    let joins = matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_whitespace() && !c.is_control() && !joins
}

/// Turns the writing around it about, so that a name reads as another one (Unicode TR 36, 2.6).
fn turns_about(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Free text without such characters. Telephones and office programs put them around numbers and names they copy,
/// where nobody sees them; a name in which they stand is refused instead.
fn unturned(text: String) -> String {
    if text.contains(turns_about) { text.chars().filter(|c| !turns_about(*c)).collect() } else { text }
}

/// One line stays as it is, to be refused; free text loses what turns it about.
macro_rules! turned_back {
    ($text:expr, $allowed:expr) => {
        $text
    };
    ($text:expr) => {
        unturned($text)
    };
}

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident($min:tt..=$max:tt, $example:tt $(, pattern $pattern:literal)? $(, each $allowed:expr)?);)+) => {$(
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, min_length = $min, max_length = $max, $(pattern = $pattern,)? example = $example)]
        pub struct $name(String);

        impl $name {
            /// Longest text allowed, in characters.
            pub const MAX: usize = $max;
            /// The text if it keeps the bounds.
            pub fn parse(text: impl Into<String>) -> Result<Self, Code> {
                let text: String = turned_back!(text.into() $(, $allowed)?);
                bounded(&text, $min, $max)?;
                $(if !text.chars().all($allowed) {
                    return Err(Code::CharacterNotAllowed);
                })?
                Ok(Self(text))
            }
            /// The text.
            pub fn as_str(&self) -> &str { &self.0 }
            /// The text, owned.
            pub fn into_string(self) -> String { self.0 }
        }
        impl TryFrom<String> for $name {
            type Error = Unfit;
            fn try_from(text: String) -> Result<Self, Unfit> {
                Self::parse(text).map_err(|code| Unfit { code, bounds: Bounds { least: $min, most: $max } })
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> Self { text.0 }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    )+};
}

/// What stands on one line: names end up in subjects of letters, in lists and on the town hall's pages.
fn one_line(c: char) -> bool {
    !c.is_control() && !turns_about(c) && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// How long a text may be, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Shortest text allowed.
    pub least: usize,
    /// Longest text allowed.
    pub most: usize,
}

/// A text that is none of its kind. Displays as its code and bounds (`code:too_long:1:80`), which the edge turns
/// into a violation with the field's pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code:{code}:{}:{}", .bounds.least, .bounds.most)]
pub struct Unfit {
    /// What is wrong with it.
    pub code: Code,
    /// How long it may be.
    pub bounds: Bounds,
}

/// The same where only the code is known. Displays as its code (`code:too_long`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code:{0}")]
pub struct BadText(pub Code);

texts! {
    /// A short name: of a department, an area, a rule, a device.
    Name(1..=80, "Ordnungsamt", each one_line);
    /// One line of text such as a title.
    Line(1..=160, "Illegal waste at the lake", each one_line);
    /// What a citizen reports.
    Description(3..=4000, "Alte Reifen am Waldrand, seit gestern.");
    /// A remark, public or internal, or a reason.
    Remark(1..=2000, "Wir kümmern uns in dieser Woche darum.");
    /// What a broadcast says, all of it.
    Announcement(1..=4000, "Bitte verlassen Sie Keller und Ufer und bleiben Sie in den oberen Stockwerken.");
    /// What a text message and a call say of a broadcast.
    ShortText(1..=900, "Hochwasser! Keller und Ufer verlassen.");
    /// The name of a place to fill in: lower-case letters, digits and underscores.
    PlaceholderName(1..=30, "street", pattern "^[a-z0-9_]+$", each |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    /// What is filled in there.
    PlaceholderValue(1..=200, "Muldestraße", each |c: char| one_line(c) && c != '{' && c != '}');
    /// A notice that the law asks for, in plain text.
    Notice(1..=20000, "Angaben gemäß § 5 DDG: Stadt Bad Düben, Markt 1, 04849 Bad Düben.");
    /// The name of a street.
    Street(1..=120, "Leipziger Straße", each one_line);
    /// A house number with its suffix.
    HouseNumber(1..=12, "12a", each one_line);
    /// Houses of a street: `2-8`, `12a`, `1-15 odd`.
    Houses(1..=40, "2-8", each one_line);
    /// A postal code.
    PostalCode(1..=10, "04849", each one_line);
    /// An address on one line, as typed.
    AddressLine(1..=200, "Leipziger Straße 12a", each one_line);
    /// A word a rule looks for.
    Needle(1..=80, "reifen", each one_line);
    /// A code that never changes once used: lower-case letters, digits and hyphens.
    Slug(1..=60, "illegal-waste", pattern "^[a-z0-9-]+$", each |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    /// A push token as the provider gives it.
    PushToken(8..=4096, "fcm-token-4f1c", each one_line);
    /// A telephone number as it is printed, short ones and those for all of Germany included.
    DialNumber(2..=30, "034243 7220", pattern "^[+0-9][0-9 ()/-]*$", each |c: char| c.is_ascii_digit() || " +()/-".contains(c));
    /// A search text.
    Query(1..=100, "Reifen", each one_line);
    /// Which of the installation's apps it is.
    AppName(1..=40, "default", each one_line);
    /// The version of an app.
    AppVersion(1..=40, "1.4.2", each one_line);
    /// The digits of a one-time code.
    CodeDigits(6..=6, "042117", each one_line);
    /// A code of an authenticator, or a recovery code.
    FactorCode(6..=40, "042117", each one_line);
    /// A secret that a person types or an app stores.
    Secret(1..=512, "correct horse battery staple");
    /// The name of a time zone as IANA writes it.
    TimeZoneName(1..=60, "Europe/Berlin", each one_line);
    /// A code that invites somebody to a town hall's staff.
    InvitationCode(8..=40, "k7mq-2xvd-9hbn-4tpe", each one_line);
    /// A password that somebody chooses.
    NewPassword(12..=128, "correct horse battery staple");
}

/// The address of a page on the web. Only `https` and `http`, so that apps can open it without asking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = "uri", min_length = 10, max_length = 200, pattern = "^https?://[0-9A-Za-z\\[][!-~]*$", example = "https://www.bad-dueben.example/")]
pub struct WebAddress(String);

impl WebAddress {
    /// The address if it is one.
    pub fn parse(text: &str) -> Result<Self, Code> {
        if text.chars().count() > 200 {
            return Err(Code::TooLong);
        }
        if text.chars().count() < 10 {
            return Err(Code::TooShort);
        }
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(Code::NotAllowed)?;
        let host_begins = rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
        if host_begins && rest.chars().all(|c| c.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Code::CharacterNotAllowed)
        }
    }
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether nobody on the way reads along or changes what is there.
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https://")
    }
}
impl TryFrom<String> for WebAddress {
    type Error = Unfit;
    fn try_from(text: String) -> Result<Self, Unfit> {
        Self::parse(&text).map_err(|code| Unfit { code, bounds: Bounds { least: 10, most: 200 } })
    }
}
impl From<WebAddress> for String {
    fn from(address: WebAddress) -> Self {
        address.0
    }
}

/// An e-mail address, lower-cased. Accepts what mail servers accept in practice, not all of RFC 5321.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, format = "email", min_length = 3, max_length = 254, example = "erika@example.org")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address if it is one.
    pub fn parse(text: &str) -> Result<Self, Code> {
        let text = text.trim().to_lowercase();
        if text.chars().count() > 254 {
            return Err(Code::TooLong);
        }
        let bad_char = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\"\\".contains(c);
        let well_formed = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && local.len() <= 64
                && !local.starts_with('.')
                && !local.ends_with('.')
                && !local.contains("..")
                && host.split('.').count() >= 2
                && host.split('.').all(|label| {
                    !label.is_empty()
                        && label.len() <= 63
                        && !label.starts_with('-')
                        && !label.ends_with('-')
                        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                })
        });
        if well_formed && !text.chars().any(bad_char) { Ok(Self(text)) } else { Err(Code::EmailInvalid) }
    }
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl TryFrom<String> for EmailAddress {
    type Error = Unfit;
    fn try_from(text: String) -> Result<Self, Unfit> {
        Self::parse(&text).map_err(|code| Unfit { code, bounds: Bounds { least: 3, most: 254 } })
    }
}
impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one_line_has_no_second() {
        for broken in ["a\nb", "a\rb", "a\tb", "a\u{85}b", "a\u{2028}b", "a\u{2029}b", "a\u{1b}[0mb", "a\0b"]
        {
            assert_eq!(Name::parse(broken), Err(Code::CharacterNotAllowed), "{broken:?}");
            assert_eq!(Line::parse(broken), Err(Code::CharacterNotAllowed), "{broken:?}");
        }
        assert!(Name::parse("Amt für Ordnung – Straße 7").is_ok());
        assert!(Description::parse("erste Zeile\r\nzweite\tZeile").is_ok());
        assert_eq!(Description::parse("vor\u{b}nach"), Err(Code::CharacterNotAllowed));
    }

    #[test]
    fn what_looks_empty_is_empty() {
        for empty in
            ["   ", "\u{200b}\u{200b}\u{200b}", "\u{feff} \u{2060}\u{ad}", "\u{3164}\u{3164}\u{3164}"]
        {
            assert_eq!(Description::parse(empty), Err(Code::TooShort), "{empty:?}");
        }
        assert!(Name::parse("\u{1f469}\u{200d}\u{1f692}").is_ok(), "joiners belong to some signs");
    }

    #[test]
    fn a_name_reads_as_it_is_written() {
        assert_eq!(Name::parse("Amt \u{202e}gnundrO"), Err(Code::CharacterNotAllowed));
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            let said = Description::parse(format!("Rufen Sie {c}034243 7220\u{2069} an"));
            assert_eq!(said.unwrap().as_str(), "Rufen Sie 034243 7220 an");
            assert_eq!(Description::parse(format!("{c}{c}{c}{c}")), Err(Code::TooShort));
            assert_eq!(Line::parse(format!("034243 7220{c}")), Err(Code::CharacterNotAllowed));
        }
    }
}
