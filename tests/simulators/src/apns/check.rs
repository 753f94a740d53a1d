//! The rules for a request's line and headers. The first broken rule decides the answer.

use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, Request};
use uuid::Uuid;

use super::{Credentials, answer::Reason, payload, provider_token::ProviderTokens};

/// A broken rule: Apple's reason and a sentence for whoever looks for the mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) reason: Reason,
    pub(super) sentence: String,
}

impl Violation {
    pub(super) fn new(reason: Reason, sentence: impl Into<String>) -> Self {
        Self { reason, sentence: sentence.into() }
    }
}

/// Apple's push types, and what is appended to the app's topic for each.
const PUSH_TYPES: [(&str, &str); 11] = [
    ("alert", ""),
    ("background", ""),
    ("mdm", ""),
    ("controls", ".push-type.controls"),
    ("widgets", ".push-type.widgets"),
    ("liveactivity", ".push-type.liveactivity"),
    ("location", ".location-query"),
    ("voip", ".voip"),
    ("complication", ".complication"),
    ("fileprovider", ".pushkit.fileprovider"),
    ("pushtotalk", ".voip-ptt"),
];

/// Seconds since 1970 between 2001 and 2286: a value outside is a duration or counted in milliseconds.
const PLAUSIBLE_TIMES: std::ops::Range<u64> = 1_000_000_000..10_000_000_000;

/// The device token in a request's path, or an empty string.
pub(super) fn device_token(path: &str) -> &str {
    path.strip_prefix("/3/device/").unwrap_or_default()
}

/// Checks everything about a request.
pub(super) fn check<B: AsRef<[u8]>>(
    request: &Request<B>,
    credentials: &Credentials,
    tokens: &ProviderTokens,
    now: DateTime<Utc>,
) -> Result<(), Violation> {
    check_line(request.method(), request.uri())?;
    let headers = request.headers();
    no_duplicates(headers)?;
    tokens.check(text(headers, "authorization"), now)?;
    check_id(headers)?;
    let push_type = check_push_type(headers)?;
    check_topic(headers, &credentials.topic, push_type)?;
    let priority = check_priority(headers)?;
    check_expiration(headers)?;
    check_collapse_id(headers)?;
    if push_type.0 == "background" && priority != "5" {
        let sentence = "a background push must have apns-priority 5";
        return Err(Violation::new(Reason::BadPriority, sentence));
    }
    payload::check(request.body().as_ref(), push_type.0)
}

fn check_line(method: &Method, uri: &http::Uri) -> Result<(), Violation> {
    if method != Method::POST {
        return Err(Violation::new(Reason::MethodNotAllowed, "the method is not POST"));
    }
    if !uri.path().starts_with("/3/device/") || uri.query().is_some() {
        return Err(Violation::new(Reason::BadPath, "the path is not /3/device/{token}"));
    }
    let token = device_token(uri.path());
    if token.is_empty() {
        return Err(Violation::new(Reason::MissingDeviceToken, "no device token in the path"));
    }
    if token.contains('/') {
        return Err(Violation::new(Reason::BadPath, "something follows the device token"));
    }
    let hexadecimal = token.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !hexadecimal || !(64..=200).contains(&token.len()) || !token.len().is_multiple_of(2) {
        let sentence = "the device token is not 64 to 200 hexadecimal digits";
        return Err(Violation::new(Reason::BadDeviceToken, sentence));
    }
    Ok(())
}

fn no_duplicates(headers: &HeaderMap) -> Result<(), Violation> {
    if headers.len() == headers.keys_len() {
        return Ok(());
    }
    let twice = headers.keys().find(|name| headers.get_all(*name).iter().count() > 1);
    let name = twice.map_or("", |name| name.as_str());
    Err(Violation::new(Reason::DuplicateHeaders, format!("header {name} occurs more than once")))
}

fn check_id(headers: &HeaderMap) -> Result<(), Violation> {
    let Some(id) = text(headers, "apns-id") else {
        return Ok(());
    };
    match Uuid::try_parse(id) {
        Ok(parsed) if parsed.hyphenated().to_string() == id => Ok(()),
        _ => Err(Violation::new(Reason::BadMessageId, "apns-id is not a canonical lower-case UUID")),
    }
}

fn check_push_type(headers: &HeaderMap) -> Result<(&'static str, &'static str), Violation> {
    let Some(value) = text(headers, "apns-push-type") else {
        return Err(Violation::new(Reason::InvalidPushType, "no header apns-push-type"));
    };
    PUSH_TYPES
        .into_iter()
        .find(|(name, _)| *name == value)
        .ok_or_else(|| Violation::new(Reason::InvalidPushType, "apns-push-type is none of Apple's"))
}

fn check_topic(headers: &HeaderMap, app: &str, (push_type, suffix): (&str, &str)) -> Result<(), Violation> {
    let Some(topic) = text(headers, "apns-topic") else {
        return Err(Violation::new(Reason::MissingTopic, "no header apns-topic"));
    };
    let well_formed = topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if topic.is_empty() || !well_formed {
        return Err(Violation::new(Reason::BadTopic, "apns-topic is not a bundle id"));
    }
    match topic.strip_prefix(app) {
        Some(rest) if rest == suffix => Ok(()),
        Some(rest) if rest.is_empty() || rest.starts_with('.') => Err(Violation::new(
            Reason::BadTopic,
            format!("for push type {push_type} the topic must be {app}{suffix}"),
        )),
        _ => Err(Violation::new(Reason::TopicDisallowed, "apns-topic is another app's")),
    }
}

/// Apple takes 10 when there is none; here it has to be said.
fn check_priority(headers: &HeaderMap) -> Result<&str, Violation> {
    match text(headers, "apns-priority") {
        Some(value @ ("1" | "5" | "10")) => Ok(value),
        Some(_) => Err(Violation::new(Reason::BadPriority, "apns-priority is not 1, 5 or 10")),
        None => Err(Violation::new(Reason::BadPriority, "no header apns-priority")),
    }
}

/// Apple keeps a push for up to 30 days when there is none: yesterday's warning would ring tomorrow.
fn check_expiration(headers: &HeaderMap) -> Result<(), Violation> {
    let bad = |sentence| Err(Violation::new(Reason::BadExpirationDate, sentence));
    let Some(value) = text(headers, "apns-expiration") else {
        return bad("no header apns-expiration");
    };
    match value.parse::<u64>() {
        Ok(0) => Ok(()),
        Ok(seconds) if PLAUSIBLE_TIMES.contains(&seconds) => Ok(()),
        Ok(_) => bad("apns-expiration is a duration or in milliseconds, not seconds since 1970"),
        Err(_) => bad("apns-expiration is not a whole number"),
    }
}

fn check_collapse_id(headers: &HeaderMap) -> Result<(), Violation> {
    match headers.get("apns-collapse-id").map(|value| value.len()) {
        None | Some(1..=64) => Ok(()),
        Some(length) => Err(Violation::new(
            Reason::BadCollapseId,
            format!("apns-collapse-id has {length} bytes, allowed are 1 to 64"),
        )),
    }
}

/// The value of a header; a value that is not text counts as wrong, not as missing.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
}
