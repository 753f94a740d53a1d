//! Looking for words in what a citizen wrote.
//!
//! Case, umlauts and punctuation do not matter: `Müll`, `MUELL` and `muell` are one. A needle is
//! found anywhere inside a word, because German writes compounds as one word: `reifen` finds
//! *Altreifen*. In double quotes it must stand alone: `"rad"` finds *Rad* and not *gerade*.

use crate::text::Needle;

/// Text in the form in which it is compared: lower case, ä ö ü ß as ae oe ue ss, everything that is
/// neither letter nor digit as one blank, a blank at either end.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 8);
    folded.push(' ');
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            // A separate diaeresis, as macOS and some keyboards write umlauts.
            '\u{308}' => folded.push('e'),
            c if c.is_alphanumeric() => folded.push(c),
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

/// What to look for in folded text; none where the needle has neither letter nor digit.
pub fn pattern(needle: &Needle) -> Option<String> {
    let text = needle.as_str().trim();
    let alone = text.len() > 1 && text.starts_with('"') && text.ends_with('"');
    let folded = fold(text);
    let bare = folded.trim();
    if bare.is_empty() {
        None
    } else if alone {
        Some(format!(" {bare} "))
    } else {
        Some(bare.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needle: &str, text: &str) -> bool {
        let needle = Needle::parse(needle).unwrap();
        pattern(&needle).is_some_and(|pattern| fold(text).contains(&pattern))
    }

    #[test]
    fn case_and_umlauts_do_not_matter() {
        for needle in ["Müll", "muell", "MÜLL", "Mu\u{308}ll"] {
            for text in ["müll", "Hier liegt MUELL!", "Sperrmüll am Weg", "MU\u{308}LL"] {
                assert!(found(needle, text), "{needle} in {text}");
            }
        }
        assert!(found("Straße", "STRASSE"));
        assert!(found("strasse", "Leipziger Straße 12a"));
        assert!(!found("Müll", "Mull"));
    }

    #[test]
    fn compounds_are_found_unless_the_word_must_stand_alone() {
        assert!(found("reifen", "Altreifen am Waldrand"));
        assert!(found("rad", "kommt gerade vorbei"));
        assert!(!found("\"rad\"", "kommt gerade vorbei"));
        for text in ["Rad", "ein (Rad)", "altes Rad.", "Rad-Weg"] {
            assert!(found("\"rad\"", text), "{text}");
        }
    }

    #[test]
    fn punctuation_and_line_breaks_are_blanks() {
        assert!(found("rote Ampel", "Die rote,\n  Ampel"));
        assert!(found("E-Scooter", "e scooter quer auf dem Weg"));
        assert!(!found("scooter weg", "Scooter auf dem Weg"));
    }

    #[test]
    fn a_needle_of_signs_is_no_needle() {
        for signs in ["!", "\"\"", "\"", "… ?"] {
            assert_eq!(pattern(&Needle::parse(signs).unwrap()), None, "{signs}");
        }
    }
}
