//! What the sink answers to a recipient or to a whole message when it is told to make trouble.

use std::fmt;

/// A reply code with its text, such as `550 5.1.1 No such mailbox`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400 to 599: from 500 on for good, below for now.
    pub code: u16,
    pub text: String,
}

impl Refusal {
    /// A refusal for now: the sender should come back.
    pub fn temporary() -> Self {
        Self { code: 451, text: "4.3.0 Try again later".to_owned() }
    }

    /// A refusal for good: there is no such mailbox.
    pub fn permanent() -> Self {
        Self { code: 550, text: "5.1.1 No such mailbox".to_owned() }
    }

    /// The refusal a magic recipient asks for, and whether only the first attempt gets it:
    /// `sim-550-anna@example.org`, `sim-once-451-anna@example.org`.
    pub(super) fn for_magic(recipient: &str) -> Option<(Self, bool)> {
        let rest = recipient.strip_prefix("sim-")?;
        let (rest, once) = match rest.strip_prefix("once-") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let code = rest.split(['-', '@']).next()?.parse().ok().filter(|code| (400..600).contains(code))?;
        let text = format!("{}.0.0 The address asks for this answer", code / 100);
        Some((Self { code, text }, once))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// What becomes of a message once its last line has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataAnswer {
    /// 250: kept.
    Accept,
    /// Refused as a whole.
    Refuse(Refusal),
    /// The connection dies and the message is not kept.
    CutBefore,
    /// The message is kept and the connection dies: the sender cannot know.
    CutAfter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_magic_recipient_names_its_code() {
        let (refusal, once) = Refusal::for_magic("sim-552-anna@example.org").unwrap();
        assert_eq!((refusal.code, once), (552, false));
        let (refusal, once) = Refusal::for_magic("sim-once-451@example.org").unwrap();
        assert_eq!((refusal.code, once), (451, true));
        for ordinary in ["anna@example.org", "sim-200-anna@example.org", "sim-card@example.org"] {
            assert_eq!(Refusal::for_magic(ordinary), None);
        }
    }
}
