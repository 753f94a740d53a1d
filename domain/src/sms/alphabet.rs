//! The 7-bit alphabet of text messages (3GPP TS 23.038, section 6.2.1) and what to write in place of
//! characters that typesetting likes and it does not have.

/// The basic alphabet in the order of its codes; the escape to the extension left out.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Written as escape and code: two septets each.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How many septets a character takes; none where the alphabet lacks it.
pub fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// The text with quotation marks, dashes, dots and blanks of typesetting replaced by their plain
/// forms. One of them alone would more than halve what fits into a message. Everything else stays.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '„' | '“' | '”' | '‟' | '«' | '»' | '″' => plain.push('"'),
            '‚' | '‘' | '’' | '‛' | '‹' | '›' | '′' | '´' | '`' => plain.push('\''),
            '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => plain.push('-'),
            '…' => plain.push_str("..."),
            '•' | '·' => plain.push('-'),
            // No-break, narrow and other blanks.
            '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\t' => {
                plain.push(' ');
            }
            '\u{2028}' | '\u{2029}' => plain.push('\n'),
            // Soft hyphen, zero-width blank and byte-order mark show nothing.
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => {}
            'ẞ' => plain.push_str("SS"),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_whole() {
        // 128 codes less the escape; ten in the extension.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        assert!("äöüÄÖÜß§".chars().all(|c| septets(c) == Some(1)));
        assert!("€^{}[]~|\\".chars().all(|c| septets(c) == Some(2)));
        assert!("„“–…\u{a0}çœ😀ő".chars().all(|c| septets(c).is_none()));
    }

    #[test]
    fn typesetting_becomes_plain() {
        for (set, text) in [
            ("„Wasser“ – ‚Strom‘", "\"Wasser\" - 'Strom'"),
            ("bis 12\u{a0}Uhr…", "bis 12 Uhr..."),
            ("10\u{202f}km", "10 km"),
            ("Rat\u{ad}haus", "Rathaus"),
            ("STRAẞE", "STRASSE"),
            ("Preis: 5 €", "Preis: 5 €"),
            ("Žižka 😀", "Žižka 😀"),
        ] {
            assert_eq!(plain(set), text);
        }
        let every = "„“”‟«»″‚‘’‛‹›′´`‐‑‒–—―−…•·\u{a0}\u{2009}\u{202f}";
        assert!(plain(every).chars().all(|c| septets(c).is_some()));
    }
}
