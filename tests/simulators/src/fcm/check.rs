//! The rules for a message's body: every field of the v1 `Message` with its type, and nothing else.

use serde_json::{Map, Value};

use super::schema::{self, Kind};

const MAX_PAYLOAD: usize = 4096;
const MAX_PAYLOAD_TOPIC: usize = 2048;

/// The places found wrong, each with a sentence: `(message.android.ttl, …)`.
pub(super) type Fields = Vec<(String, String)>;

/// Checks a body and says for which device token it is, on error as far as that can be told; the token is empty
/// for topics and conditions.
pub(super) fn check(body: &[u8]) -> Result<String, (String, Fields)> {
    let json: Value = serde_json::from_slice(body).map_err(|error| {
        let sentence = format!("Invalid JSON payload received. {error}");
        (String::new(), vec![(String::new(), sentence)])
    })?;
    let token = json.pointer("/message/token").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut wrong = Fields::new();
    walk(&json, &Kind::Object(schema::REQUEST), "", &mut wrong);
    match json.get("message").and_then(Value::as_object) {
        Some(message) => check_message(message, &mut wrong),
        None if wrong.is_empty() => note(&mut wrong, "message", "Message is required."),
        None => {}
    }
    if wrong.is_empty() { Ok(token) } else { Err((token, wrong)) }
}

fn note(wrong: &mut Fields, path: &str, sentence: impl Into<String>) {
    wrong.push((path.to_owned(), sentence.into()));
}

/// Compares a value with what the schema expects at this place.
fn walk(value: &Value, kind: &Kind, path: &str, wrong: &mut Fields) {
    match (kind, value) {
        (Kind::Object(known), Value::Object(fields)) => {
            for (name, value) in fields {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match known.iter().find(|(field, _)| field == name) {
                    Some((_, kind)) => walk(value, kind, &inner, wrong),
                    None => note(
                        wrong,
                        path,
                        format!(
                            "Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
                        ),
                    ),
                }
            }
        }
        (Kind::Strings, Value::Object(fields)) => {
            for (name, value) in fields {
                if !value.is_string() {
                    note(
                        wrong,
                        &format!("{path}.{name}"),
                        format!("The value of \"{name}\" is not a string."),
                    );
                }
            }
        }
        (Kind::List(inner), Value::Array(items)) => {
            for (place, item) in items.iter().enumerate() {
                walk(item, inner, &format!("{path}[{place}]"), wrong);
            }
        }
        (kind, value) => {
            if let Err(sentence) = kind.scalar(value) {
                note(wrong, path, format!("Invalid value at '{path}': {sentence}"));
            }
        }
    }
}

fn check_message(message: &Map<String, Value>, wrong: &mut Fields) {
    let targets: Vec<_> =
        ["token", "topic", "condition"].into_iter().filter(|key| message.contains_key(*key)).collect();
    match targets.as_slice() {
        [] => note(wrong, "message", "Recipient of the message is not set."),
        [_] => {}
        [..] => note(wrong, "message", "Only one of token, topic and condition may be set."),
    }
    if let Some(token) = message.get("token").and_then(Value::as_str) {
        check_token(token, wrong);
    }
    let android = message.get("android").and_then(|android| android.get("data"));
    for (place, data) in [("message.data", message.get("data")), ("message.android.data", android)] {
        for key in data.and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            if reserved(key) {
                note(wrong, place, format!("Invalid data payload key: {key}"));
            }
        }
    }
    let says_something =
        ["notification", "data", "android", "apns", "webpush"].iter().any(|key| message.contains_key(*key));
    if !says_something {
        note(wrong, "message", "The message has neither a notification nor data.");
    }
    let limit = if message.contains_key("token") { MAX_PAYLOAD } else { MAX_PAYLOAD_TOPIC };
    let size = payload_size(message);
    if size > limit {
        note(wrong, "message", format!("Message is too big: {size} bytes, allowed are {limit}."));
    }
}

/// Real tokens have some 160 characters; short ones are let in so that a person can type them.
fn check_token(token: &str, wrong: &mut Fields) {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    if !(8..=512).contains(&token.len()) || !token.bytes().all(alphabet) {
        note(wrong, "message.token", "The registration token is not a valid FCM registration token");
    }
}

/// Keys Google keeps for itself.
fn reserved(key: &str) -> bool {
    matches!(key, "" | "from" | "message_type" | "collapse_key")
        || key.starts_with("google")
        || key.starts_with("gcm")
}

