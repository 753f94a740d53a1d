//! How many messages a text takes. Each is paid for, so it is known before anything is sent.

use super::alphabet::{plain, septets};

/// How a text is written on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Encoding {
    /// The 7-bit alphabet: 160 septets, or 153 in each part of several.
    Gsm7,
    /// UCS-2: 70 units of 16 bits, or 67 in each part of several.
    Ucs2,
}

impl Encoding {
    /// What fits into a message of its own, and into each part of several.
    const fn room(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }

    fn units(self, character: char) -> usize {
        match self {
            // Only asked for texts whose characters all have them.
            Self::Gsm7 => septets(character).unwrap_or(1),
            Self::Ucs2 => character.len_utf16(),
        }
    }
}

/// What a text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How it is written.
    pub encoding: Encoding,
    /// Septets or 16-bit units.
    pub units: usize,
    /// Messages it is paid as.
    pub segments: usize,
}

impl Length {
    /// Counts a text as it stands. An empty one still is one message.
    pub fn of(text: &str) -> Self {
        let encoding =
            if text.chars().all(|c| septets(c).is_some()) { Encoding::Gsm7 } else { Encoding::Ucs2 };
        let (alone, part) = encoding.room();
        let units = text.chars().map(|c| encoding.units(c)).sum();
        let segments = if units <= alone { 1 } else { parts(text, encoding, part) };
        Self { encoding, units, segments }
    }
}

/// Parts of a long text. An escaped character and a surrogate pair are never torn apart, so a part
/// may stay one unit short.
fn parts(text: &str, encoding: Encoding, room: usize) -> usize {
    let (mut parts, mut used) = (1, 0);
    for character in text.chars() {
        let units = encoding.units(character);
        if used + units > room {
            parts += 1;
            used = 0;
        }
        used += units;
    }
    parts
}

/// A text ready to be sent: with plain quotation marks, dashes and blanks, and never cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    text: String,
    length: Length,
}

impl Sms {
    /// Most messages one text may take: 6 × 153 characters.
    pub const MOST_SEGMENTS: usize = 6;

    /// Makes the text plain and counts it.
    pub fn new(text: &str) -> Self {
        let text = plain(text);
        Self { length: Length::of(&text), text }
    }

    /// The words as they are sent.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it takes.
    pub fn length(&self) -> Length {
        self.length
    }

    /// Whether it may be sent: never cut silently, so too long is refused.
    pub fn fits(&self) -> bool {
        self.length.segments <= Self::MOST_SEGMENTS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_row_for_each_limit() {
        for (text, encoding, units, segments) in [
            (String::new(), Encoding::Gsm7, 0, 1),
            ("a".repeat(160), Encoding::Gsm7, 160, 1),
            ("a".repeat(161), Encoding::Gsm7, 161, 2),
            ("a".repeat(306), Encoding::Gsm7, 306, 2),
            ("a".repeat(307), Encoding::Gsm7, 307, 3),
            ("ß".repeat(160), Encoding::Gsm7, 160, 1),
            ("€".repeat(80), Encoding::Gsm7, 160, 1),
            ("€".repeat(81), Encoding::Gsm7, 162, 2),
            // 153 is odd: each part holds 76 escaped characters.
            ("€".repeat(153), Encoding::Gsm7, 306, 3),
            ("ő".repeat(70), Encoding::Ucs2, 70, 1),
            ("ő".repeat(71), Encoding::Ucs2, 71, 2),
            ("ő".repeat(134), Encoding::Ucs2, 134, 2),
            ("ő".repeat(135), Encoding::Ucs2, 135, 3),
            ("😀".repeat(35), Encoding::Ucs2, 70, 1),
            // 67 is odd: each part holds 33 pairs.
            ("😀".repeat(67), Encoding::Ucs2, 134, 3),
        ] {
            assert_eq!(Length::of(&text), Length { encoding, units, segments }, "{text}");
        }
    }

    #[test]
    fn typesetting_costs_nothing() {
        let set = format!("„Wasser“ – bis 12\u{a0}Uhr… {}", "x".repeat(120));
        assert_eq!(Length::of(&set).segments, 3);
        let sms = Sms::new(&set);
        assert_eq!((sms.length().encoding, sms.length().segments), (Encoding::Gsm7, 1));
    }

    #[test]
    fn too_long_is_said_and_not_cut() {
        assert!(Sms::new(&"a".repeat(918)).fits());
        let sms = Sms::new(&"a".repeat(919));
        assert!(!sms.fits());
        assert_eq!(sms.text().len(), 919);
    }

    proptest! {
        #[test]
        fn the_parts_hold_the_whole_text(text in "\\PC{0,400}") {
            let Length { encoding, units, segments } = Length::of(&text);
            let (alone, part) = encoding.room();
            let room = if segments == 1 { alone } else { segments * part };
            prop_assert!(units <= room);
            prop_assert!(segments == 1 || units > alone);
        }
    }
}
