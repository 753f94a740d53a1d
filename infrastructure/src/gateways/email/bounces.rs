//! Letters that a server took and sends back later: delivery status notifications (RFC 3464).

use domain::deliveries::Report;

/// The part of a notification that programs read.
const PART: &str = "content-type: message/delivery-status";

/// What a notification says about the letter it is about. None where that is still on its way or arrived, and for
/// what is no such notification: an answer from somebody who is away, for one.
pub fn bounce_report(notification: &[u8]) -> Option<Report> {
    let text = String::from_utf8_lossy(notification);
    // Up to the boundary (RFC 2046, section 5.1.1).
    let lines = text.lines().skip_while(|line| !is_part(line)).skip(1);
    let mut lines = lines.take_while(|line| !line.starts_with("--"));
    let (mut action, mut status) = (None, None);
    // The fields of the first recipient: each of our letters has one.
    for (name, value) in lines.by_ref().filter_map(|line| line.split_once(':')) {
        let first = || value.split([' ', '\t', '(', ';']).find(|word| !word.is_empty());
        match name.trim().to_ascii_lowercase().as_str() {
            "action" if action.is_none() => action = first().map(str::to_ascii_lowercase),
            "status" if status.is_none() => status = first().and_then(code),
            _ => {}
        }
    }
    if action.as_deref() != Some("failed") {
        return None;
    }
    Some(match status? {
        // As where the server says so at once: no such mailbox, no such host, moved away, closed.
        (5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1) => Report::dead("mailbox_unknown"),
        (_, 2, 2) => Report::failed("mailbox_full"),
        (5, 7, _) => Report::failed("content_refused"),
        _ => Report::failed("bounced"),
    })
}

fn is_part(line: &str) -> bool {
    line.get(..PART.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PART))
}

/// A status code (RFC 3463) such as `5.1.1`.
fn code(word: &str) -> Option<(u16, u16, u16)> {
    let mut numbers = word.split('.').map(|number| number.parse().ok());
    let code = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(action: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mail.example\r\nSubject: Status: failed\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"x\"\r\n\r\n\
             --x\r\n\r\nStatus: 4.0.0 is what a person reads.\r\n\
             --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.example\r\n\r\n\
             Final-Recipient: rfc822; erika@example.org\r\nAction: {action}\r\nStatus: {status}\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
             --x\r\nContent-Type: message/rfc822\r\n\r\nAction: delivered\r\nStatus: 2.0.0\r\n--x--\r\n"
        )
    }

    #[test]
    fn one_row_for_each_code() {
        for (action, status, report) in [
            ("failed", "5.1.1", Some(Report::dead("mailbox_unknown"))),
            ("Failed", "5.1.10 (null MX)", Some(Report::dead("mailbox_unknown"))),
            ("failed", "5.2.1", Some(Report::dead("mailbox_unknown"))),
            // The sender's address is meant: the mailbox is fine.
            ("failed", "5.1.8", Some(Report::failed("bounced"))),
            ("failed", "5.2.2", Some(Report::failed("mailbox_full"))),
            ("failed", "5.7.1", Some(Report::failed("content_refused"))),
            ("failed", "4.4.7", Some(Report::failed("bounced"))),
            ("delayed", "4.4.1", None),
            ("delivered", "2.0.0", None),
            ("failed", "five", None),
            ("", "", None),
        ] {
            assert_eq!(bounce_report(notification(action, status).as_bytes()), report, "{action} {status}");
        }
    }

    #[test]
    fn what_is_no_notification_says_nothing() {
        for text in ["", "Subject: Abwesend\r\n\r\nAction: failed\r\nStatus: 5.1.1\r\n", "\u{0}\u{ff}"] {
            assert_eq!(bounce_report(text.as_bytes()), None, "{text}");
        }
        assert_eq!(bounce_report(&[0xff, 0xfe, b'\n']), None);
    }
}
