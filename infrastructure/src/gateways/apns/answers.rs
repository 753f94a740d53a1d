//! What Apple's answers mean.
//!
//! Reasons: <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::deliveries::{Outcome, Severity};
use serde::Deserialize;

use crate::gateways::http2::Answer;

/// Apple asks to try again no sooner after a fault of its own. A crisis keeps to its own schedule.
const AFTER_FAULT: Duration = Duration::from_secs(15 * 60);
/// Waiting where Apple wants less and says no number.
const BREATHER: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Settled(Outcome),
    /// The provider token is too old: sign a new one and ask again.
    TokenExpired,
    /// No such token, or one of the other of Apple's two services.
    WrongEnvironment,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    reason: String,
    /// Milliseconds since 1970, with 410 only.
    timestamp: Option<i64>,
}

/// The table. A body that is not Apple's JSON is judged by its status alone.
pub(super) fn meaning(answer: &Answer, severity: Severity, now: DateTime<Utc>) -> Meaning {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = answer.status.as_u16();
    let stop = |reason| Outcome::StopChannel { reason };
    let permanent = |reason| Outcome::Permanent { reason };
    let retry = |after, reason| Outcome::Retry { after, reason };
    let fault = |reason| {
        let apples_wish = severity.is_routine().then_some(AFTER_FAULT);
        retry(answer.retry_after(now).or(apples_wish), reason)
    };
    let dead = |reason| Outcome::DropContactPoint {
        reason,
        since: refusal.timestamp.and_then(DateTime::from_timestamp_millis),
    };
    // With a number Apple speaks of all our sends, without one of a single phone.
    let too_many = |reason| match answer.retry_after(now) {
        Some(pause) => Outcome::PauseProvider { pause, reason },
        None => retry(Some(BREATHER), reason),
    };
    Meaning::Settled(match (status, refusal.reason.as_str()) {
        (200, _) => Outcome::Sent {
            provider_id: answer.headers.get("apns-id").and_then(|id| id.to_str().ok()).map(str::to_owned),
        },

        (_, "BadDeviceToken") => return Meaning::WrongEnvironment,
        (_, "ExpiredProviderToken") => return Meaning::TokenExpired,

        (_, "Unregistered") => dead("unregistered"),
        (_, "ExpiredToken") => dead("expired_token"),

        // Anybody can register a token of another app: it must neither stop the channel nor, since
        // our own topic may be the wrong one, delete tokens in bulk.
        (_, "DeviceTokenNotForTopic") => permanent("device_token_not_for_topic"),
        (_, "PayloadTooLarge") => permanent("payload_too_large"),

        (_, "BadTopic") => stop("bad_topic"),
        (_, "TopicDisallowed") => stop("topic_disallowed"),
        (_, "MissingTopic") => stop("missing_topic"),
        (_, "InvalidProviderToken") => stop("invalid_provider_token"),
        (_, "MissingProviderToken") => stop("missing_provider_token"),
        (_, "UnrelatedKeyIdInToken") => stop("unrelated_key_id_in_token"),
        (_, "BadEnvironmentKeyInToken" | "BadEnvironmentKeyIdInToken") => {
            stop("bad_environment_key_in_token")
        }
        (_, "BadCertificate") => stop("bad_certificate"),
        (_, "BadCertificateEnvironment") => stop("bad_certificate_environment"),
        (_, "Forbidden") => stop("forbidden"),

        // Ours to mend: every send would fail alike.
        (_, "BadCollapseId") => stop("bad_collapse_id"),
        (_, "BadExpirationDate") => stop("bad_expiration_date"),
        (_, "BadMessageId") => stop("bad_message_id"),
        (_, "BadPriority") => stop("bad_priority"),
        (_, "InvalidPushType") => stop("invalid_push_type"),
        (_, "PayloadEmpty") => stop("payload_empty"),
        (_, "DuplicateHeaders") => stop("duplicate_headers"),
        (_, "MissingDeviceToken") => stop("missing_device_token"),
        (_, "BadPath") => stop("bad_path"),
        (_, "MethodNotAllowed") => stop("method_not_allowed"),

        (_, "IdleTimeout") => retry(None, "idle_timeout"),
        (_, "TooManyRequests") => too_many("too_many_requests"),
        // The next attempt uses the same token as long as it is young.
        (_, "TooManyProviderTokenUpdates") => Outcome::PauseProvider {
            pause: answer.retry_after(now).unwrap_or(BREATHER),
            reason: "too_many_provider_token_updates",
        },
        (_, "InternalServerError") => fault("internal_server_error"),
        (_, "ServiceUnavailable") => fault("service_unavailable"),
        // One server goes down; another takes the next connection.
        (_, "Shutdown") => retry(answer.retry_after(now), "shutdown"),

        (413, _) => permanent("payload_too_large"),
        (429, _) => too_many("too_many_requests"),
        (401 | 403 | 404 | 405, _) => stop("refused"),
        (400..500, _) => permanent("unrecognised_refusal"),
        _ => fault("unrecognised_fault"),
    })
}
