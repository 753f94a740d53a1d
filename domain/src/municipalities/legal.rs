//! What the law asks a town hall to say to those who use its service, and the day the service starts.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Code, Locale, Violation,
    ids::TesterId,
    phone::Phone,
    text::{AddressLine, EmailAddress, Line, Name, Notice, WebAddress},
    time::is_reckoned_with,
};

/// Persons one can ask, at most.
pub const MAX_CONTACTS: usize = 10;
/// Testers of one town hall, at most.
pub const MAX_TESTERS: usize = 500;

/// A text in German and perhaps in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notices {
    /// In German.
    pub de: Notice,
    /// In English; without one, the German text is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub en: Option<Notice>,
}

impl Notices {
    /// The text in this language, and the language it is in.
    pub fn in_locale(&self, locale: Locale) -> (&Notice, Locale) {
        match (locale, &self.en) {
            (Locale::En, Some(en)) => (en, Locale::En),
            _ => (&self.de, Locale::De),
        }
    }
}

/// Whom one asks about one's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DataProtectionOfficer {
    /// Who it is.
    pub name: Name,
    /// Their mailbox.
    pub email: EmailAddress,
    /// Their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phone: Option<Phone>,
    /// Where letters go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub address: Option<AddressLine>,
}

/// Somebody of the town hall whom one can ask about the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPerson {
    /// Who it is.
    pub name: Name,
    /// What they do there.
    pub role: Line,
    /// Their number.
    pub phone: Phone,
    /// When they answer.
    pub hours: Line,
    /// Their mailbox.
    pub email: EmailAddress,
}

/// Everything a town hall says about itself by law. What is absent is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LegalFacts {
    /// Who is responsible (§ 5 DDG).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imprint: Option<Notices>,
    /// What is done with people's data (Art. 13 GDPR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy_notice: Option<Notices>,
    /// Whom one asks about it (Art. 37 GDPR).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_protection_officer: Option<DataProtectionOfficer>,
    /// How far the service can be used by everybody (Directive (EU) 2016/2102).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessibility_statement: Option<Notices>,
    /// Where barriers are reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback_email: Option<EmailAddress>,
    /// Who settles it where the town hall does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arbitration_url: Option<WebAddress>,
    /// Whom one can ask about the service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactPerson>,
    /// The first day of the service, in the town's own time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_on: Option<NaiveDate>,
}

impl LegalFacts {
    /// What is still missing before the service may start, by JSON pointer.
    pub fn missing(&self) -> Vec<&'static str> {
        [
            ("/imprint", self.imprint.is_none()),
            ("/privacy_notice", self.privacy_notice.is_none()),
            ("/data_protection_officer", self.data_protection_officer.is_none()),
            ("/accessibility_statement", self.accessibility_statement.is_none()),
            ("/feedback_email", self.feedback_email.is_none()),
            ("/arbitration_url", self.arbitration_url.is_none()),
            ("/contacts", self.contacts.is_empty()),
        ]
        .into_iter()
        .filter_map(|(pointer, missing)| missing.then_some(pointer))
        .collect()
    }

    /// What keeps them from being written: a day on which the service starts with gaps.
    pub fn violations(&self) -> Vec<Violation> {
        let many = (self.contacts.len() > MAX_CONTACTS).then(|| Violation::new("/contacts", Code::TooMany));
        let gaps = self.live_on.map(|_| self.missing()).unwrap_or_default();
        let gaps = gaps.into_iter().map(|pointer| Violation::new(pointer, Code::Required));
        let beyond = self.live_on.filter(|day| !is_reckoned_with(*day));
        let beyond = beyond.map(|_| Violation::new("/live_on", Code::OutOfRange));
        many.into_iter().chain(gaps).chain(beyond).collect()
    }

    /// Whether everybody may use the service on that day.
    pub fn is_live(&self, today: NaiveDate) -> bool {
        self.missing().is_empty() && self.live_on.is_some_and(|day| day <= today)
    }
}

/// Somebody who may follow before the service starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tester {
    /// The identifier.
    pub id: TesterId,
    /// The address they sign in with.
    pub email: EmailAddress,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_with_a_gap_does_not_start() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        let facts = LegalFacts { live_on: Some(day), ..LegalFacts::default() };
        assert_eq!(facts.violations().len(), 7);
        assert!(!facts.is_live(day));
        assert!(LegalFacts::default().violations().is_empty(), "it may begin with nothing");
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            let beyond =
                LegalFacts { live_on: Some(day), ..LegalFacts::default() }.violations().pop().unwrap();
            assert_eq!((beyond.pointer.as_str(), beyond.code), ("/live_on", Code::OutOfRange));
        }
    }
}
