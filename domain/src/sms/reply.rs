//! What people send back: `ANMELDEN <Ort> <Thema …>`, `ABMELDEN`, `STOPP`.

/// Longest text that is looked at, in characters.
const LONGEST: usize = 1000;

/// What somebody wants who sent a text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To be told about topics of a town from now on; about everything where none is named.
    Join {
        /// The town as typed.
        town: String,
        /// The topics as typed, in lower case.
        topics: Vec<String>,
    },
    /// To be told about some topics no longer, or about nothing where none is named.
    Leave {
        /// The topics as typed, in lower case.
        topics: Vec<String>,
    },
    /// To hear nothing more on this number, whatever it is about.
    Stop,
    /// Yes, to what they were asked.
    Agree,
    /// Joining without naming a town.
    TownMissing,
    /// Nothing that a machine understands.
    Unknown,
}

impl Reply {
    /// Reads a text message. Capitals, punctuation and blanks around words do not matter, and the
    /// English words count as well: whoever wants to stop must not fail for a spelling.
    pub fn read(text: &str) -> Self {
        let text: String = text.chars().take(LONGEST).collect();
        let mut words = text
            .split(|c: char| c.is_whitespace() || c == ',' || c == ';' || c == '\u{0}')
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default().to_uppercase();
        let rest: Vec<&str> = words.collect();
        let lower = |words: &[&str]| words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
        match first.as_str() {
            "STOPP" | "STOP" | "STOPALL" | "ENDE" | "END" | "QUIT" | "CANCEL" | "UNSUBSCRIBE" => Self::Stop,
            "JA" | "YES" | "OK" => Self::Agree,
            "ABMELDEN" | "ABBESTELLEN" => Self::Leave { topics: lower(&rest) },
            "ANMELDEN" | "START" => match rest.split_first() {
                Some((town, topics)) => Self::Join { town: (*town).to_owned(), topics: lower(topics) },
                None => Self::TownMissing,
            },
            _ => Self::Unknown,
        }
    }

    /// Whether nothing at all may be sent to the number any more.
    pub fn silences(&self) -> bool {
        match self {
            Self::Stop => true,
            Self::Leave { topics } => topics.is_empty(),
            Self::Join { .. } | Self::Agree | Self::TownMissing | Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn join(town: &str, topics: &[&str]) -> Reply {
        Reply::Join { town: town.into(), topics: topics.iter().map(|topic| topic.to_string()).collect() }
    }

    #[test]
    fn one_row_for_each_wording() {
        let leave = |topics: &[&str]| Reply::Leave { topics: topics.iter().map(|t| t.to_string()).collect() };
        for (text, reply) in [
            ("STOPP", Reply::Stop),
            (" stopp! ", Reply::Stop),
            ("Stop.", Reply::Stop),
            ("STOPP bitte, ich will das nicht", Reply::Stop),
            ("ABMELDEN", leave(&[])),
            ("Abmelden Müll", leave(&["müll"])),
            ("ANMELDEN Eilenburg", join("Eilenburg", &[])),
            ("anmelden  Bad-Düben,\nWasser; Verkehr", join("Bad-Düben", &["wasser", "verkehr"])),
            ("\"ANMELDEN Eilenburg Müll\"", join("Eilenburg", &["müll"])),
            ("ANMELDEN", Reply::TownMissing),
            ("Ja, gern", Reply::Agree),
            ("Danke!", Reply::Unknown),
            ("Bitte STOPP", Reply::Unknown),
            ("", Reply::Unknown),
            ("\u{0}😀", Reply::Unknown),
        ] {
            assert_eq!(Reply::read(text), reply, "{text:?}");
        }
        assert!(Reply::read("STOPP").silences() && Reply::read("ABMELDEN").silences());
        assert!(!Reply::read("ABMELDEN Müll").silences() && !Reply::read("ANMELDEN X").silences());
    }

    proptest! {
        #[test]
        fn anything_can_be_read(text in "\\PC{0,300}") {
            Reply::read(&text);
        }
    }
}
