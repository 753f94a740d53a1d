//! Why something may be sent at all. Looked at when it is sent, not when it was planned.

use super::{Severity, Topic};

/// What a delivery rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The town hall's own people and partners are told about their work.
    Work,
    /// The reader was registered by somebody else and is asked or told so.
    Question,
    /// It is about the reader's own matter, which they began: sent unless they want no such notices.
    OwnMatter,
    /// The reader agreed to be told such things.
    Consent,
}

/// What a message rests on.
pub fn basis(severity: Severity, topic: &Topic) -> Basis {
    match severity {
        _ if topic.is_for_desks() => Basis::Work,
        _ if matches!(topic, Topic::WardWelcome { .. }) => Basis::Question,
        Severity::Notice => Basis::OwnMatter,
        Severity::Crisis | Severity::Important | Severity::Information => Basis::Consent,
    }
}

impl Basis {
    /// Whether it must be asked what the reader wants.
    pub fn asks(self) -> bool {
        matches!(self, Self::OwnMatter | Self::Consent)
    }

    /// Whether one delivery may be for several who share a number or mailbox: what is one's own matter is
    /// nobody else's.
    pub fn is_shared(self) -> bool {
        self == Self::Consent
    }

    /// Whether it may be sent to somebody who `wants` it, or does not, or never said.
    pub fn permits(self, wants: Option<bool>) -> bool {
        match self {
            Self::Work | Self::Question => true,
            Self::OwnMatter => wants != Some(false),
            Self::Consent => wants == Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ComplaintId, DepartmentId};

    #[test]
    fn broadcasts_need_consent_and_notices_only_that_nobody_said_no() {
        let desk = Topic::DeskArrival {
            complaint: ComplaintId(uuid::Uuid::nil()),
            department: DepartmentId(uuid::Uuid::nil()),
        };
        let own = Topic::DeviceTest;
        let question = Topic::WardWelcome { ward: crate::ids::PersonId(uuid::Uuid::nil()), asked: true };
        for (basis, never, no, yes) in [
            (basis(Severity::Notice, &desk), true, true, true),
            (basis(Severity::Notice, &question), true, true, true),
            (basis(Severity::Notice, &own), true, false, true),
            (basis(Severity::Information, &own), false, false, true),
            (basis(Severity::Important, &own), false, false, true),
            (basis(Severity::Crisis, &own), false, false, true),
        ] {
            let permitted = [None, Some(false), Some(true)].map(|wants| basis.permits(wants));
            assert_eq!(permitted, [never, no, yes], "{basis:?}");
        }
    }
}
