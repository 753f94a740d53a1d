//! What `sendsms` answers. The status decides; the text begins with Kannel's own number.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::deliveries::Outcome;

use crate::gateways::http2::Answer;

/// Waiting where the gateway asks for less and says no number.
const PAUSE: Duration = Duration::from_secs(10);

/// The table.
pub(super) fn meaning(answer: &Answer, now: DateTime<Utc>) -> Outcome {
    let text = String::from_utf8_lossy(&answer.body);
    let taken = text.starts_with("0:") || text.starts_with("3:");
    let asked = answer.retry_after(now);
    match answer.status.as_u16() {
        200..=202 if taken => Outcome::Sent { provider_id: None },
        // Something in between answered, or a gateway that is not Kannel.
        200..=299 => Outcome::Unknown { reason: "answer_unreadable" },
        401 | 403 => Outcome::StopChannel { reason: "credentials_refused" },
        404 | 405 => Outcome::StopChannel { reason: "address_wrong" },
        413 | 414 => Outcome::Permanent { reason: "text_too_long" },
        400..=499 if answer.status.as_u16() != 429 => Outcome::Permanent { reason: "request_refused" },
        429 => Outcome::PauseProvider { pause: asked.unwrap_or(PAUSE), reason: "too_many_requests" },
        // "Temporal failure, try again later": no connection to the network takes it now.
        503 => Outcome::Retry { after: asked, reason: "unavailable" },
        // A proxy may have passed it on before it gave up.
        _ => Outcome::Unknown { reason: "gateway_fault" },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::gateways::tests::noon;

    #[test]
    fn one_row_for_each_answer() {
        for (status, body, outcome) in [
            (202, "0: Accepted for delivery", Outcome::Sent { provider_id: None }),
            (202, "3: Queued for later delivery", Outcome::Sent { provider_id: None }),
            (200, "0: Accepted for delivery", Outcome::Sent { provider_id: None }),
            (200, "<html>", Outcome::Unknown { reason: "answer_unreadable" }),
            (202, "", Outcome::Unknown { reason: "answer_unreadable" }),
            (403, "Authorization failed for sendsms", Outcome::StopChannel { reason: "credentials_refused" }),
            (401, "", Outcome::StopChannel { reason: "credentials_refused" }),
            (404, "Unknown request", Outcome::StopChannel { reason: "address_wrong" }),
            (400, "Missing receiver number, rejected", Outcome::Permanent { reason: "request_refused" }),
            (414, "", Outcome::Permanent { reason: "text_too_long" }),
            (429, "", Outcome::PauseProvider { pause: PAUSE, reason: "too_many_requests" }),
            (
                503,
                "Temporal failure, try again later.",
                Outcome::Retry { after: None, reason: "unavailable" },
            ),
            (502, "<html>", Outcome::Unknown { reason: "gateway_fault" }),
            (504, "", Outcome::Unknown { reason: "gateway_fault" }),
        ] {
            let answer = Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Bytes::from_static(body.as_bytes()),
            };
            assert_eq!(meaning(&answer, noon()), outcome, "{status} {body}");
        }
    }
}
