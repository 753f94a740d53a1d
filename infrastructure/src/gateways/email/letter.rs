//! Makes a letter of a mail: headers, texts, pictures (RFC 5322, MIME).

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use domain::{
    deliveries::{Mail, MailPart},
    text::EmailAddress,
};
use lettre::{
    Address, Message,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use url::Host;
use uuid::Uuid;

use crate::gateways::SetupError;

/// A letter ready for its server.
pub(super) struct Letter {
    pub from: Address,
    pub to: Address,
    pub bytes: Vec<u8>,
}

/// Whom letters come from.
pub(super) struct Sender {
    address: Address,
}

impl Sender {
    pub fn new(from: &EmailAddress) -> Result<Self, SetupError> {
        let address = address(from).ok_or(SetupError::Smtp("has no usable sender address beside it"))?;
        Ok(Self { address })
    }

    /// The letter, or why there can be none. `id` names it for ever: a server that sees it twice
    /// sees the same `Message-ID`.
    pub fn letter(&self, mail: &Mail, id: Uuid, now: DateTime<Utc>) -> Result<Letter, &'static str> {
        let to = address(&mail.to).ok_or("address_unusable")?;
        let mailbox = |name: Option<String>, address: &Address| Mailbox::new(name, address.clone());
        let mut builder = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.address.domain())))
            .date(SystemTime::from(now))
            .from(mailbox(Some(one_line(&mail.from_name)), &self.address))
            .to(mailbox(None, &to))
            .subject(one_line(&mail.subject))
            // Keeps out-of-office replies away (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated")?);
        if let Some(reply_to) = &mail.reply_to {
            builder = builder.reply_to(mailbox(None, &address(reply_to).ok_or("address_unusable")?));
        }
        for (name, value) in &mail.headers {
            builder = builder.raw_header(header(name, value)?);
        }
        let message = body(builder, mail).map_err(|_| "unsendable")?;
        Ok(Letter { from: self.address.clone(), to, bytes: message.formatted() })
    }
}

/// Text alone; or text and HTML to choose from, the HTML with its pictures; attachments around it.
fn body(builder: lettre::message::MessageBuilder, mail: &Mail) -> Result<Message, Unsendable> {
    let (pictures, files): (Vec<_>, Vec<_>) = mail.parts.iter().partition(|part| part.content_id.is_some());
    let plain = SinglePart::plain(mail.text.clone());
    let words = match &mail.html {
        None if files.is_empty() => return Ok(builder.singlepart(plain)?),
        None => MultiPart::mixed().singlepart(plain),
        Some(html) => {
            let html = SinglePart::html(html.clone());
            let choice = MultiPart::alternative().singlepart(plain);
            let choice = if pictures.is_empty() {
                choice.singlepart(html)
            } else {
                let mut related = MultiPart::related().singlepart(html);
                for picture in pictures {
                    related = related.singlepart(part(picture)?);
                }
                choice.multipart(related)
            };
            if files.is_empty() {
                return Ok(builder.multipart(choice)?);
            }
            MultiPart::mixed().multipart(choice)
        }
    };
    let mut all = words;
    for file in files {
        all = all.singlepart(part(file)?);
    }
    Ok(builder.multipart(all)?)
}

fn part(part: &MailPart) -> Result<SinglePart, Unsendable> {
    let content_type = ContentType::parse(&part.content_type).map_err(|_| Unsendable)?;
    let name = one_line(&part.name);
    let attachment = match &part.content_id {
        Some(id) => Attachment::new_inline_with_name(one_line(id), name),
        None => Attachment::new(name),
    };
    Ok(attachment.body(part.bytes.clone(), content_type))
}

struct Unsendable;

impl From<lettre::error::Error> for Unsendable {
    fn from(_: lettre::error::Error) -> Self {
        Self
    }
}

fn header(name: &str, value: &str) -> Result<HeaderValue, &'static str> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|_| "unsendable")?;
    Ok(HeaderValue::new(name, one_line(value)))
}

/// A header has one line: nobody smuggles another in.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The address with its domain as servers want it: `müller@düben.example` at
/// `xn--dben-0ra.example` (RFC 5891).
fn address(address: &EmailAddress) -> Option<Address> {
    let (local, domain) = address.as_str().rsplit_once('@')?;
    let Host::Domain(domain) = Host::parse(domain).ok()? else {
        return None;
    };
    Address::new(local, domain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::tests::noon;

    fn mail() -> Mail {
        Mail {
            to: EmailAddress::parse("erika@düben.example").unwrap(),
            from_name: "Stadt Bad Düben".into(),
            reply_to: Some(EmailAddress::parse("ordnungsamt@bad-dueben.example").unwrap()),
            subject: "Neues Anliegen BD-2026-000123".into(),
            text: "Guten Tag,\nes gibt ein neues Anliegen.\n".into(),
            html: None,
            parts: Vec::new(),
            headers: vec![("List-Unsubscribe".into(), "<https://example.org/u>".into())],
        }
    }

    fn formatted(mail: &Mail) -> String {
        let sender = Sender::new(&EmailAddress::parse("rathaus@bad-dueben.example").unwrap()).unwrap();
        let letter = sender.letter(mail, Uuid::from_u128(7), noon()).ok().unwrap();
        assert_eq!(letter.to.to_string(), "erika@xn--dben-0ra.example");
        String::from_utf8(letter.bytes).unwrap()
    }

    #[test]
    fn headers_of_a_letter() {
        let text = formatted(&mail());
        for line in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@bad-dueben.example>",
            "Date: Sun, 22 Nov 2026 12:00:00 +0000",
            "To: erika@xn--dben-0ra.example",
            "Reply-To: ordnungsamt@bad-dueben.example",
            "Auto-Submitted: auto-generated",
            "List-Unsubscribe: <https://example.org/u>",
            "Subject: Neues Anliegen BD-2026-000123",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}\n{text}");
        }
        assert!(text.is_ascii());
    }

    #[test]
    fn nobody_smuggles_a_header_in() {
        let mut mail = mail();
        mail.subject = "Hallo\r\nBcc: alle@example.org".into();
        mail.from_name = "Stadt\nX-Evil: 1".into();
        mail.headers.push(("X-Town".into(), "a\r\nX-Evil: 2".into()));
        let text = formatted(&mail);
        assert!(!text.contains("\nBcc:") && !text.contains("\nX-Evil"), "{text}");
        mail.headers.push(("X Bad\r\n".into(), "a".into()));
        let sender = Sender::new(&mail.to).unwrap();
        assert!(sender.letter(&mail, Uuid::nil(), noon()).is_err());
    }

    #[test]
    fn parts_stand_where_mail_programs_look_for_them() {
        let mut mail = mail();
        mail.html = Some("<p>Guten Tag <img src=\"cid:photo1\"></p>".into());
        let picture = |content_id: Option<&str>| MailPart {
            name: "foto.jpg".into(),
            content_type: "image/jpeg".into(),
            content_id: content_id.map(str::to_owned),
            bytes: vec![0xff, 0xd8, 0xff],
        };
        mail.parts = vec![picture(Some("photo1")), picture(None)];
        let text = formatted(&mail);
        let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("{needle}\n{text}"));
        assert!(at("multipart/mixed") < at("multipart/alternative"));
        assert!(at("multipart/alternative") < at("text/plain"));
        assert!(at("text/plain") < at("multipart/related"));
        assert!(at("multipart/related") < at("Content-ID: <photo1>"));
        assert!(at("Content-ID: <photo1>") < at("Content-Disposition: attachment"));
    }
}
