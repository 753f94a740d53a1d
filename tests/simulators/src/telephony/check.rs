//! What a request must look like. Stricter than Twilio: it ignores what it does not know.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Method, Request, header};

use super::Answer;
use crate::http1::{field, fields};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    Messages,
    Calls,
}

impl Resource {
    fn known(self) -> &'static [&'static str] {
        match self {
            Self::Messages => {
                &["To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"]
            }
            Self::Calls => &[
                "To",
                "From",
                "Url",
                "Method",
                "StatusCallback",
                "StatusCallbackMethod",
                "StatusCallbackEvent",
                "Timeout",
                "MachineDetection",
            ],
        }
    }
}

/// A message or call as it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub resource: Resource,
    pub to: String,
    pub from: String,
    /// Where a call gets its words.
    pub url: String,
    pub status_callback: Option<String>,
    /// Which steps of a call are told; the end where none is named.
    pub events: Vec<String>,
    /// What is told of a machine that answers, where anything is.
    pub machine_is: Option<&'static str>,
}

pub(super) fn check(
    request: &Request<Bytes>,
    account: &str,
    auth_token: &str,
) -> Result<Order, (Answer, String)> {
    let error = |status, code, sentence: &str| Err((Answer::Error(status, code), sentence.to_owned()));
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let credentials = format!("Basic {}", STANDARD.encode(format!("{account}:{auth_token}")));
    if header(header::AUTHORIZATION) != Some(credentials.as_str()) {
        return error(401, 20003, "the account and its token do not match");
    }
    let resource = match request.uri().path().strip_prefix(&format!("/2010-04-01/Accounts/{account}/")) {
        Some("Messages.json") => Resource::Messages,
        Some("Calls.json") => Resource::Calls,
        _ => return error(404, 20404, "there is no such resource"),
    };
    if request.method() != Method::POST {
        return error(405, 20004, "only POST creates something");
    }
    if header(header::CONTENT_TYPE) != Some("application/x-www-form-urlencoded") {
        return error(400, 20001, "the content-type is not that of a form");
    }
    let given = fields(request.body());
    if let Some((name, _)) = given.iter().find(|(name, _)| !resource.known().contains(&name.as_str())) {
        return error(400, 20001, &format!("there is no parameter {name}"));
    }
    let text = |name| field(&given, name).unwrap_or_default();
    let digits = text("To").strip_prefix('+').unwrap_or_default();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return error(400, 21211, "To is not a number in E.164 form");
    }
    let from = if text("From").is_empty() { text("MessagingServiceSid") } else { text("From") };
    if from.is_empty() {
        return error(400, 21603, "From is missing");
    }
    let callback = field(&given, "StatusCallback");
    if callback.is_some_and(|url| !url.starts_with("http")) {
        return error(400, 21609, "StatusCallback is no address");
    }
    match resource {
        Resource::Messages => match text("Body").chars().count() {
            0 => return error(400, 21602, "Body is missing"),
            1..=1600 => {}
            _ => return error(400, 21617, "Body is longer than 1,600 characters"),
        },
        Resource::Calls => {
            if !text("Url").starts_with("http") || text("Url").len() > 4000 {
                return error(400, 21205, "Url is no address, or longer than 4,000 characters");
            }
        }
    }
    let events = given.iter().filter(|(name, _)| name == "StatusCallbackEvent");
    let events: Vec<String> = events.map(|(_, event)| event.clone()).collect();
    if events.iter().any(|event| !["initiated", "ringing", "answered", "completed"].contains(&event.as_str()))
    {
        return error(400, 21626, "StatusCallbackEvent is not one of the four");
    }
    Ok(Order {
        resource,
        to: text("To").to_owned(),
        from: from.to_owned(),
        url: text("Url").to_owned(),
        status_callback: callback.map(str::to_owned),
        events,
        machine_is: match text("MachineDetection") {
            "Enable" => Some("machine_start"),
            "DetectMessageEnd" => Some("machine_end_beep"),
            _ => None,
        },
    })
}
