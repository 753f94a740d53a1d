//! What the provider's answers mean. Its own code decides, then the HTTP status.
//!
//! <https://www.twilio.com/docs/api/errors>

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::deliveries::Outcome;
use serde::Deserialize;

use crate::gateways::http2::Answer;

/// Waiting where the provider asks for less and says no number.
const PAUSE: Duration = Duration::from_secs(10);

/// A created message or call, or an error; told apart by their fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    sid: Option<String>,
    code: Option<u32>,
}

/// The table.
pub(super) fn meaning(answer: &Answer, now: DateTime<Utc>) -> Outcome {
    let Body { sid, code } = serde_json::from_slice(&answer.body).unwrap_or_default();
    let asked = answer.retry_after(now);
    let dead = |reason| Outcome::DropContactPoint { reason, since: None };
    let permanent = |reason| Outcome::Permanent { reason };
    let stop = |reason| Outcome::StopChannel { reason };
    let pause = |reason| Outcome::PauseProvider { pause: asked.unwrap_or(PAUSE), reason };
    match (answer.status.as_u16(), code.unwrap_or_default()) {
        (200 | 201, _) => match sid {
            Some(sid) => Outcome::Sent { provider_id: Some(sid.chars().take(120).collect()) },
            None => Outcome::Unknown { reason: "answer_unreadable" },
        },

        // The number: not one, not a mobile phone, opted out at the provider.
        (_, 21211 | 21217 | 13224) => dead("number_invalid"),
        (_, 21614) => dead("number_not_mobile"),
        (_, 21610) => dead("unsubscribed"),
        (_, 21408 | 21215 | 13227) => permanent("country_not_enabled"),
        (_, 21216) => permanent("number_blocked"),

        // The text.
        (_, 21605 | 21617) => permanent("text_too_long"),
        (_, 21602 | 21619) => permanent("text_missing"),

        // Our account, our sender, our addresses.
        (_, 20003 | 20004 | 20008) | (401 | 403, _) => stop("credentials_refused"),
        (_, 20005 | 30002 | 90010) => stop("account_suspended"),
        (_, 21210 | 21212 | 21213 | 21606 | 21607 | 21659 | 21660) => stop("sender_refused"),
        (_, 21205 | 21609) => stop("callback_refused"),
        (_, 20404) | (404, _) => stop("account_not_found"),

        (_, 20429 | 14107 | 21611) | (429, _) => pause("too_many_requests"),
        (400..=499, _) => permanent("request_refused"),
        (503, _) => Outcome::Retry { after: asked, reason: "unavailable" },
        // It may have been taken before something broke.
        _ => Outcome::Unknown { reason: "provider_fault" },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, StatusCode, header};

    use super::*;
    use crate::gateways::tests::noon;

    #[test]
    fn one_row_for_each_answer() {
        let dead = |reason| Outcome::DropContactPoint { reason, since: None };
        let stop = |reason| Outcome::StopChannel { reason };
        let permanent = |reason| Outcome::Permanent { reason };
        let pause = |seconds| Outcome::PauseProvider {
            pause: Duration::from_secs(seconds),
            reason: "too_many_requests",
        };
        for (status, body, wait, outcome) in [
            (201, r#"{"sid":"SM1"}"#, None, Outcome::Sent { provider_id: Some("SM1".into()) }),
            (201, "{}", None, Outcome::Unknown { reason: "answer_unreadable" }),
            (200, "<html>", None, Outcome::Unknown { reason: "answer_unreadable" }),
            (400, r#"{"code":21211}"#, None, dead("number_invalid")),
            (400, r#"{"code":21614}"#, None, dead("number_not_mobile")),
            (400, r#"{"code":21610}"#, None, dead("unsubscribed")),
            (400, r#"{"code":21408}"#, None, permanent("country_not_enabled")),
            (400, r#"{"code":21215}"#, None, permanent("country_not_enabled")),
            (400, r#"{"code":21216}"#, None, permanent("number_blocked")),
            (400, r#"{"code":21617}"#, None, permanent("text_too_long")),
            (400, r#"{"code":21602}"#, None, permanent("text_missing")),
            (401, r#"{"code":20003}"#, None, stop("credentials_refused")),
            (403, "", None, stop("credentials_refused")),
            (400, r#"{"code":20005}"#, None, stop("account_suspended")),
            (400, r#"{"code":21606}"#, None, stop("sender_refused")),
            (400, r#"{"code":21212}"#, None, stop("sender_refused")),
            (400, r#"{"code":21609}"#, None, stop("callback_refused")),
            (404, r#"{"code":20404}"#, None, stop("account_not_found")),
            (429, r#"{"code":20429}"#, Some("30"), pause(30)),
            (429, "", None, pause(10)),
            (400, r#"{"code":21611}"#, None, pause(10)),
            (400, r#"{"code":99999}"#, None, permanent("request_refused")),
            (422, "", None, permanent("request_refused")),
            (503, "", None, Outcome::Retry { after: None, reason: "unavailable" }),
            (500, r#"{"code":20500}"#, None, Outcome::Unknown { reason: "provider_fault" }),
            (502, "<html>", None, Outcome::Unknown { reason: "provider_fault" }),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(wait) = wait {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(wait));
            }
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers,
                body: Bytes::from_static(body.as_bytes()),
            };
            assert_eq!(meaning(&answer, noon()), outcome, "{status} {body}");
        }
    }
}
