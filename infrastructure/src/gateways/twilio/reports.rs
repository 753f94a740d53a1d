//! What the provider's reports mean.
//!
//! Messages: <https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks>,
//! calls: <https://www.twilio.com/docs/voice/api/call-resource#call-status-values>

use domain::deliveries::{DeliveryState, Report};

/// The table for `MessageStatus` and `ErrorCode`. None for what says nothing.
pub fn message_report(status: &str, error: Option<u32>) -> Option<Report> {
    match status {
        "accepted" | "queued" | "scheduled" | "sending" | "sent" => Some(Report::of(DeliveryState::Sent)),
        "delivered" => Some(Report::of(DeliveryState::Delivered)),
        "read" => Some(Report::of(DeliveryState::Read)),
        "undelivered" | "failed" | "canceled" => Some(Report::failed(match error {
            Some(21610) => "unsubscribed",
            Some(30003) => "phone_unreachable",
            Some(30004) => "blocked",
            Some(30005) => "number_unknown",
            Some(30006) => "number_not_mobile",
            Some(30007) => "filtered",
            _ => "undelivered",
        })),
        _ => None,
    }
}

/// The table for `CallStatus`. A completed call is not a heard one: a machine, a switchboard or a
/// child may have picked up. Only a key that somebody pressed proves it.
pub fn call_report(status: &str) -> Option<Report> {
    match status {
        "queued" | "initiated" | "ringing" | "in-progress" | "answered" | "completed" => {
            Some(Report::of(DeliveryState::Sent))
        }
        "busy" => Some(Report::failed("busy")),
        "no-answer" => Some(Report::failed("no_answer")),
        "canceled" => Some(Report::failed("canceled")),
        "failed" => Some(Report::failed("call_failed")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Delivered, Failed, Read, Sent};

    #[test]
    fn one_row_for_each_message_status() {
        for (status, error, state, reason) in [
            ("queued", None, Some(Sent), None),
            ("sent", None, Some(Sent), None),
            ("delivered", None, Some(Delivered), None),
            ("read", None, Some(Read), None),
            ("undelivered", Some(30003), Some(Failed), Some("phone_unreachable")),
            ("undelivered", Some(30005), Some(Failed), Some("number_unknown")),
            ("failed", None, Some(Failed), Some("undelivered")),
            ("new status", None, None, None),
        ] {
            let report = message_report(status, error);
            assert_eq!(report.map(|report| report.state), state, "{status}");
            assert_eq!(report.and_then(|report| report.reason), reason, "{status}");
        }
    }

    #[test]
    fn a_completed_call_is_not_a_heard_one() {
        for (status, state) in [
            ("initiated", Some(Sent)),
            ("in-progress", Some(Sent)),
            ("completed", Some(Sent)),
            ("busy", Some(Failed)),
            ("no-answer", Some(Failed)),
            ("failed", Some(Failed)),
            ("canceled", Some(Failed)),
            ("parked", None),
        ] {
            assert_eq!(call_report(status).map(|report| report.state), state, "{status}");
        }
    }
}
