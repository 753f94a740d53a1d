//! What a mail server's answers mean: by the command that was refused and the code (RFC 5321,
//! section 4.2; enhanced codes RFC 3463).

use domain::deliveries::Outcome;

/// How far a letter had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Stage {
    /// TCP, implicit TLS, greeting and EHLO.
    Connect,
    /// STARTTLS.
    Encrypt,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA.
    Data,
    /// The letter up to the answer to its last line.
    Content,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server said no: basic code, and subject and detail of the enhanced code.
    Reply { code: u16, enhanced: Option<(u16, u16)> },
    /// The connection broke, or the server spoke nonsense.
    Broken,
    /// It took too long.
    Timeout,
    /// The server could not prove who it is.
    Certificate,
    /// The server lacks an extension that is needed.
    Unsupported,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reply { code, .. } => write!(f, "reply {code}"),
            Self::Broken => f.write_str("connection broken"),
            Self::Timeout => f.write_str("timeout"),
            Self::Certificate => f.write_str("certificate not trusted"),
            Self::Unsupported => f.write_str("extension missing"),
        }
    }
}

/// The table.
pub(super) fn outcome(stage: Stage, fault: Fault) -> Outcome {
    use Stage::*;
    let retry = |reason| Outcome::Retry { after: None, reason };
    let stop = |reason| Outcome::StopChannel { reason };
    let permanent = |reason| Outcome::Permanent { reason };
    match (stage, fault) {
        // The letter may be in the server's hands: a second one would arrive twice.
        (Content, Fault::Broken | Fault::Timeout) => Outcome::Unknown { reason: "answer_lost" },
        (Connect, Fault::Broken) => retry(Outcome::UNREACHABLE),
        (_, Fault::Broken) => retry("connection_lost"),
        (_, Fault::Timeout) => retry(Outcome::TIMEOUT),
        (_, Fault::Certificate) => stop("tls_failed"),
        (Encrypt, Fault::Unsupported) => stop("starttls_missing"),
        (SignIn, Fault::Unsupported) => stop("sign_in_unsupported"),
        (_, Fault::Unsupported) => permanent("address_needs_smtputf8"),

        (Recipient, Fault::Reply { code: 400..500, .. }) => retry("recipient_deferred"),
        (_, Fault::Reply { code: 400..500, .. }) => retry("deferred"),

        (Connect, Fault::Reply { .. }) => stop("refused"),
        (Encrypt, Fault::Reply { .. }) => stop("starttls_refused"),
        (SignIn, Fault::Reply { .. }) => stop("credentials_refused"),
        (Sender, Fault::Reply { code: 552, .. }) => permanent("letter_too_large"),
        (Sender, Fault::Reply { .. }) => stop("sender_refused"),

        // No such mailbox, no such host, no mail for it, moved away, closed.
        (Recipient, Fault::Reply { enhanced: Some((1, 1 | 2 | 3 | 6 | 10) | (2, 1)), .. }) => {
            Outcome::DropContactPoint { reason: "mailbox_unknown", since: None }
        }
        (Recipient, Fault::Reply { enhanced: Some((2, 2)), .. }) => permanent("mailbox_full"),
        // A bare 550 may as well be a rule of the server's: no reason to forget the address.
        (Recipient, Fault::Reply { .. }) => permanent("recipient_refused"),

        (Data | Content, Fault::Reply { code: 552, .. }) => permanent("letter_too_large"),
        (Data | Content, Fault::Reply { .. }) => permanent("content_refused"),
    }
}
