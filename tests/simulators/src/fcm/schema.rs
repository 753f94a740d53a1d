//! The v1 `Message` as Google documents it (REST resource `projects.messages`).

use chrono::DateTime;
use serde_json::Value;

/// What may stand at a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// An object with these fields and no others.
    Object(&'static [(&'static str, Kind)]),
    /// A map of strings.
    Strings,
    List(&'static Kind),
    Text,
    Bool,
    /// A whole number from 0.
    Count,
    /// A number from 0 to 1.
    Share,
    /// `3.5s`, at most four weeks.
    Duration,
    /// RFC 3339.
    Time,
    /// `#rrggbb`.
    Colour,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `A-Z a-z 0-9 - _ . ~ %`, 1 to 50.
    Label,
    /// `news`, without a leading `/topics/`.
    Topic,
    /// Anything; another service judges it.
    Struct,
}

const MAX_TTL_SECONDS: f64 = 2_419_200.0;

pub(super) const REQUEST: &[(&str, Kind)] =
    &[("validate_only", Kind::Bool), ("message", Kind::Object(MESSAGE))];

/// Without `name`, which only the answer has.
const MESSAGE: &[(&str, Kind)] = &[
    ("token", Kind::Text),
    ("topic", Kind::Topic),
    ("condition", Kind::Text),
    ("data", Kind::Strings),
    ("notification", Kind::Object(&[("title", Kind::Text), ("body", Kind::Text), ("image", Kind::Text)])),
    ("android", Kind::Object(ANDROID)),
    ("webpush", Kind::Object(WEBPUSH)),
    ("apns", Kind::Object(APNS)),
    ("fcm_options", Kind::Object(OPTIONS)),
];

const OPTIONS: &[(&str, Kind)] = &[("analytics_label", Kind::Label)];

const ANDROID: &[(&str, Kind)] = &[
    ("collapse_key", Kind::Text),
    ("priority", Kind::Word(&["NORMAL", "HIGH"])),
    ("ttl", Kind::Duration),
    ("restricted_package_name", Kind::Text),
    ("data", Kind::Strings),
    ("notification", Kind::Object(ANDROID_NOTIFICATION)),
    ("fcm_options", Kind::Object(OPTIONS)),
    ("direct_boot_ok", Kind::Bool),
    ("bandwidth_constrained_ok", Kind::Bool),
    ("restricted_satellite_ok", Kind::Bool),
];

const ANDROID_NOTIFICATION: &[(&str, Kind)] = &[
    ("title", Kind::Text),
    ("body", Kind::Text),
    ("icon", Kind::Text),
    ("color", Kind::Colour),
    ("sound", Kind::Text),
    ("tag", Kind::Text),
    ("click_action", Kind::Text),
    ("body_loc_key", Kind::Text),
    ("body_loc_args", Kind::List(&Kind::Text)),
    ("title_loc_key", Kind::Text),
    ("title_loc_args", Kind::List(&Kind::Text)),
    ("channel_id", Kind::Text),
    ("ticker", Kind::Text),
    ("sticky", Kind::Bool),
    ("event_time", Kind::Time),
    ("local_only", Kind::Bool),
    (
        "notification_priority",
        Kind::Word(&["PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"]),
    ),
    ("default_sound", Kind::Bool),
    ("default_vibrate_timings", Kind::Bool),
    ("default_light_settings", Kind::Bool),
    ("vibrate_timings", Kind::List(&Kind::Duration)),
    ("visibility", Kind::Word(&["PRIVATE", "PUBLIC", "SECRET"])),
    ("notification_count", Kind::Count),
    ("light_settings", Kind::Object(LIGHT)),
    ("image", Kind::Text),
    ("bypass_proxy_notification", Kind::Bool),
    ("proxy", Kind::Word(&["ALLOW", "DENY", "IF_PRIORITY_LOWERED"])),
];

const LIGHT: &[(&str, Kind)] = &[
    (
        "color",
        Kind::Object(&[
            ("red", Kind::Share),
            ("green", Kind::Share),
            ("blue", Kind::Share),
            ("alpha", Kind::Share),
        ]),
    ),
    ("light_on_duration", Kind::Duration),
    ("light_off_duration", Kind::Duration),
];

const WEBPUSH: &[(&str, Kind)] = &[
    ("headers", Kind::Strings),
    ("data", Kind::Strings),
    ("notification", Kind::Struct),
    ("fcm_options", Kind::Object(&[("link", Kind::Text), ("analytics_label", Kind::Label)])),
];

const APNS: &[(&str, Kind)] = &[
    ("headers", Kind::Strings),
    ("payload", Kind::Struct),
    ("fcm_options", Kind::Object(&[("analytics_label", Kind::Label), ("image", Kind::Text)])),
    ("live_activity_token", Kind::Text),
];

impl Kind {
    /// Judges a value that is not taken apart further.
    pub(super) fn scalar(&self, value: &Value) -> Result<(), String> {
        match self {
            Self::Object(_) | Self::Strings | Self::Struct if !value.is_object() => {
                Err("not an object".to_owned())
            }
            Self::Object(_) | Self::Strings | Self::Struct => Ok(()),
            Self::List(_) if value.is_array() => Ok(()),
            Self::List(_) => Err("not a list".to_owned()),
            Self::Bool if value.is_boolean() => Ok(()),
            Self::Bool => Err("not true or false".to_owned()),
            Self::Count if value.as_u64().is_some() => Ok(()),
            Self::Count => Err("not a whole number from 0".to_owned()),
            Self::Share if value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)) => Ok(()),
            Self::Share => Err("not a number from 0 to 1".to_owned()),
            Self::Text
            | Self::Duration
            | Self::Time
            | Self::Colour
            | Self::Word(_)
            | Self::Label
            | Self::Topic => {
                value.as_str().ok_or_else(|| "not a string".to_owned()).and_then(|text| self.text(text))
            }
        }
    }

    fn text(&self, text: &str) -> Result<(), String> {
        let right = match self {
            Self::Duration => return duration(text),
            Self::Word(words) => {
                return if words.contains(&text) {
                    Ok(())
                } else {
                    Err(format!("not one of {}", words.join(", ")))
                };
            }
            Self::Time => DateTime::parse_from_rfc3339(text).is_ok(),
            Self::Colour => text
                .strip_prefix('#')
                .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|digit| digit.is_ascii_hexdigit())),
            Self::Label => (1..=50).contains(&text.len()) && text.bytes().all(word_byte),
            Self::Topic => !text.is_empty() && text.bytes().all(word_byte),
            _ => true,
        };
        if right { Ok(()) } else { Err(self.wish().to_owned()) }
    }

    fn wish(&self) -> &'static str {
        match self {
            Self::Time => "not a time as in RFC 3339",
            Self::Colour => "not a colour as in #rrggbb",
            Self::Label => "not 1 to 50 of A-Z a-z 0-9 - _ . ~ %",
            _ => "not a topic's name",
        }
    }
}

fn word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'%')
}

/// `3.5s`: seconds with up to nine decimals (protobuf's `Duration` in JSON).
fn duration(text: &str) -> Result<(), String> {
    let form = || "not a duration such as 3.5s".to_owned();
    let seconds = text.strip_suffix('s').ok_or_else(form)?;
    let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
        return Err(form());
    }
    match seconds.parse::<f64>() {
        Ok(seconds) if seconds <= MAX_TTL_SECONDS => Ok(()),
        _ => Err("more than 2419200s".to_owned()),
    }
}
