//! What Google's answers mean. Decided by `error.details[].errorCode`, not by the HTTP status.
//!
//! Codes: <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>, waits:
//! <https://firebase.google.com/docs/cloud-messaging/scale-fcm>

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::deliveries::Outcome;
use serde::Deserialize;

use crate::gateways::http2::Answer;

/// Waiting for quota where Google says no number: the quota is counted by the minute.
const QUOTA_PAUSE: Duration = Duration::from_secs(60);
/// Least waiting after a fault where Google says no number.
const AFTER_FAULT: Duration = Duration::from_secs(10);
/// The details that name the token.
const TOKEN_FIELD: &str = "message.token";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Settled(Outcome),
    /// The access token is no longer taken: fetch another and ask again.
    AccessExpired,
}

#[derive(Deserialize)]
struct Accepted {
    name: String,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: Status,
}

/// `google.rpc.Status` as JSON.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    status: String,
    details: Vec<Detail>,
}

/// `google.firebase.fcm.v1.FcmError`, `google.rpc.BadRequest` and others, told apart by their fields.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: String,
    field_violations: Vec<FieldViolation>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FieldViolation {
    field: String,
}

impl Status {
    fn code(&self) -> &str {
        self.details
            .iter()
            .map(|detail| detail.error_code.as_str())
            .find(|code| !code.is_empty())
            .unwrap_or_default()
    }

    /// Whether the token, and nothing but the token, is what Google dislikes.
    fn blames_the_token(&self) -> bool {
        let mut fields = self
            .details
            .iter()
            .flat_map(|detail| &detail.field_violations)
            .map(|violation| violation.field.as_str())
            .peekable();
        fields.peek().is_some() && fields.all(|field| field == TOKEN_FIELD)
    }
}

/// The table. A body that is not Google's JSON is judged by its status alone.
pub(super) fn meaning(answer: &Answer, now: DateTime<Utc>) -> Meaning {
    let Refusal { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let asked = answer.retry_after(now);
    let dead = |reason| Outcome::DropContactPoint { reason, since: None };
    let stop = |reason| Outcome::StopChannel { reason };
    let permanent = |reason| Outcome::Permanent { reason };
    let fault = |reason| Outcome::Retry { after: Some(asked.unwrap_or(AFTER_FAULT)), reason };
    let quota = |reason| Outcome::PauseProvider { pause: asked.unwrap_or(QUOTA_PAUSE), reason };
    Meaning::Settled(match (status, error.code(), error.status.as_str()) {
        (200, _, _) => Outcome::Sent {
            provider_id: serde_json::from_slice(&answer.body).ok().map(|accepted: Accepted| accepted.name),
        },

        (_, "UNREGISTERED", _) => dead("unregistered"),
        (_, "SENDER_ID_MISMATCH", _) => dead("sender_id_mismatch"),
        // Token or payload; only a token that is named may be deleted.
        (_, "INVALID_ARGUMENT", _) | (400, "", _) if error.blames_the_token() => dead("invalid_token"),
        (_, "INVALID_ARGUMENT", _) => permanent("invalid_argument"),
        // About Firebase's own key for Apple: a token of an iPhone was registered as Android's.
        (_, "THIRD_PARTY_AUTH_ERROR" | "APNS_AUTH_ERROR", _) => permanent("third_party_auth_error"),
        (_, "QUOTA_EXCEEDED", _) => quota("quota_exceeded"),
        (_, "UNAVAILABLE", _) => fault("unavailable"),
        (_, "INTERNAL", _) => fault("internal"),
        (_, "UNSPECIFIED_ERROR", _) => fault("unspecified_error"),

        (401, _, _) => return Meaning::AccessExpired,
        (403, _, _) => stop("permission_denied"),
        // Without UNREGISTERED it is the project that does not exist.
        (404, _, _) => stop("project_not_found"),
        (413, _, _) => permanent("payload_too_large"),
        (429, _, _) => quota("quota_exceeded"),
        (400, _, "INVALID_ARGUMENT") => permanent("invalid_argument"),
        (400..500, _, _) => permanent("unrecognised_refusal"),
        (500, _, _) => fault("internal"),
        (503, _, _) => fault("unavailable"),
        _ => fault("unrecognised_fault"),
    })
}
