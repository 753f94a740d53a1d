//! Google's answers: errors with their status, and how they look on the wire.

use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use strum::{EnumIter, IntoEnumIterator};

use crate::{clock, http2, record::Outcome};

/// What can go wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter)]
pub enum Error {
    /// 404: the app was removed or the token is stale.
    Unregistered,
    /// 403: the token belongs to another project.
    SenderIdMismatch,
    /// 400 with the field `message.token`: this is no token.
    InvalidToken,
    /// 400: the message is wrong, the token may be right.
    InvalidArgument,
    /// 429: too many messages, to this device or in all.
    QuotaExceeded,
    /// 503: overloaded.
    Unavailable,
    /// 500: a mistake of Google's.
    Internal,
    /// 401 with `THIRD_PARTY_AUTH_ERROR`: the APNs key stored at Google is wrong.
    ThirdPartyAuth,
    /// 500 with `UNSPECIFIED_ERROR`.
    Unspecified,
    /// 401 without FCM's own code: the access token is missing, expired or forged.
    Unauthenticated,
    /// 403 without FCM's own code: the service account may not send for this project.
    PermissionDenied,
    /// 404 without FCM's own code: there is no such project.
    ProjectNotFound,
    /// 502 with a page of HTML from a proxy on the way.
    BadGateway,
}

impl Error {
    /// Every error, in the order of [`Error`].
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidToken | Self::InvalidArgument => StatusCode::BAD_REQUEST,
            Self::ThirdPartyAuth | Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::SenderIdMismatch | Self::PermissionDenied => StatusCode::FORBIDDEN,
            Self::Unregistered | Self::ProjectNotFound => StatusCode::NOT_FOUND,
            Self::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal | Self::Unspecified => StatusCode::INTERNAL_SERVER_ERROR,
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `errorCode` in `error.details[]`, for errors that have one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Unregistered => Some("UNREGISTERED"),
            Self::SenderIdMismatch => Some("SENDER_ID_MISMATCH"),
            Self::InvalidToken | Self::InvalidArgument => Some("INVALID_ARGUMENT"),
            Self::QuotaExceeded => Some("QUOTA_EXCEEDED"),
            Self::Unavailable => Some("UNAVAILABLE"),
            Self::Internal => Some("INTERNAL"),
            Self::ThirdPartyAuth => Some("THIRD_PARTY_AUTH_ERROR"),
            Self::Unspecified => Some("UNSPECIFIED_ERROR"),
            Self::Unauthenticated | Self::PermissionDenied | Self::ProjectNotFound | Self::BadGateway => None,
        }
    }

    /// The word in magic device tokens: `sim-{word}-…` for every request, `sim-once-{word}-…` for the first.
    pub fn magic_word(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::SenderIdMismatch => "mismatch",
            Self::InvalidToken => "invalidtoken",
            Self::InvalidArgument => "invalid",
            Self::QuotaExceeded => "quota",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
            Self::ThirdPartyAuth => "thirdparty",
            Self::Unspecified => "unspecified",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "denied",
            Self::ProjectNotFound => "noproject",
            Self::BadGateway => "badgateway",
        }
    }

    /// Google's general word for the status (`google.rpc.Code`).
    fn rpc_status(self) -> &'static str {
        match self {
            Self::Unregistered | Self::ProjectNotFound => "NOT_FOUND",
            Self::SenderIdMismatch | Self::PermissionDenied => "PERMISSION_DENIED",
            Self::InvalidToken | Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::QuotaExceeded => "RESOURCE_EXHAUSTED",
            Self::Unavailable | Self::BadGateway => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
            Self::Unspecified => "UNKNOWN",
            Self::ThirdPartyAuth | Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Unregistered => "Requested entity was not found.",
            Self::SenderIdMismatch => "SenderId mismatch",
            Self::InvalidToken => "The registration token is not a valid FCM registration token",
            Self::InvalidArgument => "Request contains an invalid argument.",
            Self::QuotaExceeded => "Quota exceeded for quota metric 'Message sends' and limit 'per minute'.",
            Self::Unavailable => "The service is currently unavailable.",
            Self::Internal => "Internal error encountered.",
            Self::ThirdPartyAuth => "Auth error from APNS or Web Push Service",
            Self::Unspecified => "Unknown error.",
            Self::Unauthenticated => {
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                 other valid authentication credential."
            }
            Self::PermissionDenied => {
                "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist)."
            }
            Self::ProjectNotFound => "Project not found or deleted.",
            Self::BadGateway => "Bad Gateway",
        }
    }

    /// Seconds Google asks to wait when nothing else is scripted.
    fn usual_retry_after(self) -> Option<u32> {
        match self {
            Self::QuotaExceeded => Some(60),
            Self::Unavailable => Some(10),
            _ => None,
        }
    }
}

/// What the simulator answers to one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// 200 with the message's name.
    Accept,
    /// An error with what Google sends in `Retry-After`.
    Refuse { error: Error, retry_after: Option<u32> },
    /// The connection dies before the message takes effect.
    CutBefore,
    /// The connection dies after the message took effect: the phone shows it, the sender cannot know.
    CutAfter,
}

