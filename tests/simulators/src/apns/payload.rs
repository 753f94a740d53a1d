//! The rules for a payload: size, JSON, and what may stand inside `aps` (Apple, "Generating a remote
//! notification"). Apple ignores what it does not know; a misspelt key would be a silent phone, so here it is
//! refused. Apple has no reason of its own for it: the answer is `PayloadEmpty`, the sentence says more.

use serde_json::{Map, Value};

use super::{answer::Reason, check::Violation};

const MAX_BYTES: usize = 4096;
const MAX_BYTES_VOIP: usize = 5120;

/// The keys of a visible alert.
const ALERT_TEXTS: [&str; 9] = [
    "title",
    "subtitle",
    "body",
    "launch-image",
    "title-loc-key",
    "subtitle-loc-key",
    "loc-key",
    "action-loc-key",
    "summary-arg",
];
const ALERT_LISTS: [&str; 3] = ["title-loc-args", "subtitle-loc-args", "loc-args"];
const INTERRUPTION_LEVELS: [&str; 4] = ["passive", "active", "time-sensitive", "critical"];

/// Checks a body against its push type.
pub(super) fn check(body: &[u8], push_type: &str) -> Result<(), Violation> {
    let limit = if push_type == "voip" { MAX_BYTES_VOIP } else { MAX_BYTES };
    if body.is_empty() {
        return Err(Violation::new(Reason::PayloadEmpty, "the body is empty"));
    }
    if body.len() > limit {
        let sentence = format!("the payload has {} bytes, allowed are {limit}", body.len());
        return Err(Violation::new(Reason::PayloadTooLarge, sentence));
    }
    check_json(body, push_type).map_err(|sentence| Violation::new(Reason::PayloadEmpty, sentence))
}

