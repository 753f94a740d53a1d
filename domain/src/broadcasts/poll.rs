//! A question to those whom a broadcast is for: one vote each.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Broadcast;
use crate::{
    Error, Locale, Result, Violation,
    broadcasts::BroadcastState,
    categories::Names,
    error::Code,
    ids::{DeviceId, MessageId, PersonId},
    text::Line,
};

/// Answers a poll has at least and at most.
pub const OPTIONS: std::ops::RangeInclusive<usize> = 2..=10;

/// A question in German and, where somebody translated it, in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PollQuestion)]
pub struct Question {
    /// German.
    pub de: Line,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub en: Option<Line>,
}

/// What people may vote on until the broadcast expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "question": {"de": "Wann soll der Wochenmarkt beginnen?"},
    "options": [{"de": "Um 7 Uhr"}, {"de": "Um 8 Uhr"}],
}))]
pub struct Poll {
    /// What is asked.
    pub question: Question,
    /// The answers one may choose from, 2 to 10.
    #[schema(min_items = 2, max_items = 10)]
    pub options: Vec<Names>,
}

impl Poll {
    /// What is wrong with it; `pointer` is where it stands in the request.
    pub fn violations(&self, pointer: &str) -> Vec<Violation> {
        let code = match self.options.len() {
            few if few < *OPTIONS.start() => Some(Code::TooShort),
            many if many > *OPTIONS.end() => Some(Code::TooMany),
            _ => None,
        };
        let options = format!("{pointer}/options");
        let mut violations: Vec<_> = code.map(|code| Violation::new(&options, code)).into_iter().collect();
        for (place, option) in self.options.iter().enumerate() {
            // Whoever counts must be able to tell them apart.
            if self.options.iter().take(place).any(|other| other.de == option.de) {
                violations.push(Violation::new(format!("{options}/{place}"), Code::Contradiction));
            }
        }
        violations
    }

    /// The answers in that language.
    pub fn options_in(&self, locale: Locale) -> impl Iterator<Item = &str> {
        self.options.iter().map(move |option| option.in_locale(locale).as_str())
    }
}

/// One vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The broadcast.
    pub message: MessageId,
    /// Who voted.
    pub person: PersonId,
    /// The phone of a guest, who is nobody but a phone: it votes once, whoever it says it is.
    pub device: Option<DeviceId>,
    /// Which answer, from 0.
    pub option: u16,
    /// When.
    pub at: DateTime<Utc>,
}

/// Votes for each answer, in the order of the answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results(pub Vec<u64>);

impl Results {
    /// The results of a poll from votes counted by answer.
    pub fn of(poll: &Poll, counted: impl IntoIterator<Item = (u16, u64)>) -> Self {
        let mut votes = vec![0; poll.options.len()];
        for (option, many) in counted {
            if let Some(place) = votes.get_mut(usize::from(option)) {
                *place += many;
            }
        }
        Self(votes)
    }
}

impl Broadcast {
    /// Whether its poll takes votes.
    pub fn takes_votes(&self, now: DateTime<Utc>) -> bool {
        self.is_shown() && self.state != BroadcastState::Cancelled && now < self.draft.expires_at
    }

    /// Checks that somebody may vote for that answer now.
    ///
    /// # Errors
    /// [`Code::NotFound`] where nothing is asked, [`Code::PollClosed`], [`Code::OutOfRange`].
    pub fn check_vote(&self, now: DateTime<Utc>, option: u16) -> Result<&Poll> {
        let poll = self.draft.poll.as_ref().ok_or_else(Error::not_found)?;
        if !self.takes_votes(now) {
            return Err(Error::refused(Code::PollClosed));
        }
        if usize::from(option) >= poll.options.len() {
            return Err(Error::invalid("/option", Code::OutOfRange));
        }
        Ok(poll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Name;

    fn poll(options: &[&str]) -> Poll {
        let option = |text: &&str| Names { de: Name::parse(*text).unwrap(), en: None };
        Poll {
            question: Question { de: Line::parse("Wann?").unwrap(), en: None },
            options: options.iter().map(option).collect(),
        }
    }

    #[test]
    fn a_poll_has_answers_that_differ() {
        let wrong = |options: &[&str]| -> Vec<(String, Code)> {
            let found = poll(options).violations("/poll");
            found.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
        };
        assert_eq!(wrong(&["Ja", "Nein"]), []);
        assert_eq!(wrong(&["Ja"]), [("/poll/options".to_owned(), Code::TooShort)]);
        let many: Vec<String> = (0..11).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(wrong(&many), [("/poll/options".to_owned(), Code::TooMany)]);
        assert_eq!(wrong(&["Ja", "Nein", "Ja"]), [("/poll/options/2".to_owned(), Code::Contradiction)]);
    }

    #[test]
    fn what_nobody_chose_is_counted_as_none() {
        assert_eq!(Results::of(&poll(&["a", "b", "c"]), [(2, 5), (0, 1), (7, 9)]), Results(vec![1, 0, 5]));
    }
}
