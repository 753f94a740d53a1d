//! Apple's answers: the table of reasons with their status, and how they look on the wire.

use chrono::{DateTime, Utc};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::json;
use strum::{EnumIter, IntoEnumIterator, IntoStaticStr};

use crate::{clock, http2, record::Outcome};

/// Apple's reasons, in the order of their documentation within each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, IntoStaticStr)]
pub enum Reason {
    BadCollapseId,
    BadDeviceToken,
    BadExpirationDate,
    BadMessageId,
    BadPriority,
    BadTopic,
    DeviceTokenNotForTopic,
    DuplicateHeaders,
    IdleTimeout,
    InvalidPushType,
    MissingDeviceToken,
    MissingTopic,
    PayloadEmpty,
    TopicDisallowed,
    BadCertificate,
    BadCertificateEnvironment,
    ExpiredProviderToken,
    Forbidden,
    InvalidProviderToken,
    MissingProviderToken,
    BadPath,
    MethodNotAllowed,
    ExpiredToken,
    Unregistered,
    PayloadTooLarge,
    TooManyProviderTokenUpdates,
    TooManyRequests,
    InternalServerError,
    ServiceUnavailable,
    Shutdown,
}

impl Reason {
    /// The HTTP status Apple sends with this reason.
    pub fn status(self) -> StatusCode {
        match self {
            Self::BadCollapseId
            | Self::BadDeviceToken
            | Self::BadExpirationDate
            | Self::BadMessageId
            | Self::BadPriority
            | Self::BadTopic
            | Self::DeviceTokenNotForTopic
            | Self::DuplicateHeaders
            | Self::IdleTimeout
            | Self::InvalidPushType
            | Self::MissingDeviceToken
            | Self::MissingTopic
            | Self::PayloadEmpty
            | Self::TopicDisallowed => StatusCode::BAD_REQUEST,
            Self::BadCertificate
            | Self::BadCertificateEnvironment
            | Self::ExpiredProviderToken
            | Self::Forbidden
            | Self::InvalidProviderToken
            | Self::MissingProviderToken => StatusCode::FORBIDDEN,
            Self::BadPath => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::ExpiredToken | Self::Unregistered => StatusCode::GONE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyProviderTokenUpdates | Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable | Self::Shutdown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Every reason, in the order of [`Reason`].
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// What a device token has to begin with to be answered this way each time: `dead`, the status, and a
    /// hexadecimal digit, the place among the reasons of that status. See `README.md`.
    pub fn magic_prefix(self) -> String {
        format!("dead{}", self.magic_code())
    }

    /// As [`Reason::magic_prefix`], but only the first request is answered this way; the next is accepted.
    pub fn magic_prefix_once(self) -> String {
        format!("beef{}", self.magic_code())
    }

    fn magic_code(self) -> String {
        let place =
            Self::iter().filter(|other| other.status() == self.status()).position(|other| other == self);
        format!("{}{:x}", self.status().as_u16(), place.unwrap_or_default())
    }
}

/// A refusal as Apple words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// Since when the device token is known to be dead; sent with 410 only.
    pub timestamp: Option<DateTime<Utc>>,
    /// Seconds for the header `Retry-After`.
    pub retry_after: Option<u32>,
}

/// What the simulator answers to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200: on its way to the phone.
    Accept,
    /// An error of Apple's table.
    Refuse(Refusal),
    /// The connection dies before the request takes effect.
    CutBefore,
    /// The connection dies after the request took effect: the phone shows it, the sender cannot know.
    CutAfter,
}

impl Answer {
    /// 410 `Unregistered`: the app was removed at this time.
    pub fn unregistered_since(timestamp: DateTime<Utc>) -> Self {
        Self::Refuse(Refusal { reason: Reason::Unregistered, timestamp: Some(timestamp), retry_after: None })
    }

    /// A refusal that asks to come back after so many seconds.
    pub fn retry_after(reason: Reason, seconds: u32) -> Self {
        Self::Refuse(Refusal { reason, timestamp: None, retry_after: Some(seconds) })
    }

    /// The answer a magic device token asks for, and whether only the first request gets it.
    pub(super) fn for_magic(token: &str) -> Option<(Self, bool)> {
        let (kind, code) = (token.get(..4)?, token.get(4..8)?);
        let once = match kind {
            "dead" => false,
            "beef" => true,
            _ => return None,
        };
        let answer = match code {
            "c000" => Self::CutBefore,
            "c001" => Self::CutAfter,
            _ => Reason::iter().find(|reason| reason.magic_code() == code)?.into(),
        };
        Some((answer, once))
    }

    pub(super) fn response(self, apns_id: &str, violation: Option<&str>) -> http2::Reply {
        let mut response = match self {
            Self::CutBefore | Self::CutAfter => return http2::Reply::Cut,
            Self::Accept => http2::response(StatusCode::OK, ""),
            Self::Refuse(refusal) => refusal.response(),
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(apns_id) {
            headers.insert("apns-id", id);
        }
        if let Some(sentence) = violation.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert("simulator-violation", sentence);
        }
        http2::Reply::Answer(response)
    }
}

impl Refusal {
    fn response(self) -> Response<Full<bytes::Bytes>> {
        let status = self.reason.status();
        let mut body = json!({ "reason": self.reason.name() });
        if status == StatusCode::GONE
            && let Some(body) = body.as_object_mut()
        {
            let since = self.timestamp.unwrap_or_else(clock::now);
            body.insert("timestamp".to_owned(), since.timestamp_millis().into());
        }
        let mut response = http2::response(status, body.to_string());
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert("retry-after", seconds.into());
        }
        response
    }
}

impl From<Reason> for Answer {
    fn from(reason: Reason) -> Self {
        Self::Refuse(Refusal { reason, timestamp: None, retry_after: None })
    }
}

impl Outcome for Answer {
    fn accepted(&self) -> bool {
        matches!(self, Self::Accept | Self::CutAfter)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::Refuse(refusal) => refusal.reason.name(),
            Self::CutBefore => "CutBefore",
            Self::CutAfter => "CutAfter",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magic_prefix_is_hexadecimal_and_means_its_reason() {
        for reason in Reason::all() {
            let token = format!("{}{}", reason.magic_prefix(), "0".repeat(56));
            assert!(token.bytes().all(|digit| digit.is_ascii_hexdigit()), "{token}");
            assert_eq!(Answer::for_magic(&token), Some((reason.into(), false)));
            assert_eq!(Answer::for_magic(&reason.magic_prefix_once()), Some((reason.into(), true)));
        }
        assert_eq!(Answer::for_magic(&"a1".repeat(32)), None);
    }

    #[test]
    fn the_readme_lists_every_reason_with_its_prefix() {
        let readme = include_str!("../../README.md");
        for reason in Reason::all() {
            let row = format!(
                "| `{}` | {} | `{}` |",
                reason.magic_prefix(),
                reason.status().as_u16(),
                reason.name()
            );
            assert!(readme.contains(&row), "missing in README.md: {row}");
        }
    }
}
