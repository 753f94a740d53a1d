//! What a request must look like. Stricter than Kannel: it ignores what it does not know.

use super::Answer;
use crate::http1::{field, fields};

/// What may be asked for.
const KNOWN: [&str; 13] = [
    "username", "password", "from", "to", "text", "charset", "coding", "validity", "deferred", "priority",
    "dlr-mask", "dlr-url", "smsc",
];
/// The 7-bit alphabet without its extension (3GPP TS 23.038), and the extension.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\u{c}^{}\\[~]|€";

/// A message as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub from: String,
    pub to: String,
    pub text: String,
    /// 0 for the 7-bit alphabet, 2 for UCS-2.
    pub coding: u32,
    /// Which reports are wanted.
    pub dlr_mask: u32,
    /// Where they go; `%d` stands for the status.
    pub dlr_url: Option<String>,
}

impl Message {
    /// Reads a recorded request.
    pub fn of(path: &str) -> Option<Self> {
        let fields = fields(path.split_once('?')?.1.as_bytes());
        let number = |name| field(&fields, name).and_then(|value| value.parse().ok()).unwrap_or_default();
        Some(Self {
            from: field(&fields, "from")?.to_owned(),
            to: field(&fields, "to")?.to_owned(),
            text: field(&fields, "text")?.to_owned(),
            coding: number("coding"),
            dlr_mask: number("dlr-mask"),
            dlr_url: field(&fields, "dlr-url").map(str::to_owned),
        })
    }
}

pub(super) fn check(query: &str, user: &str, password: &str) -> Result<Message, (Answer, String)> {
    let refuse = |sentence: String| Err((Answer::Refuse, sentence));
    let given = fields(query.as_bytes());
    if field(&given, "username") != Some(user) || field(&given, "password") != Some(password) {
        return Err((Answer::Unauthorised, "wrong username or password".into()));
    }
    for (position, (name, _)) in given.iter().enumerate() {
        if !KNOWN.contains(&name.as_str()) {
            return refuse(format!("there is no parameter {name}"));
        }
        if given.iter().take(position).any(|(earlier, _)| earlier == name) {
            return refuse(format!("{name} is given twice"));
        }
    }
    let Some(message) = Message::of(&format!("?{query}")) else {
        return refuse("from, to and text are required".into());
    };
    let digits = message.to.strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("to is not a number in E.164 form".into());
    }
    if message.from.is_empty() || message.from.chars().count() > 16 {
        return refuse("from is empty or too long".into());
    }
    if message.text.is_empty() {
        return refuse("the text is empty".into());
    }
    if field(&given, "charset") != Some("UTF-8") {
        return refuse("charset is not UTF-8".into());
    }
    match (field(&given, "coding"), message.text.chars().all(|c| ALPHABET.contains(c))) {
        (Some("0"), true) | (Some("2"), false) => {}
        (Some("0"), false) => return refuse("the text does not fit the 7-bit alphabet".into()),
        (Some("2"), true) => return refuse("UCS-2 costs twice as much and is not needed".into()),
        _ => return refuse("coding is neither 0 nor 2".into()),
    }
    for (name, range) in
        [("validity", 1..=10_080), ("deferred", 1..=10_080), ("priority", 0..=3), ("dlr-mask", 1..=63)]
    {
        if field(&given, name)
            .is_some_and(|value| !value.parse().is_ok_and(|value: u32| range.contains(&value)))
        {
            return refuse(format!("{name} is out of range"));
        }
    }
    match &message.dlr_url {
        Some(url) if !url.starts_with("http") || !url.contains("%d") => {
            refuse("dlr-url is no address with %d".into())
        }
        Some(_) if message.dlr_mask == 0 => refuse("dlr-url without dlr-mask".into()),
        None if message.dlr_mask != 0 => refuse("dlr-mask without dlr-url".into()),
        _ => Ok(message),
    }
}
