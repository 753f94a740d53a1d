//! How long what is kept: the classes of the data map and a town hall's periods.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Code, Violation, wards::REMEMBERED_FOR};

/// A class of data with one rule for how long it is kept. Each table of `data-map.toml` is in one.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Class {
    /// What a town hall says about itself: until it says otherwise.
    Register,
    /// Traces of running processes: minutes.
    Machinery,
    /// Counters against abuse and stored answers: a day.
    Counter,
    /// One-time codes: a day.
    Code,
    /// Sessions: 30 days after they ended.
    Session,
    /// Push tokens of apps that are not opened any more: 270 days.
    Device,
    /// Accounts and ties: until their person erases them.
    Account,
    /// What a message says: the town hall's [`Periods::message_days`].
    Message,
    /// That and how something was sent: the town hall's [`Periods::delivery_days`].
    Delivery,
    /// Closed complaints, which then lose what says whose they were: the town hall's
    /// [`Periods::complaint_days`].
    Complaint,
    /// Wards whose registration is over: 180 days, in which they are not asked again.
    Ward,
    /// Consent and its proof: as long as it is needed to prove it.
    Proof,
    /// Who looked at what, as ids: stays, or it would prove nothing.
    Audit,
}

impl Class {
    /// The period that is the same in every town hall; none for a town hall's own and for what has no end.
    pub fn fixed(self) -> Option<TimeDelta> {
        match self {
            Self::Machinery | Self::Counter | Self::Code => Some(TimeDelta::days(1)),
            Self::Session => Some(TimeDelta::days(30)),
            Self::Device => Some(TimeDelta::days(270)),
            Self::Ward => Some(REMEMBERED_FOR),
            Self::Register
            | Self::Account
            | Self::Message
            | Self::Delivery
            | Self::Complaint
            | Self::Proof
            | Self::Audit => None,
        }
    }

    /// What it is, as a record of processing says it.
    pub fn in_german(self) -> &'static str {
        match self {
            Self::Register => "solange die Kommune die Angabe führt",
            Self::Machinery => "ein Tag",
            Self::Counter => "ein Tag",
            Self::Code => "ein Tag",
            Self::Session => "30 Tage nach dem Ende der Anmeldung",
            Self::Device => "270 Tage ohne Lebenszeichen der App",
            Self::Account => "bis die Person sich löscht",
            Self::Message => "Einstellung der Kommune, ab Werk 90 Tage",
            Self::Delivery => "Einstellung der Kommune, ab Werk 90 Tage",
            Self::Complaint => {
                "Einstellung der Kommune, ab Werk 365 Tage nach Abschluss; dann ohne Personenbezug"
            }
            Self::Ward => "180 Tage nach dem Ende der Vertretung",
            Self::Proof => "solange der Nachweis gebraucht wird",
            Self::Audit => "dauerhaft, nur Kennungen",
        }
    }
}

/// The periods a town hall decides, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Periods {
    /// After their last sending messages go; 7 to 1,825.
    pub message_days: u32,
    /// After that deliveries and their attempts go; 7 to 1,825, since some towns prove for five years
    /// what they sent.
    pub delivery_days: u32,
    /// So long after closing, complaints lose what says whose they were; 30 to 3,650.
    pub complaint_days: u32,
}

impl Default for Periods {
    fn default() -> Self {
        Self { message_days: 90, delivery_days: 90, complaint_days: 365 }
    }
}

impl Periods {
    /// What is wrong with them; a delivery never outlives its message, which it belongs to.
    pub fn violations(self) -> Vec<Violation> {
        let beyond = [
            ("/message_days", self.message_days, 7, 1_825),
            ("/delivery_days", self.delivery_days, 7, 1_825),
            ("/complaint_days", self.complaint_days, 30, 3_650),
        ];
        let out = beyond.into_iter().filter(|(_, days, least, most)| !(least..=most).contains(&days));
        let mut violations: Vec<_> =
            out.map(|(pointer, ..)| Violation::new(pointer, Code::OutOfRange)).collect();
        if self.delivery_days > self.message_days {
            violations.push(Violation::new("/delivery_days", Code::Contradiction));
        }
        violations
    }

    /// The period of a class in this town hall; none for what has no end.
    pub fn of(self, class: Class) -> Option<TimeDelta> {
        let days = match class {
            Class::Message => self.message_days,
            Class::Delivery => self.delivery_days,
            Class::Complaint => self.complaint_days,
            _ => return class.fixed(),
        };
        Some(TimeDelta::days(days.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_stay_in_their_bounds() {
        assert!(Periods::default().violations().is_empty());
        let wrong = Periods { message_days: 6, delivery_days: 1_826, complaint_days: 29 };
        let pointers: Vec<_> = wrong.violations().into_iter().map(|violation| violation.pointer).collect();
        assert_eq!(pointers, ["/message_days", "/delivery_days", "/complaint_days", "/delivery_days"]);
    }
}