fn check_json(body: &[u8], push_type: &str) -> Result<(), String> {
    let payload: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let Some(aps) = payload.get("aps").and_then(Value::as_object) else {
        return Err("the payload is not an object with a dictionary aps".to_owned());
    };
    for (key, value) in aps {
        if !aps_key(key, value, push_type)? {
            return Err(format!("aps.{key} has a wrong type or value"));
        }
    }
    match push_type {
        "background" if aps.get("content-available").is_none() => {
            Err("a background push needs aps.content-available".to_owned())
        }
        "background" if ["alert", "badge", "sound"].iter().any(|key| aps.contains_key(*key)) => {
            Err("a background push must not have alert, badge or sound".to_owned())
        }
        "alert" if !["alert", "badge", "sound"].iter().any(|key| aps.contains_key(*key)) => {
            Err("a push of type alert needs aps.alert, badge or sound".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether the value is right for the key; an unknown key is an error.
fn aps_key(key: &str, value: &Value, push_type: &str) -> Result<bool, String> {
    Ok(match key {
        "alert" => match value {
            Value::String(text) => !text.is_empty(),
            Value::Object(fields) => return alert(fields).map(|()| true),
            _ => false,
        },
        "badge" => value.as_u64().is_some(),
        "sound" => match value {
            Value::String(name) => !name.is_empty(),
            Value::Object(fields) => return sound(fields).map(|()| true),
            _ => false,
        },
        "thread-id" | "category" | "target-content-id" | "filter-criteria" => filled(value),
        "content-available" | "mutable-content" => value.as_u64() == Some(1),
        "interruption-level" => value.as_str().is_some_and(|level| INTERRUPTION_LEVELS.contains(&level)),
        "relevance-score" => value.as_f64().is_some_and(|score| score.is_finite()),
        "timestamp" | "dismissal-date" | "stale-date" if push_type == "liveactivity" => {
            value.as_u64().is_some()
        }
        "event" if push_type == "liveactivity" => matches!(value.as_str(), Some("start" | "update" | "end")),
        "content-state" | "attributes" if push_type == "liveactivity" => value.is_object(),
        "attributes-type" | "input-push-channel" if push_type == "liveactivity" => filled(value),
        "input-push-token" if push_type == "liveactivity" => value.as_u64() == Some(1),
        "content-changed" if push_type == "widgets" => value.is_boolean(),
        _ => return Err(format!("aps has an unknown key {key:?}")),
    })
}

fn alert(fields: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in fields {
        let right = if ALERT_TEXTS.contains(&key.as_str()) {
            value.is_string()
        } else if ALERT_LISTS.contains(&key.as_str()) {
            value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
        } else if key == "summary-arg-count" {
            value.as_u64().is_some_and(|count| count > 0)
        } else {
            return Err(format!("aps.alert has an unknown key {key:?}"));
        };
        if !right {
            return Err(format!("aps.alert.{key} has a wrong type"));
        }
    }
    if ["title", "body", "title-loc-key", "loc-key"].iter().any(|key| fields.get(*key).is_some_and(filled)) {
        Ok(())
    } else {
        Err("aps.alert says nothing: no title and no body".to_owned())
    }
}

/// The sound of a critical alert.
fn sound(fields: &Map<String, Value>) -> Result<(), String> {
    for (key, value) in fields {
        let right = match key.as_str() {
            "critical" => matches!(value.as_u64(), Some(0 | 1)),
            "name" => filled(value),
            "volume" => value.as_f64().is_some_and(|volume| (0.0..=1.0).contains(&volume)),
            _ => return Err(format!("aps.sound has an unknown key {key:?}")),
        };
        if !right {
            return Err(format!("aps.sound.{key} has a wrong type or value"));
        }
    }
    if fields.contains_key("name") { Ok(()) } else { Err("aps.sound has no name".to_owned()) }
}

fn filled(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(payload: Value, push_type: &str) -> Result<(), String> {
        check(payload.to_string().as_bytes(), push_type).map_err(|violation| violation.sentence)
    }

    #[test]
    fn what_apple_documents_is_accepted() {
        let rich = json!({
            "aps": {
                "alert": { "title": "T", "subtitle": "S", "body": "B", "loc-args": ["1"] },
                "badge": 0, "sound": { "critical": 1, "name": "default", "volume": 0.5 },
                "thread-id": "t", "category": "c", "content-available": 1, "mutable-content": 1,
                "target-content-id": "w", "interruption-level": "time-sensitive", "relevance-score": 0.5
            },
            "message_id": "own keys are the app's business"
        });
        assert_eq!(verdict(rich, "alert"), Ok(()));
        assert_eq!(verdict(json!({"aps": {"alert": "short"}}), "alert"), Ok(()));
        assert_eq!(verdict(json!({"aps": {"content-available": 1}}), "background"), Ok(()));
        let activity = json!({"aps": {"timestamp": 1, "event": "update", "content-state": {}}});
        assert_eq!(verdict(activity, "liveactivity"), Ok(()));
    }

    #[test]
    fn what_would_be_ignored_or_misread_is_refused() {
        for (aps, part) in [
            (json!({"alert": "a", "bagde": 1}), "unknown key \"bagde\""),
            (json!({"alert": "a", "badge": "1"}), "aps.badge"),
            (json!({"alert": "a", "badge": -1}), "aps.badge"),
            (json!({"alert": ""}), "aps.alert"),
            (json!({"alert": {"titel": "T"}}), "unknown key \"titel\""),
            (json!({"alert": {"subtitle": "only"}}), "says nothing"),
            (json!({"alert": {"title": 1}}), "aps.alert.title"),
            (json!({"alert": "a", "sound": {"volume": 0.5}}), "no name"),
            (json!({"alert": "a", "sound": {"name": "x", "volume": 2}}), "aps.sound.volume"),
            (json!({"alert": "a", "interruption-level": "urgent"}), "aps.interruption-level"),
            (json!({"alert": "a", "mutable-content": true}), "aps.mutable-content"),
            (json!({"alert": "a", "relevance-score": "1"}), "aps.relevance-score"),
            (json!({"alert": "a", "timestamp": 1}), "unknown key \"timestamp\""),
            (json!({}), "needs aps.alert"),
        ] {
            let error = verdict(json!({ "aps": aps }), "alert").unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(verdict(json!({"aps": {"content-available": 1, "sound": "x"}}), "background").is_err());
        assert!(verdict(json!({"aps": {}}), "background").is_err());
        assert!(verdict(json!({"aps": []}), "alert").is_err());
        assert!(check(b"{", "alert").is_err());
    }

    #[test]
    fn size_is_counted_in_bytes_and_voip_has_more() {
        let payload = |length: usize| json!({"aps": {"alert": "x".repeat(length)}}).to_string();
        let frame = payload(0).len();
        assert_eq!(check(payload(4096 - frame).as_bytes(), "alert"), Ok(()));
        let over = check(payload(4097 - frame).as_bytes(), "alert").unwrap_err();
        assert_eq!(over.reason, Reason::PayloadTooLarge);
        assert_eq!(check(payload(5120 - frame).as_bytes(), "voip"), Ok(()));
    }
}
