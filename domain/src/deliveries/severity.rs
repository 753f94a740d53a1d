//! The one axis for messages and for consent.

use serde::{Deserialize, Serialize};

/// How urgent a message is. Everything but a crisis is *routine*.
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
pub enum Severity {
    /// A broadcast that can wait for the evening.
    Information,
    /// A broadcast to read today.
    Important,
    /// A broadcast about danger.
    Crisis,
    /// About the reader's own matter, such as a complaint.
    Notice,
}

impl Severity {
    /// Whether waiting is tolerable: true for all but a crisis.
    pub fn is_routine(self) -> bool {
        self != Self::Crisis
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    #[test]
    fn one_text_for_rows_and_json() {
        for severity in Severity::iter() {
            let text = severity.to_string();
            assert_eq!(serde_json::to_value(severity).unwrap(), serde_json::json!(text));
            assert_eq!(text.parse::<Severity>().unwrap(), severity);
        }
    }
}
