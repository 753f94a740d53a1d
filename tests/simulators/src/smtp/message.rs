//! A received mail, taken apart, and the rules it must keep (RFC 5322, RFC 5321 section 4.5.3.1).

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mail_parser::{Address, MessageParser, MimeHeaders};

/// Without the line's end.
const MAX_LINE: usize = 998;

/// One part of a mail that is neither its text nor its HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub name: Option<String>,
    /// Such as `image/jpeg`.
    pub content_type: String,
    /// For parts the HTML shows in place (`cid:…`), without angle brackets.
    pub content_id: Option<String>,
    pub content: Vec<u8>,
}

/// One mail as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Position among all mails of this sink, from 0.
    pub number: u64,
    /// Which connection brought it, from 0.
    pub connection: u64,
    pub at: DateTime<Utc>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The user name given with AUTH.
    pub user: Option<String>,
    /// From the envelope: `MAIL FROM`; empty for bounces.
    pub sender: String,
    /// From the envelope: every accepted `RCPT TO`.
    pub recipients: Vec<String>,
    /// From the header `From`: the address.
    pub from: String,
    /// From the header `To`: the addresses.
    pub to: Vec<String>,
    pub subject: String,
    pub message_id: String,
    /// All headers in their order, unfolded but not decoded.
    pub headers: Vec<(String, String)>,
    /// The plain text, decoded; empty when there is none.
    pub text: String,
    /// The HTML, decoded; empty when there is none.
    pub html: String,
    pub attachments: Vec<Attachment>,
    /// As it came, dots unstuffed.
    pub raw: Vec<u8>,
}

impl Mail {
    /// The first header of this name, unfolded but not decoded; the case does not matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// What the session knows about a mail besides its content.
pub(super) struct Envelope {
    pub(super) connection: u64,
    pub(super) encrypted: bool,
    pub(super) user: Option<String>,
    pub(super) sender: String,
    pub(super) recipients: Vec<String>,
}

/// Takes a mail apart, or says which rule it breaks.
pub(super) fn parse(
    raw: Vec<u8>,
    envelope: Envelope,
    number: u64,
    at: DateTime<Utc>,
) -> Result<Mail, String> {
    check_lines(&raw)?;
    let parsed = MessageParser::default().parse(&raw).ok_or("the message has no headers")?;
    for name in ["Date", "From", "Message-ID"] {
        match parsed.headers_raw().filter(|(header, _)| header.eq_ignore_ascii_case(name)).count() {
            1 => {}
            0 => return Err(format!("the header {name} is missing")),
            _ => return Err(format!("the header {name} occurs more than once")),
        }
    }
    if parsed.date().is_none_or(|date| !date.is_valid()) {
        return Err("the header Date is not a date".to_owned());
    }
    let from = addresses(parsed.from());
    let [from] = from.as_slice() else {
        return Err("the header From has not exactly one address".to_owned());
    };
    let message_id =
        parsed.message_id().filter(|id| id.contains('@')).ok_or("the header Message-ID is not <…@…>")?;
    let body = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned).unwrap_or_default();
    let is = |part: Option<&mail_parser::MessagePart<'_>>, wanted: &str| {
        part.is_some_and(|part| content_type(part) == wanted)
    };
    let mail = Mail {
        number,
        connection: envelope.connection,
        at,
        encrypted: envelope.encrypted,
        user: envelope.user,
        sender: envelope.sender,
        recipients: envelope.recipients,
        from: from.clone(),
        to: addresses(parsed.to()),
        subject: parsed.subject().unwrap_or_default().to_owned(),
        message_id: message_id.to_owned(),
        headers: parsed.headers_raw().map(|(name, value)| (name.to_owned(), unfold(value))).collect(),
        // The parser makes text of HTML and the other way round; only what was sent counts.
        text: body(parsed.body_text(0).filter(|_| is(parsed.text_part(0), "text/plain"))),
        html: body(parsed.body_html(0).filter(|_| is(parsed.html_part(0), "text/html"))),
        attachments: parsed.attachments().map(attachment).collect(),
        raw: Vec::new(),
    };
    Ok(Mail { raw, ..mail })
}

fn check_lines(raw: &[u8]) -> Result<(), String> {
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return Err("a line does not end with CR LF".to_owned());
        };
        if line.contains(&b'\r') {
            return Err("a CR stands alone".to_owned());
        }
        if line.len() > MAX_LINE {
            return Err(format!("a line has {} bytes, allowed are {MAX_LINE}", line.len()));
        }
        if line.contains(&0) {
            return Err("a NUL byte".to_owned());
        }
    }
    Ok(())
}

fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    let all = header.into_iter().flat_map(|addresses| addresses.iter());
    all.filter_map(|one| one.address()).map(str::to_owned).collect()
}

fn attachment(part: &mail_parser::MessagePart<'_>) -> Attachment {
    Attachment {
        name: part.attachment_name().map(str::to_owned),
        content_type: content_type(part),
        content_id: part.content_id().map(str::to_owned),
        content: part.contents().to_vec(),
    }
}

/// A part without one is plain text (RFC 2045, section 5.2).
fn content_type(part: &mail_parser::MessagePart<'_>) -> String {
    let Some(kind) = part.content_type() else { return "text/plain".to_owned() };
    let subtype = kind.subtype().unwrap_or("plain");
    format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
}

fn unfold(value: &str) -> String {
    value.trim().replace("\r\n", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const HEAD: &str = "Date: Sun, 22 Nov 2026 16:00:00 +0000\r\nFrom: Rathaus <desk@example.org>\r\n\
                        To: anna@example.org\r\nMessage-ID: <1@example.org>\r\n";

    fn parsed(raw: &str) -> Result<Mail, String> {
        let envelope = Envelope {
            connection: 0,
            encrypted: false,
            user: None,
            sender: "desk@example.org".to_owned(),
            recipients: vec!["anna@example.org".to_owned()],
        };
        parse(raw.as_bytes().to_vec(), envelope, 0, clock::now())
    }

    #[test]
    fn a_mail_is_taken_apart() {
        let mail = parsed(&format!(
            "{HEAD}Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=b\r\nX-Folded: one\r\n two\r\n\r\n\
             --b\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n\
             --a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6n\r\n\
             --a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hallo</p>\r\n--a--\r\n\
             --b\r\nContent-Type: image/jpeg; name=photo.jpg\r\nContent-Disposition: attachment; filename=photo.jpg\r\n\
             Content-ID: <p1@example.org>\r\nContent-Transfer-Encoding: base64\r\n\r\nAQID\r\n--b--\r\n"
        ))
        .unwrap();
        assert_eq!((mail.subject.as_str(), mail.from.as_str()), ("Grüße", "desk@example.org"));
        assert_eq!((mail.text.trim(), mail.html.trim()), ("Schön", "<p>Hallo</p>"));
        assert_eq!(mail.header("x-folded"), Some("one two"));
        assert_eq!(
            (mail.to.as_slice(), mail.message_id.as_str()),
            (&["anna@example.org".to_owned()][..], "1@example.org")
        );
        let [photo] = mail.attachments.as_slice() else { panic!("{:?}", mail.attachments) };
        assert_eq!((photo.name.as_deref(), photo.content_type.as_str()), (Some("photo.jpg"), "image/jpeg"));
        assert_eq!(
            (photo.content.as_slice(), photo.content_id.as_deref()),
            (&[1, 2, 3][..], Some("p1@example.org"))
        );
    }

    #[test]
    fn a_plain_mail_has_no_html() {
        let mail = parsed(&format!("{HEAD}\r\nHallo\r\n")).unwrap();
        assert_eq!((mail.text.trim(), mail.html.as_str(), mail.attachments.len()), ("Hallo", "", 0));
    }

    #[test]
    fn a_mail_against_the_rules_is_refused() {
        for (raw, part) in [
            (HEAD.replace("Date: ", "X-Date: "), "Date is missing"),
            (HEAD.replace("From: ", "X-From: "), "From is missing"),
            (HEAD.replace("Message-ID: ", "X-ID: "), "Message-ID is missing"),
            (format!("{HEAD}Message-ID: <2@example.org>\r\n"), "more than once"),
            (HEAD.replace("<1@example.org>", "<1>"), "Message-ID is not"),
            (HEAD.replace("Sun, 22 Nov 2026 16:00:00 +0000", "yesterday"), "Date is not"),
            (HEAD.replace("<desk@example.org>", "<desk@example.org>, b@example.org"), "exactly one"),
            (format!("{HEAD}X: {}\r\n", "x".repeat(996)), "999 bytes"),
            (format!("{HEAD}X: a\n"), "CR LF"),
            (format!("{HEAD}X: a\rb\r\n"), "CR stands alone"),
            (format!("{HEAD}X: a\0b\r\n"), "NUL"),
        ] {
            let error = parsed(&format!("{raw}\r\nHallo\r\n")).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
