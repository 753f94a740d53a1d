use strum::IntoEnumIterator;

use super::{
    answers::{Fault, Stage, outcome},
    *,
};

fn reply(code: u16, enhanced: Option<(u16, u16)>) -> Fault {
    Fault::Reply { code, enhanced }
}

#[test]
fn every_refusal_has_its_meaning() {
    use Stage::*;
    let retry = |reason| Outcome::Retry { after: None, reason };
    let stop = |reason| Outcome::StopChannel { reason };
    let permanent = |reason| Outcome::Permanent { reason };
    let dead = Outcome::DropContactPoint { reason: "mailbox_unknown", since: None };
    let table = [
        (Connect, Fault::Broken, retry("unreachable")),
        (Connect, Fault::Timeout, retry("timeout")),
        (Connect, Fault::Certificate, stop("tls_failed")),
        (Connect, reply(421, None), retry("deferred")),
        (Connect, reply(554, None), stop("refused")),
        (Encrypt, Fault::Unsupported, stop("starttls_missing")),
        (Encrypt, Fault::Certificate, stop("tls_failed")),
        (Encrypt, reply(454, None), retry("deferred")),
        (Encrypt, reply(502, None), stop("starttls_refused")),
        (SignIn, reply(535, Some((7, 8))), stop("credentials_refused")),
        (SignIn, reply(454, Some((7, 0))), retry("deferred")),
        (SignIn, Fault::Unsupported, stop("sign_in_unsupported")),
        (Sender, reply(530, Some((7, 0))), stop("sender_refused")),
        (Sender, reply(550, Some((1, 7))), stop("sender_refused")),
        (Sender, reply(552, None), permanent("letter_too_large")),
        (Sender, reply(451, None), retry("deferred")),
        (Sender, Fault::Unsupported, permanent("address_needs_smtputf8")),
        (Recipient, reply(450, Some((2, 0))), retry("recipient_deferred")),
        (Recipient, reply(452, Some((2, 2))), retry("recipient_deferred")),
        (Recipient, reply(550, Some((1, 1))), dead.clone()),
        (Recipient, reply(550, Some((1, 2))), dead.clone()),
        (Recipient, reply(556, Some((1, 10))), dead.clone()),
        (Recipient, reply(550, Some((2, 1))), dead),
        (Recipient, reply(552, Some((2, 2))), permanent("mailbox_full")),
        (Recipient, reply(550, None), permanent("recipient_refused")),
        (Recipient, reply(554, Some((7, 1))), permanent("recipient_refused")),
        (Recipient, Fault::Broken, retry("connection_lost")),
        (Data, reply(451, None), retry("deferred")),
        (Data, reply(554, None), permanent("content_refused")),
        (Content, reply(452, None), retry("deferred")),
        (Content, reply(552, None), permanent("letter_too_large")),
        (Content, reply(554, Some((7, 1))), permanent("content_refused")),
        (Content, Fault::Broken, Outcome::Unknown { reason: "answer_lost" }),
        (Content, Fault::Timeout, Outcome::Unknown { reason: "answer_lost" }),
    ];
    for (stage, fault, expected) in table {
        assert_eq!(outcome(stage, fault), expected, "{stage} {fault}");
    }
}

#[test]
fn only_the_last_stage_leaves_doubt() {
    for stage in Stage::iter() {
        for fault in [Fault::Broken, Fault::Timeout] {
            let unknown = matches!(outcome(stage, fault), Outcome::Unknown { .. });
            assert_eq!(unknown, stage == Stage::Content, "{stage} {fault}");
        }
    }
}

#[test]
fn addresses_of_servers() {
    let refusal = |url: &str| {
        Email::new(EmailConfig {
            name: "email".into(),
            smtp_url: url.parse().unwrap(),
            from: EmailAddress::parse("rathaus@bad-dueben.example").unwrap(),
            ca_pem: None,
            limits: Limits::default(),
        })
        .err()
        .map(|error| error.to_string())
    };
    assert_eq!(refusal("smtp://localhost:2525"), None);
    assert_eq!(refusal("smtp://user:pass@127.0.0.1:2525"), None);
    assert_eq!(refusal("smtp://user:p%40ss@mail.example?tls=required"), None);
    assert_eq!(refusal("smtps://user:p%40ss@mail.example"), None);
    assert_eq!(refusal("smtp://mail:25"), None);
    let unencrypted = refusal("smtp://user:secret@mail.example").unwrap();
    assert!(unencrypted.contains("unencrypted") && !unencrypted.contains("secret"));
    assert!(refusal("smtp://mail.example?tls=opportunistic").is_some());
    assert!(refusal("http://mail.example").is_some());
    assert!(refusal("smtps://user@mail.example").unwrap().contains("no password"));
}
