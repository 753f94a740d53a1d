//! The words people agree to. A version never changes; another wording is another version.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Code, Locale, text::BadText};

/// Names the words somebody agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, utoipa::ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 20, example = "2026-11")]
pub struct TextVersion(&'static str);

/// Longest name of a version, in characters.
const LONGEST: usize = 20;

/// The words one agrees to today.
pub const CURRENT: TextVersion = TextVersion("2026-11");

/// Words of an earlier system or form: they lie with the proof.
pub const EARLIER: TextVersion = TextVersion("earlier");

/// Words in both languages.
#[derive(Clone, Copy, Debug)]
pub struct ConsentText {
    /// Their name.
    pub version: TextVersion,
    de: &'static str,
    en: &'static str,
}

/// All that were ever in use, so that what somebody agreed to can be shown.
const TEXTS: [ConsentText; 2] = [
    ConsentText {
        version: CURRENT,
        de: "Ich möchte Mitteilungen meiner Kommune zu den gewählten Themen auf den gewählten Wegen erhalten. \
         Dafür speichert die Kommune meine Kontaktdaten und meine Auswahl. Ich kann das jederzeit und für \
         jeden Weg beenden: in der App, über den Link in jeder E-Mail, mit STOPP als Antwort auf eine SMS, \
         mit der Taste 9 am Telefon oder im Rathaus. Was bis dahin geschah, bleibt rechtmäßig.",
        en: "I want my municipality to tell me about the topics I chose, in the ways I chose. For that it keeps \
         my contact details and my choice. I can end this at any time and for each way: in the app, by the \
         link in every e-mail, by answering a text message with STOPP, with key 9 on the telephone or at the \
         town hall. What was done until then stays lawful.",
    },
    ConsentText {
        version: EARLIER,
        de: "Die Worte, denen früher zugestimmt wurde, liegen bei dem Nachweis, den die Kommune dazu nennt.",
        en: "The words that were agreed to earlier lie with the proof that the municipality names.",
    },
];

impl TextVersion {
    /// The version of that name.
    ///
    /// # Errors
    /// [`Code::UnknownReference`] for words that were never in use.
    pub fn parse(name: &str) -> Result<Self, Code> {
        let known = TEXTS.iter().find(|text| text.version.0 == name);
        known.map(|text| text.version).ok_or(Code::UnknownReference)
    }

    /// The words.
    pub fn words(self, locale: Locale) -> &'static str {
        let text = TEXTS.iter().find(|text| text.version == self);
        text.map(|text| text.words(locale)).unwrap_or_default()
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl<'de> Deserialize<'de> for TextVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let long = name.chars().count() > LONGEST;
        let version = if long { Err(Code::TooLong) } else { Self::parse(&name) };
        version.map_err(|code| D::Error::custom(BadText(code)))
    }
}

impl Serialize for TextVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl ConsentText {
    /// The words one agrees to today.
    pub fn current() -> Self {
        let [text, _] = TEXTS;
        text
    }

    /// The words.
    pub fn words(self, locale: Locale) -> &'static str {
        match locale {
            Locale::De => self.de,
            Locale::En => self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_were_in_use_can_be_agreed_to() {
        assert_eq!(TextVersion::parse("2026-11"), Ok(CURRENT));
        assert_eq!(TextVersion::parse("2020-01"), Err(Code::UnknownReference));
        assert_eq!(ConsentText::current().version, CURRENT);
        assert_ne!(ConsentText::current().words(Locale::De), ConsentText::current().words(Locale::En));
    }
}
