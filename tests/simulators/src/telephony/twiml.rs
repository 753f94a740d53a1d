//! Reads TwiML: the little XML that says what a call does.
//!
//! <https://www.twilio.com/docs/voice/twiml>

/// One step of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Words read aloud, with their language.
    Say { language: String, text: String },
    /// A silence, in seconds.
    Pause(u32),
    /// Waits for keys while it speaks and sends them to `action`.
    Gather { action: String, digits: u32, inner: Vec<Verb> },
    /// Goes on at another address.
    Redirect(String),
    /// The end.
    Hangup,
}

/// Reads a document.
///
/// # Errors
/// A sentence that names what is wrong.
pub fn read(text: &str) -> Result<Vec<Verb>, String> {
    let mut reader = Reader { rest: text.trim_start() };
    if let Some(rest) = reader.rest.strip_prefix("<?xml") {
        reader.rest = rest.split_once("?>").ok_or("the XML declaration does not end")?.1;
    }
    match reader.element()? {
        Some(root) if root.name == "Response" && reader.rest.trim().is_empty() => {
            root.children.into_iter().map(verb).collect()
        }
        _ => Err("the document is not one Response".into()),
    }
}

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// All attributes must be among `known`.
    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(format!("{} has no attribute {name}", self.name)),
            None => Ok(()),
        }
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn verb(element: Element) -> Result<Verb, String> {
    match element.name.as_str() {
        "Say" => {
            element.only(&["language", "voice", "loop"])?;
            let language = element.attribute("language").ok_or("Say names no language")?.to_owned();
            let text = element.text.trim().to_owned();
            if text.is_empty() || text.chars().count() > 4096 {
                return Err("Say has no text, or more than 4,096 characters".into());
            }
            Ok(Verb::Say { language, text })
        }
        "Pause" => {
            element.only(&["length"])?;
            let length = element.attribute("length").unwrap_or("1").parse();
            length.map(Verb::Pause).map_err(|_| "the length of a Pause is no number".into())
        }
        "Gather" => {
            element.only(&[
                "action",
                "method",
                "numDigits",
                "timeout",
                "input",
                "finishOnKey",
                "actionOnEmptyResult",
            ])?;
            let action = element.attribute("action").ok_or("Gather names no action")?.to_owned();
            if element.attribute("method").is_some_and(|method| method != "POST") {
                return Err("Gather sends by another method than POST".into());
            }
            let digits = element.attribute("numDigits").unwrap_or("1").parse();
            let digits = digits.map_err(|_| "numDigits is no number")?;
            let inner = element.children.into_iter().map(verb).collect::<Result<Vec<_>, _>>()?;
            if inner.iter().any(|verb| !matches!(verb, Verb::Say { .. } | Verb::Pause(_))) {
                return Err("Gather holds something else than Say and Pause".into());
            }
            Ok(Verb::Gather { action, digits, inner })
        }
        "Redirect" => Ok(Verb::Redirect(element.text.trim().to_owned())),
        "Hangup" => element.only(&[]).map(|()| Verb::Hangup),
        other => Err(format!("there is no verb {other}")),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// The next element; none at a closing tag.
    fn element(&mut self) -> Result<Option<Element>, String> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with("</") {
            return Ok(None);
        }
        let (tag, rest) = self
            .rest
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
            .ok_or("something is not an element")?;
        self.rest = rest;
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut element =
            Element { name: name.to_owned(), attributes: read_attributes(attributes)?, ..Element::default() };
        if closed {
            return Ok(Some(element));
        }
        loop {
            let (text, _) = self.rest.split_once('<').ok_or("an element does not end")?;
            element.text.push_str(&unescaped(text)?);
            self.rest = self.rest.get(text.len()..).unwrap_or_default();
            match self.element()? {
                Some(child) => element.children.push(child),
                None => break,
            }
        }
        self.rest = self
            .rest
            .strip_prefix("</")
            .and_then(|rest| rest.strip_prefix(name))
            .and_then(|rest| rest.strip_prefix('>'))
            .ok_or_else(|| format!("{name} is not closed"))?;
        Ok(Some(element))
    }
}

fn read_attributes(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or("an attribute has no value")?;
        let (value, after) = after.split_once('"').ok_or("an attribute does not end")?;
        found.push((name.trim().to_owned(), unescaped(value)?));
        rest = after.trim_start();
    }
    Ok(found)
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').ok_or("an ampersand is not escaped")?;
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" | "#34" => '"',
            "apos" | "#39" | "#x27" => '\'',
            other => return Err(format!("there is no entity {other}")),
        });
        out.push_str(rest);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_read() {
        let document = r#"<?xml version="1.0" encoding="UTF-8"?>
            <Response><Gather action="https://x.example/a?b=1&amp;c=2" numDigits="1" timeout="5"><Say language="de-DE">Hallo &amp; guten Tag</Say></Gather><Pause length="2"/><Hangup/></Response>"#;
        assert_eq!(
            read(document).unwrap(),
            [
                Verb::Gather {
                    action: "https://x.example/a?b=1&c=2".into(),
                    digits: 1,
                    inner: vec![Verb::Say { language: "de-DE".into(), text: "Hallo & guten Tag".into() }],
                },
                Verb::Pause(2),
                Verb::Hangup,
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (document, sentence) in [
            ("", "something is not"),
            ("<Response>", "does not end"),
            ("<Response></Answer>", "not closed"),
            ("<Response><Dial/></Response>", "no verb Dial"),
            ("<Response><Say>Hallo</Say></Response>", "no language"),
            ("<Response><Say language=\"de-DE\"></Say></Response>", "no text"),
            ("<Response><Say language=\"de-DE\">a & b</Say></Response>", "ampersand"),
            ("<Response><Gather><Hangup/></Gather></Response>", "no action"),
            ("<Response><Hangup when=\"now\"/></Response>", "no attribute when"),
            ("<Response/><Response/>", "not one Response"),
        ] {
            assert!(read(document).unwrap_err().contains(sentence), "{document}");
        }
    }
}
