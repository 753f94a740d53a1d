//! Lines of an iCalendar file (RFC 5545, 3.1) with their numbers, read as forgivingly as districts write
//! them: any line ends, any charset, text that goes on without being folded, markup inside text.

use encoding_rs::{Encoding, WINDOWS_1252};

/// One property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentLine {
    /// The number of its first line in the file, from 1.
    pub number: u32,
    /// Its name in capitals.
    pub name: String,
    /// Its parameters, names in capitals.
    pub parameters: Vec<(String, String)>,
    /// Its value as it is written.
    pub value: String,
}

impl ContentLine {
    /// A parameter in capitals.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_uppercase())
    }

    /// The value as text for people: without escapes and markup, on lines without surrounding blanks.
    pub fn text(&self) -> String {
        let text = plain(&unescaped(&self.value));
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The text of a file: by its mark, as UTF-8, or else as Windows wrote in Western Europe. What was turned
/// into UTF-8 twice, `RestmÃ¼ll`, is turned back once.
pub fn decoded(bytes: &[u8]) -> String {
    decoded_or(bytes, WINDOWS_1252)
}

/// The same, in that charset where it has no mark and is not UTF-8.
pub fn decoded_or(bytes: &[u8], otherwise: &'static Encoding) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode_with_bom_removal(bytes).0.into_owned();
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => return otherwise.decode_without_bom_handling(bytes).0.into_owned(),
    };
    let twice = ["Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã„", "Ã–", "Ãœ"];
    if !twice.iter().any(|mark| text.contains(mark)) {
        return text;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(&text);
    match String::from_utf8(bytes.into_owned()) {
        Ok(once) if !unmappable => once,
        _ => text,
    }
}

/// The properties of a file, `BEGIN` and `END` among them.
pub fn content_lines(text: &str) -> Vec<ContentLine> {
    let mut lines: Vec<ContentLine> = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let folded = line.strip_prefix([' ', '\t']);
        match (folded, parsed(number, line), lines.last_mut()) {
            (Some(rest), _, Some(last)) => last.value.push_str(rest),
            (None, Some(line), _) => lines.push(line),
            // A text with a line end of its own. What begins or ends something has no text.
            (None, None, Some(last)) if !line.is_empty() && last.has_text() => {
                last.value.push_str("\\n");
                last.value.push_str(line);
            }
            _ => {}
        }
    }
    lines
}

impl ContentLine {
    fn has_text(&self) -> bool {
        !matches!(self.name.as_str(), "BEGIN" | "END")
    }
}

/// `NAME;PARAMETER=VALUE:VALUE`; none where the line is not of that form.
fn parsed(number: u32, line: &str) -> Option<ContentLine> {
    let end = line.find([';', ':'])?;
    let (name, mut rest) = line.split_at_checked(end)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let mut parameters = Vec::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let mut quoted = false;
        let end = parameter.find(|c: char| {
            quoted ^= c == '"';
            !quoted && matches!(c, ';' | ':')
        })?;
        let (parameter, after) = parameter.split_at_checked(end)?;
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        parameters.push((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()));
        rest = after;
    }
    let value = rest.strip_prefix(':')?.to_owned();
    Some(ContentLine { number, name: name.to_ascii_uppercase(), parameters, value })
}

/// A TEXT value (RFC 5545, 3.3.11).
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            c => text.push(c),
        }
    }
    text
}

/// The text without markup: tags are gone, those that end a line do so, and entities are characters.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match after.split_once('>').filter(|_| is_tag) {
            Some((tag, after)) => {
                let name: String =
                    tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
                if matches!(name.to_ascii_lowercase().as_str(), "br" | "p" | "div" | "li" | "tr") {
                    plain.push('\n');
                }
                rest = after;
            }
            None => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&auml;", "ä"),
        ("&ouml;", "ö"),
        ("&uuml;", "ü"),
        ("&Auml;", "Ä"),
        ("&Ouml;", "Ö"),
        ("&Uuml;", "Ü"),
        ("&szlig;", "ß"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        // Last: what it makes is no entity.
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> ContentLine {
        content_lines(text).pop().unwrap()
    }

    #[test]
    fn lines_are_unfolded_and_keep_their_numbers() {
        let text = "BEGIN:VEVENT\r\nSUMMARY;LANGUAGE=\"de;x:y\":Rest\r\n müll\r\nDESCRIPTION:eins\nzwei <b>drei</b>\n\nDTSTART;VALUE=DATE:20260105\n";
        let lines = content_lines(text);
        let seen: Vec<_> = lines.iter().map(|line| (line.number, line.name.as_str(), line.text())).collect();
        assert_eq!(
            seen,
            [
                (1, "BEGIN", "VEVENT".to_owned()),
                (2, "SUMMARY", "Restmüll".to_owned()),
                (4, "DESCRIPTION", "eins\nzwei drei".to_owned()),
                (7, "DTSTART", "20260105".to_owned()),
            ]
        );
        assert_eq!(lines[1].parameter("LANGUAGE").unwrap(), "DE;X:Y");
        assert_eq!(lines[3].parameter("VALUE").unwrap(), "DATE");
    }

    #[test]
    fn text_is_freed_of_markup_and_escapes() {
        assert_eq!(line("SUMMARY:<p>Bio &amp; Rest</p><br/>\\, wei&szlig;").text(), "Bio & Rest\n, weiß");
        assert_eq!(line("SUMMARY:3 < 4 und a<b").text(), "3 < 4 und a<b");
        assert_eq!(line("SUMMARY:&amp;lt;script&amp;gt;").text(), "&lt;script&gt;", "once is enough");
    }

    #[test]
    fn every_charset_is_read() {
        let (latin, _, _) = WINDOWS_1252.encode("SUMMARY:Restmüll");
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("SUMMARY:Restmüll".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let twice = "SUMMARY:RestmÃ¼ll";
        let marked = [b"\xEF\xBB\xBF".as_slice(), "SUMMARY:Restmüll".as_bytes()].concat();
        for bytes in [latin.as_ref(), &utf16, twice.as_bytes(), &marked, "SUMMARY:Restmüll".as_bytes()] {
            assert_eq!(line(&decoded(bytes)).text(), "Restmüll");
        }
    }
}
