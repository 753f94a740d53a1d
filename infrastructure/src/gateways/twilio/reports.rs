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
        "undelivered" | "failed" | "canceled" => Some(match error {
            Some(21610) => Report::dead("unsubscribed"),
            Some(30003) => Report::failed("phone_unreachable"),
            Some(30004) => Report::failed("blocked"),
            Some(30005) => Report::dead("number_unknown"),
            Some(30006) => Report::dead("number_not_mobile"),
            Some(30007) => Report::failed("filtered"),
            _ => Report::failed("undelivered"),
        }),
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
        "busy" => Some(Report::unanswered("busy")),
        "no-answer" => Some(Report::unanswered("no_answer")),
        "canceled" => Some(Report::failed("canceled")),
        "failed" => Some(Report::failed("call_failed")),
        _ => None,
    }
}

/// The table for `AnsweredBy` of a call that is taken: a machine is nobody, whatever is left on it. None for a
/// person, and where the provider does not know. <https://www.twilio.com/docs/voice/answering-machine-detection>
pub fn answered_report(by: &str) -> Option<Report> {
    match by {
        "machine_start" | "machine_end_beep" | "machine_end_silence" | "machine_end_other" => {
            Some(Report::recorded("voicemail"))
        }
        "fax" => Some(Report::recorded("fax")),
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
    fn a_number_is_dead_where_nobody_has_it_or_it_takes_no_texts() {
        for (error, dead) in
            [(21610, true), (30003, false), (30004, false), (30005, true), (30006, true), (30007, false)]
        {
            assert_eq!(
                message_report("undelivered", Some(error)).map(|report| report.dead),
                Some(dead),
                "{error}"
            );
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

    #[test]
    fn a_machine_is_nobody() {
        for (by, reason) in [
            ("machine_start", Some("voicemail")),
            ("machine_end_beep", Some("voicemail")),
            ("fax", Some("fax")),
            ("human", None),
            ("unknown", None),
            ("", None),
        ] {
            assert_eq!(answered_report(by), reason.map(Report::recorded), "{by}");
        }
    }
}
