//! What a broadcast says, and whether it fits into each channel. Nothing is ever cut.

use serde::{Deserialize, Serialize};

use crate::{
    Code, Locale,
    deliveries::{
        Channel, Keys, Severity,
        gateway::{PAUSE, WAITS},
    },
    sms::Sms,
    text::{Announcement, Line, ShortText},
};

/// Characters a call may say: about two minutes.
pub const MOST_SPOKEN: usize = 1_200;
/// Characters somebody reads aloud in a minute.
const SPOKEN_A_MINUTE: usize = 800;

/// The words in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// One line. It is all a phone shows before the app is opened, and an e-mail's subject.
    pub title: Line,
    /// All of it.
    pub body: Announcement,
    /// What a text message and a call say; title and body where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub short: Option<ShortText>,
}

/// The words in German and, where somebody translated them, in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BroadcastTexts)]
pub struct Texts {
    /// German.
    pub de: Wording,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub en: Option<Wording>,
}

impl Texts {
    /// The words in that language, in German where they were not translated.
    pub fn in_locale(&self, locale: Locale) -> &Wording {
        match (locale, &self.en) {
            (Locale::En, Some(wording)) => wording,
            _ => &self.de,
        }
    }

    /// The languages it was written in.
    pub fn locales(&self) -> impl Iterator<Item = Locale> {
        [Some(Locale::De), self.en.as_ref().map(|_| Locale::En)].into_iter().flatten()
    }

    /// Every text of it, with its place in a request.
    pub fn all(&self) -> impl Iterator<Item = (String, &str)> {
        [("de", Some(&self.de)), ("en", self.en.as_ref())].into_iter().flat_map(|(locale, wording)| {
            let at = move |member: &str| format!("/texts/{locale}/{member}");
            wording.into_iter().flat_map(move |wording| {
                let short = wording.short.as_ref().map(|short| (at("short"), short.as_str()));
                [(at("title"), wording.title.as_str()), (at("body"), wording.body.as_str())]
                    .into_iter()
                    .chain(short)
            })
        })
    }

    /// The same with every text rewritten.
    ///
    /// # Errors
    /// Those of `rewrite`, and those of texts that no longer keep their bounds.
    pub fn rewritten(&self, rewrite: impl Fn(&str, Locale) -> Result<String, Code>) -> Result<Self, Code> {
        let wording = |wording: &Wording, locale| -> Result<Wording, Code> {
            let short =
                wording.short.as_ref().map(|short| ShortText::parse(rewrite(short.as_str(), locale)?));
            Ok(Wording {
                title: Line::parse(rewrite(wording.title.as_str(), locale)?)?,
                body: Announcement::parse(rewrite(wording.body.as_str(), locale)?)?,
                short: short.transpose()?,
            })
        };
        let en = self.en.as_ref().map(|en| wording(en, Locale::En));
        Ok(Self { de: wording(&self.de, Locale::De)?, en: en.transpose()? })
    }

    /// How much of each channel's room the words take, in each language they were written in.
    pub fn limits(&self, town: &str, severity: Severity) -> Vec<Limit> {
        let measured = |locale| {
            let wording = self.in_locale(locale);
            let sms = Sms::new(&wording.text_message(town, severity, locale));
            let spoken = wording.spoken(town, locale).chars().count();
            [
                Limit {
                    channel: Channel::Sms,
                    locale,
                    used: sms.length().segments,
                    most: Sms::MOST_SEGMENTS,
                    fits: sms.fits(),
                },
                Limit {
                    channel: Channel::Voice,
                    locale,
                    used: spoken,
                    most: MOST_SPOKEN,
                    fits: spoken <= MOST_SPOKEN,
                },
            ]
        };
        self.locales().flat_map(measured).collect()
    }
}

/// How much of a channel's room a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The channel.
    pub channel: Channel,
    /// The language.
    pub locale: Locale,
    /// Messages for SMS, characters for a call.
    pub used: usize,
    /// The most there may be.
    pub most: usize,
    /// Whether it may be sent.
    pub fits: bool,
}

