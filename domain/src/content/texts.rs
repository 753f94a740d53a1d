//! Words in several languages. German is always among them; it stands in where a translation lacks.

use serde::{Deserialize, Serialize};

use crate::{
    Locale,
    error::{Code, Violation},
    text::{BadText, Line, Notice, Remark},
};

/// Languages one piece may be written in.
pub const MAX_LANGUAGES: usize = 12;

/// A language as ISO 639 writes it: `de`, `en`, `uk`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$", example = "de")]
pub struct Language(String);

impl Language {
    /// The language if it is written as ISO 639 does.
    pub fn parse(text: impl Into<String>) -> Result<Self, Code> {
        let text = text.into();
        match text.len() {
            0 | 1 => Err(Code::TooShort),
            2 | 3 if text.bytes().all(|byte| byte.is_ascii_lowercase()) => Ok(Self(text)),
            2 | 3 => Err(Code::CharacterNotAllowed),
            _ => Err(Code::TooLong),
        }
    }

    /// Its code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Language {
    type Error = BadText;
    fn try_from(text: String) -> Result<Self, BadText> {
        Self::parse(text).map_err(BadText)
    }
}
impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}
impl From<Locale> for Language {
    fn from(locale: Locale) -> Self {
        Self(locale.to_string())
    }
}

/// The words of a piece in one language. Plain text: an empty line ends a paragraph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentText)]
pub struct Text {
    /// Which language.
    pub language: Language,
    /// The heading.
    #[schema(example = "Das Freibad öffnet")]
    pub title: Line,
    /// What lists show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Am Samstag um zehn geht es los.")]
    pub summary: Option<Remark>,
    /// All of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "Am Samstag um zehn geht es los. Der Eintritt ist am ersten Tag frei."
    )]
    pub body: Option<Notice>,
}

/// What a picture shows, for who cannot see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PictureAlternative)]
pub struct Alternative {
    /// Which language.
    pub language: Language,
    /// What the picture shows, in a sentence.
    #[schema(example = "Das Schwimmbecken mit der gelben Rutsche")]
    pub text: Line,
}

/// Something in a language.
pub trait Spoken {
    /// Which one.
    fn language(&self) -> &Language;
}

impl Spoken for Text {
    fn language(&self) -> &Language {
        &self.language
    }
}
impl Spoken for Alternative {
    fn language(&self) -> &Language {
        &self.language
    }
}

/// The words in that language, in German where they were not translated.
pub fn in_language<'a, T: Spoken>(words: &'a [T], language: &Language) -> Option<&'a T> {
    let said_in = |code: &str| words.iter().find(|words| words.language().as_str() == code);
    said_in(language.as_str()).or_else(|| said_in("de")).or(words.first())
}

/// What is wrong with `words` at `pointer`: no German, a language twice, too many.
pub fn faults<T: Spoken>(words: &[T], pointer: &str) -> Vec<Violation> {
    let mut faults = Vec::new();
    if words.len() > MAX_LANGUAGES {
        faults.push(Violation::new(pointer, Code::TooMany));
    }
    if !words.iter().any(|words| words.language().as_str() == "de") {
        faults.push(Violation::new(pointer, Code::Required));
    }
    for (number, word) in words.iter().enumerate() {
        if words.iter().take(number).any(|before| before.language() == word.language()) {
            faults.push(Violation::new(format!("{pointer}/{number}/language"), Code::Contradiction));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternative(language: &str) -> Alternative {
        Alternative {
            language: Language::parse(language).unwrap(),
            text: Line::parse(format!("in {language}")).unwrap(),
        }
    }

    #[test]
    fn german_stands_in() {
        let words = [alternative("en"), alternative("de"), alternative("uk")];
        let said = |code: &str| {
            in_language(&words, &Language::parse(code).unwrap()).unwrap().language.as_str().to_owned()
        };
        assert_eq!((said("uk"), said("en"), said("pl")), ("uk".into(), "en".into(), "de".into()));
        assert!(faults(&words, "/texts").is_empty());
    }

    #[test]
    fn german_is_among_them_and_none_comes_twice() {
        let fault = |words: &[Alternative]| {
            faults(words, "/texts").into_iter().map(|fault| (fault.pointer, fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(fault(&[alternative("en")]), [("/texts".into(), Code::Required)]);
        assert_eq!(fault(&[]), [("/texts".into(), Code::Required)]);
        let twice = [alternative("de"), alternative("de")];
        assert_eq!(fault(&twice), [("/texts/1/language".into(), Code::Contradiction)]);
        let many: Vec<_> = (b'a'..=b'n').map(|c| alternative(&format!("d{}", char::from(c)))).collect();
        assert!(fault(&many).contains(&("/texts".into(), Code::TooMany)));
    }

    #[test]
    fn a_language_is_a_code() {
        for (text, code) in
            [("d", Code::TooShort), ("DE", Code::CharacterNotAllowed), ("deutsch", Code::TooLong)]
        {
            assert_eq!(Language::parse(text), Err(code));
        }
    }
}
