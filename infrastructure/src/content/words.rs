//! Words of others in the bounds of ours: cut where they are too long, without what no text may hold.

use domain::{
    content::{Language, Link, Text},
    error::Code,
    text::{Line, Name, Notice, Remark, WebAddress},
};

use crate::secrets::sha256;

/// Longest key that is kept as it is, in bytes.
const LONGEST_KEY: usize = 200;

/// The text without control characters, cut at a blank where it is longer than `most` characters.
pub fn within(text: &str, most: usize) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let (cut, _) = text.split_at_checked(end).unwrap_or((text, ""));
    // One character less, for what says that there is more.
    let cut = cut.char_indices().next_back().map_or(cut, |(last, _)| cut.get(..last).unwrap_or(cut));
    let whole = cut.rsplit_once(char::is_whitespace).map_or(cut, |(whole, _)| whole);
    format!("{}…", whole.trim_end())
}

/// The text on one line.
pub fn on_one_line(text: &str, most: usize) -> String {
    let is_harmless = |c: &char| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    within(&line.chars().filter(is_harmless).collect::<String>(), most)
}

/// A heading, a summary and all of it, in German. Where the whole is short enough to be the summary, it is.
///
/// # Errors
/// [`Code::TooShort`] where there is no heading.
pub fn german(title: &str, summary: &str, body: &str) -> Result<Text, Code> {
    let title = Line::parse(on_one_line(title, Line::MAX))?;
    let is_short = |text: &str| text.chars().count() <= Remark::MAX;
    let (summary, body) = match (summary, body) {
        ("", body) if is_short(body) => (body, ""),
        (summary, "") if !is_short(summary) => (summary, summary),
        (summary, body) if summary == body => (summary, ""),
        both => both,
    };
    let language = Language::parse("de")?;
    let summary = Remark::parse(within(summary, Remark::MAX)).ok();
    let body = Notice::parse(within(body, Notice::MAX)).ok();
    Ok(Text { language, title, summary, body })
}

/// A page elsewhere, where its address is one that apps can open.
pub fn link(label: &str, url: &str) -> Option<Link> {
    Some(Link { label: Name::parse(label).ok()?, url: WebAddress::parse(url.trim()).ok()? })
}

/// What makes a piece the same one each time, in bounds.
pub fn key(text: &str) -> String {
    let text = text.trim();
    if text.len() <= LONGEST_KEY && !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_them_and_keep_their_bounds() {
        assert_eq!(within("kurz", 10), "kurz");
        assert_eq!(within("eins zwei drei", 10), "eins…");
        assert_eq!(within(&"ä".repeat(12), 10), format!("{}…", "ä".repeat(9)));
        assert_eq!(within("a\u{0}b\nc", 10), "ab\nc");
        assert_eq!(on_one_line(" a\n  b\u{202e}c ", 10), "a bc");
        let long = "Wort ".repeat(5_000);
        let text = german("Titel", "", &long).unwrap();
        assert!(text.summary.is_none() && text.body.unwrap().as_str().ends_with('…'));
        let text = german("Titel", &long, "").unwrap();
        assert!(text.summary.is_some() && text.body.is_some());
        assert_eq!(german(" \n", "x", "").unwrap_err(), Code::TooShort);
    }

    #[test]
    fn a_key_is_short_and_always_the_same() {
        assert_eq!(key(" https://x.example/1 "), "https://x.example/1");
        let long = key(&"x".repeat(1_000));
        assert_eq!((long.len(), key(&"x".repeat(1_000)) == long), (64, true));
        assert_ne!(long, key(&"x".repeat(1_001)));
    }

    #[test]
    fn only_pages_are_linked() {
        assert!(link("Website", "https://www.bad-dueben.example/x").is_some());
        for wrong in ["javascript:alert(1)", "data:text/html,x", "//x.example/", "www.x.example", ""] {
            assert!(link("Website", wrong).is_none(), "{wrong}");
        }
    }
}
