//! Reading what a person would read out of a letter.

use simulators::smtp::{Mail, SmtpSink};

use super::PATIENCE;
use crate::cli::Failure;

/// The first letter to somebody for which `wanted` holds, among those that came or still come.
pub async fn to(sink: &SmtpSink, address: &str, wanted: impl Fn(&Mail) -> bool) -> Result<Mail, Failure> {
    let theirs = |mail: &Mail| mail.recipients.iter().any(|to| to == address) && wanted(mail);
    let missing = |_| format!("no such letter to {address} came within {PATIENCE:?}");
    Ok(sink.wait_until(PATIENCE, theirs).await.map_err(missing)?)
}

/// The one-time code in a letter: the only word of six or more digits.
pub fn code(text: &str) -> Result<String, Failure> {
    let all_digits = |word: &&str| word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.split(|c: char| !c.is_alphanumeric()).find(all_digits);
    Ok(code.ok_or("the letter holds no code")?.to_owned())
}

/// The first link in a letter that contains `part`.
pub fn link(text: &str, part: &str) -> Result<String, Failure> {
    let found = text.split_whitespace().find(|word| word.starts_with("http") && word.contains(part));
    found.map(str::to_owned).ok_or_else(|| format!("the letter holds no link with {part}").into())
}

/// The value of a hidden field in the page behind a link.
pub fn field(page: &str, name: &str) -> Result<String, Failure> {
    let input = page.split('<').find(|tag| tag.contains(&format!("name=\"{name}\"")));
    let value = input.and_then(|tag| tag.split_once("value=\"")?.1.split_once('"'));
    value.map(|(value, _)| value.to_owned()).ok_or_else(|| format!("the page has no field {name}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_links_are_found() {
        let letter =
            "Guten Tag,\n\nIhr Code: 493021.\nErreichbar bis 24.11. unter https://example.org/d/abc\n";
        assert_eq!(code(letter).unwrap(), "493021");
        assert_eq!(link(letter, "/d/").unwrap(), "https://example.org/d/abc");
        let page = r#"<form><input type="hidden" name="version" value="3"><button>"#;
        assert_eq!(field(page, "version").unwrap(), "3");
        assert!(code("Ihr Code steht hier nicht.").is_err());
        assert!(link(letter, "/x/").is_err());
    }
}