impl Wording {
    fn told(&self) -> String {
        match &self.short {
            Some(short) => short.to_string(),
            None => format!("{}. {}", self.title.as_str().trim_end_matches('.'), self.body),
        }
    }

    /// The words as a text message.
    pub fn text_message(&self, town: &str, severity: Severity, locale: Locale) -> String {
        let told = self.told();
        let answer = match (severity, locale) {
            (Severity::Crisis, Locale::De) => " Bitte mit OK antworten. STOPP beendet.",
            (Severity::Crisis, Locale::En) => " Please answer OK. STOP ends this.",
            (_, Locale::De) => " STOPP beendet.",
            (_, Locale::En) => " STOP ends this.",
        };
        format!("{town}: {told}{answer}")
    }

    /// The words as a call says them. What keys do is said after it.
    pub fn spoken(&self, town: &str, locale: Locale) -> String {
        let told = self.told();
        match locale {
            Locale::De => format!("Guten Tag, hier ist das Rathaus {town}. {told}"),
            Locale::En => format!("Hello, this is the town hall of {town}. {told}"),
        }
    }

    /// Minutes a call that says it is paid as at most, rounded up: the words, what the keys do, and where nobody
    /// presses one, the words once more.
    pub fn minutes(&self, town: &str, locale: Locale) -> u64 {
        let words = self.spoken(town, locale).chars().count();
        let menu = Keys::Heard.menu(locale).chars().count();
        let silence = usize::try_from(PAUSE + WAITS).unwrap_or_default() * SPOKEN_A_MINUTE / 60;
        let length = words.saturating_mul(2).saturating_add(menu).saturating_add(silence);
        u64::try_from(length.div_ceil(SPOKEN_A_MINUTE)).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(body: &str) -> Texts {
        let wording = Wording {
            title: Line::parse("Hochwasser an der Mulde").unwrap(),
            body: Announcement::parse(body).unwrap(),
            short: None,
        };
        Texts { de: wording, en: None }
    }

    fn fits(texts: &Texts) -> Vec<bool> {
        texts.limits("Bad Düben", Severity::Crisis).iter().map(|limit| limit.fits).collect()
    }

    #[test]
    fn what_does_not_fit_is_said_channel_by_channel() {
        let town = "Bad Düben";
        assert_eq!(fits(&texts("Bitte verlassen Sie die Keller.")), [true, true]);
        let long = texts(&"Wasser ".repeat(150));
        assert_eq!(fits(&long), [false, true]);
        let longer = texts(&"Wasser ".repeat(300));
        assert_eq!(fits(&longer), [false, false]);
        let mut shortened = longer.clone();
        shortened.de.short = Some(ShortText::parse("Keller verlassen!").unwrap());
        assert_eq!(fits(&shortened), [true, true]);
        assert_eq!(shortened.de.minutes(town, Locale::De), 1);
        assert!(!shortened.de.text_message(town, Severity::Crisis, Locale::De).contains("Wasser Wasser"));
    }

    #[test]
    fn a_call_is_paid_for_all_it_says() {
        // Said once, these words fill less than a minute; a call says them twice, and what its keys do.
        let short = texts(&"Wasser ".repeat(80)).de;
        assert!(short.spoken("Bad Düben", Locale::De).chars().count() < SPOKEN_A_MINUTE);
        assert_eq!(short.minutes("Bad Düben", Locale::De), 2);
    }

    #[test]
    fn typographic_signs_do_not_make_a_text_message_dearer() {
        let plain = texts("Keller \"bitte\" verlassen - jetzt");
        let curly = texts("Keller „bitte“ verlassen – jetzt");
        let used =
            |texts: &Texts| texts.limits("Bad Düben", Severity::Important).first().map(|limit| limit.used);
        assert_eq!(used(&plain), used(&curly));
    }
}
