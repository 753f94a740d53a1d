//! The ways a message can take.

use serde::{Deserialize, Serialize};

/// What kind of way a message takes to a person.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// A notification in the app.
    Push,
    /// An e-mail.
    Email,
    /// A text message.
    Sms,
    /// A call.
    Voice,
}

impl Channel {
    /// Whether each message costs the town hall money.
    pub fn is_paid(self) -> bool {
        matches!(self, Self::Sms | Self::Voice)
    }
}

/// What an app runs on.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Platform {
    /// iPhone and iPad: reached over APNs.
    Ios,
    /// Android: reached over FCM.
    Android,
}

/// Which of Apple's two separate services knows a token. Android knows no such thing.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PushEnvironment {
    /// Apps from the store and from TestFlight.
    #[default]
    Production,
    /// Apps started from Xcode.
    Sandbox,
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn one_text_for_rows_and_json() {
        for channel in Channel::iter() {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.to_string().as_str());
            assert_eq!(channel.to_string().parse::<Channel>().unwrap(), channel);
        }
        for platform in Platform::iter() {
            assert_eq!(serde_json::to_value(platform).unwrap(), platform.to_string().as_str());
        }
        for environment in PushEnvironment::iter() {
            assert_eq!(serde_json::to_value(environment).unwrap(), environment.to_string().as_str());
        }
    }
}