/// The bytes of all keys and values except who is addressed: never less than Google counts.
fn payload_size(message: &Map<String, Value>) -> usize {
    message
        .iter()
        .filter(|(key, _)| !matches!(key.as_str(), "token" | "topic" | "condition"))
        .map(|(key, value)| key.len() + size(value))
        .sum()
}

fn size(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + size(value)).sum(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TOKEN: &str = "fYx3-phone:APA91b";

    fn message(fields: Value) -> Result<String, Fields> {
        let mut message = json!({ "token": TOKEN, "data": { "kind": "notice" } });
        for (key, value) in fields.as_object().unwrap() {
            message[key] = value.clone();
        }
        check(json!({ "message": message }).to_string().as_bytes()).map_err(|(_, fields)| fields)
    }

    #[test]
    fn what_google_documents_is_accepted() {
        let rich = json!({
            "notification": { "title": "T", "body": "B" },
            "android": {
                "collapse_key": "c", "priority": "HIGH", "ttl": "3.5s", "restricted_package_name": "de.example",
                "data": { "a": "b" }, "direct_boot_ok": true,
                "notification": {
                    "title": "T", "tag": "t", "channel_id": "notice", "color": "#0a1B2c", "sticky": false,
                    "event_time": "2026-11-22T16:00:00Z", "notification_priority": "PRIORITY_HIGH",
                    "visibility": "PRIVATE", "notification_count": 1, "vibrate_timings": ["0.5s", "1s"],
                    "body_loc_key": "k", "body_loc_args": ["x"],
                    "light_settings": { "color": { "red": 1, "alpha": 0.5 }, "light_on_duration": "1s", "light_off_duration": "1s" }
                },
                "fcm_options": { "analytics_label": "l" }
            },
            "apns": { "headers": { "apns-priority": "5" }, "payload": { "aps": { "badge": 1 } } },
            "webpush": { "headers": { "TTL": "60" }, "notification": { "title": "T" }, "fcm_options": { "link": "https://x" } },
            "fcm_options": { "analytics_label": "l" }
        });
        assert_eq!(message(rich), Ok(TOKEN.to_owned()));
    }

    #[test]
    fn what_google_refuses_is_refused_with_its_place() {
        for (fields, place, part) in [
            (json!({ "extra": 1 }), "message", "Unknown name \"extra\""),
            (
                json!({ "android": { "notification": { "channelId": "x" } } }),
                "message.android.notification",
                "channelId",
            ),
            (json!({ "topic": "news" }), "message", "Only one of"),
            (json!({ "token": "no spaces here" }), "message.token", "not a valid FCM"),
            (json!({ "token": 1 }), "message.token", "not a string"),
            (json!({ "data": { "n": 1 } }), "message.data.n", "not a string"),
            (json!({ "data": { "from": "x" } }), "message.data", "from"),
            (json!({ "data": { "google.x": "x" } }), "message.data", "google.x"),
            (json!({ "android": { "data": { "gcm.x": "x" } } }), "message.android.data", "gcm.x"),
            (json!({ "android": { "ttl": "3600" } }), "message.android.ttl", "duration"),
            (json!({ "android": { "ttl": "-1s" } }), "message.android.ttl", "duration"),
            (json!({ "android": { "ttl": "2419201s" } }), "message.android.ttl", "2419200"),
            (json!({ "android": { "priority": "urgent" } }), "message.android.priority", "NORMAL"),
            (
                json!({ "android": { "notification": { "color": "red" } } }),
                "message.android.notification.color",
                "#rrggbb",
            ),
            (
                json!({ "android": { "notification": { "event_time": "now" } } }),
                "message.android.notification.event_time",
                "RFC 3339",
            ),
            (json!({ "notification": "text" }), "message.notification", "not an object"),
            (json!({ "data": { "big": "x".repeat(4096) } }), "message", "too big"),
            (json!({ "name": "projects/p/messages/1" }), "message", "name"),
        ] {
            let wrong = message(fields.clone()).unwrap_err();
            let found = wrong.iter().any(|(field, text)| field == place && text.contains(part));
            assert!(found, "{fields}: {wrong:?}");
        }
    }

    #[test]
    fn a_body_without_a_message_or_recipient_is_refused() {
        for body in ["", "[]", "{}", r#"{"message":{}}"#, r#"{"message":{"token":"fYx3-phone"}}"#] {
            assert!(check(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_topic_has_half_the_room() {
        let body = json!({ "message": { "topic": "news", "data": { "d": "x".repeat(2100) } } });
        let (_, wrong) = check(body.to_string().as_bytes()).unwrap_err();
        assert!(wrong[0].1.contains("2048"));
    }
}