impl Answer {
    /// A refusal that asks to come back after so many seconds; `None` leaves the header out.
    pub fn retry_after(error: Error, seconds: impl Into<Option<u32>>) -> Self {
        Self::Refuse { error, retry_after: seconds.into() }
    }

    /// The answer a magic device token asks for, and whether only the first request gets it.
    pub(super) fn for_magic(token: &str) -> Option<(Self, bool)> {
        let rest = token.strip_prefix("sim-")?;
        let (rest, once) = match rest.strip_prefix("once-") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let word = rest.split('-').next()?;
        let answer = match word {
            "cutbefore" => Self::CutBefore,
            "cutafter" => Self::CutAfter,
            _ => Error::iter().find(|error| error.magic_word() == word)?.into(),
        };
        Some((answer, once))
    }

    /// `fields` are the places found wrong, each with a sentence.
    pub(super) fn response(self, project: &str, fields: &[(String, String)]) -> http2::Reply {
        let (error, retry_after) = match self {
            Self::CutBefore | Self::CutAfter => return http2::Reply::Cut,
            Self::Accept => {
                let name = format!("projects/{project}/messages/0:{}", clock::random_id().simple());
                return json_reply(StatusCode::OK, &json!({ "name": name }));
            }
            Self::Refuse { error: Error::BadGateway, .. } => return html_502(),
            Self::Refuse { error, retry_after } => (error, retry_after),
        };
        let body = json!({ "error": {
            "code": error.status().as_u16(),
            "message": fields.first().map_or(error.message(), |(_, sentence)| sentence),
            "status": error.rpc_status(),
            "details": details(error, fields),
        }});
        let mut reply = json_reply(error.status(), &body);
        if let http2::Reply::Answer(response) = &mut reply {
            let headers = response.headers_mut();
            if let Some(seconds) = retry_after {
                headers.insert("retry-after", seconds.into());
            }
            if error == Error::Unauthenticated {
                headers.insert("www-authenticate", HeaderValue::from_static("Bearer realm=\"simulator\""));
            }
        }
        reply
    }
}

fn details(error: Error, fields: &[(String, String)]) -> Vec<Value> {
    let mut details = Vec::new();
    if let Some(code) = error.code() {
        details.push(
            json!({ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code }),
        );
    }
    let violations: Vec<_> = match error {
        Error::InvalidToken if fields.is_empty() => {
            vec![json!({ "field": "message.token", "description": "Invalid registration token" })]
        }
        Error::InvalidArgument if fields.is_empty() => {
            vec![json!({ "field": "message.data", "description": "Invalid data payload" })]
        }
        _ => fields.iter().map(|(field, text)| json!({ "field": field, "description": text })).collect(),
    };
    match error {
        Error::InvalidToken | Error::InvalidArgument => details.push(
            json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations }),
        ),
        Error::Unauthenticated => details.push(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_EXPIRED",
            "domain": "googleapis.com",
        })),
        _ => {}
    }
    details
}

pub(super) fn json_reply(status: StatusCode, body: &Value) -> http2::Reply {
    let mut response = http2::response(status, body.to_string());
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/json; charset=UTF-8"));
    http2::Reply::Answer(response)
}

/// What Google's front end says about a path or method it does not know.
pub(super) fn unknown_route() -> http2::Reply {
    let mut response =
        http2::response(StatusCode::NOT_FOUND, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>");
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/html; charset=UTF-8"));
    http2::Reply::Answer(response)
}

fn html_502() -> http2::Reply {
    let page = "<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p><b>502.</b> That’s an \
                error.<p>The server encountered a temporary error and could not complete your request.";
    let mut response = http2::response(StatusCode::BAD_GATEWAY, page);
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/html; charset=UTF-8"));
    http2::Reply::Answer(response)
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        Self::Refuse { error, retry_after: error.usual_retry_after() }
    }
}

impl Outcome for Answer {
    fn accepted(&self) -> bool {
        matches!(self, Self::Accept | Self::CutAfter)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Refuse { error, .. } => error.magic_word(),
            Self::CutBefore => "cutbefore",
            Self::CutAfter => "cutafter",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magic_word_means_its_error() {
        for error in Error::all() {
            let word = error.magic_word();
            assert_eq!(Answer::for_magic(&format!("sim-{word}-phone")), Some((error.into(), false)));
            assert_eq!(Answer::for_magic(&format!("sim-once-{word}-phone")), Some((error.into(), true)));
        }
        assert_eq!(Answer::for_magic("sim-phone-of-anna"), None);
    }

    #[test]
    fn the_readme_lists_every_error_with_its_word() {
        let readme = include_str!("../../README.md");
        for error in Error::all() {
            let code = error.code().unwrap_or("–");
            let row = format!("| `sim-{}-` | {} | {code} |", error.magic_word(), error.status().as_u16());
            assert!(readme.contains(&row), "missing in README.md: {row}");
        }
    }
}
