//! What citizens wrote, as it may stand in a letter of the town hall. Mail programs turn every word
//! that looks like an address into a link, and a link in this letter would carry the town's name.

/// The text with its addresses readable but dead: `https[:]//evil[.]example/login`.
pub(super) fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            ':' if rest.as_str().starts_with("//") => out.push_str("[:]"),
            // The dots of domain names (RFC 3490, 3.1).
            '.' | '。' | '．' | '｡' if is_in_a_name(before, rest.as_str()) => out.push_str("[.]"),
            _ => out.push(c),
        }
        before = Some(c);
    }
    out
}

/// Whether a dot stands before what may be the end of a domain name: two letters at least, as in
/// `www.example.org`, and not as in `Nr. 12.5` or `z.B.`.
fn is_in_a_name(before: Option<char>, after: &str) -> bool {
    let label = after.chars().take_while(|c| c.is_alphanumeric()).collect::<Vec<_>>();
    before.is_some_and(char::is_alphanumeric) && label.len() >= 2 && label.iter().any(|c| c.is_alphabetic())
}

/// The text without its line breaks.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text set apart line by line, so that it cannot pass for the letter's own words.
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines = text.split(['\n', '\r', '\u{2028}', '\u{2029}']);
    lines.map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_dead_and_prose_is_left_alone() {
        for (written, shown) in [
            ("https://evil.example/a?b=c.d", "https[:]//evil[.]example/a?b=c.d"),
            ("HTTP://127.0.0.1/x und www.evil.de", "HTTP[:]//127.0.0.1/x und www[.]evil[.]de"),
            ("http://2130706433/", "http[:]//2130706433/"),
            ("evil。example", "evil[.]example"),
            ("mailto:a@b.de", "mailto:a@b[.]de"),
            ("xn--dben-0ra.xn--p1ai", "xn--dben-0ra[.]xn--p1ai"),
            (
                "Nr. 12.5, z.B. am 24.11. um 8.30 Uhr: Reifen.",
                "Nr. 12.5, z.B. am 24.11. um 8.30 Uhr: Reifen.",
            ),
        ] {
            assert_eq!(without_links(written), shown);
        }
    }

    #[test]
    fn no_line_stands_outside_the_quotation() {
        assert_eq!(quoted("a\r\nb\u{2028}c"), "> a\n> b\n> c");
    }
}
