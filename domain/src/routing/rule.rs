//! A routing rule: a condition, and what to do where it holds.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::condition::ConditionTree;
use crate::{
    Locale, Violation,
    error::Code,
    ids::{DepartmentId, RoutingRuleId, StaffId},
    text::{EmailAddress, Name},
};

/// Extra e-mail addresses one rule may tell.
pub const MAX_EXTRA_EMAILS: usize = 10;

/// How soon a desk should look at a complaint.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Low,
    /// In the order of arrival.
    #[default]
    Normal,
    /// First.
    High,
}

/// What a rule does with a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// The department it goes to.
    pub department: DepartmentId,
    /// The person in it, where one is always responsible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub assignee: Option<StaffId>,
    /// Its priority; normal where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub priority: Option<Priority>,
    /// Who else is told by e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10)]
    pub extra_emails: Vec<EmailAddress>,
}

impl Actions {
    /// Checks the bounds; `pointer` is where the actions stand in the request, such as `/actions`.
    pub fn check(&self, pointer: &str) -> Result<(), Violation> {
        if self.extra_emails.len() > MAX_EXTRA_EMAILS {
            return Err(Violation::new(format!("{pointer}/extra_emails"), Code::TooMany));
        }
        Ok(())
    }
}

/// A rule as it is stored. Rules are tried by position, then by id; the first that holds decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its identity.
    pub id: RoutingRuleId,
    /// Its place in the order, lower first.
    pub position: i32,
    /// What the town hall calls it.
    pub name: Name,
    /// What it asks. Checked when saved, and again when rules are prepared: one that cannot be read
    /// any more is reported as a defect, so an unreadable row may be given as the empty tree.
    pub condition: ConditionTree,
    /// What it does.
    pub actions: Actions,
    /// Whether it takes part.
    pub active: bool,
    /// Why it cannot be evaluated, where that has been noticed and the town hall told.
    pub broken: Option<Broken>,
    /// Raised by every change.
    pub version: i64,
}

impl Rule {
    /// Whether the rule refers to the category, area, department or person with this identity.
    pub fn names(&self, id: impl Into<Uuid>) -> bool {
        let id = id.into();
        self.actions.department.0 == id
            || self.actions.assignee.is_some_and(|assignee| assignee.0 == id)
            || self.condition.names(id)
    }
}

/// A defect of a rule that the town hall has been told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Since when.
    pub since: DateTime<Utc>,
    /// What is wrong.
    pub defect: Defect,
}

/// What is wrong with a rule that was right when it was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Defect {
    /// What kind of thing the rule can no longer rely on.
    pub kind: DefectKind,
    /// Which one, where it has an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
}

/// What a rule can no longer rely on.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DefectKind {
    /// The stored condition cannot be read.
    Condition,
    /// An area is gone.
    Area,
    /// A category is gone or not in use.
    Category,
    /// The department is gone.
    Department,
    /// The person is gone or no longer works here.
    Assignee,
}

impl Defect {
    /// A defect of something with an identity.
    pub fn of(kind: DefectKind, id: impl Into<Uuid>) -> Self {
        Self { kind, id: Some(id.into()) }
    }

    /// Where in the rule it stands, as a JSON pointer.
    pub fn pointer(self) -> &'static str {
        match self.kind {
            DefectKind::Condition | DefectKind::Area | DefectKind::Category => "/condition",
            DefectKind::Department => "/actions/department",
            DefectKind::Assignee => "/actions/assignee",
        }
    }

    /// The defect in a few words.
    pub fn explain(self, locale: Locale) -> &'static str {
        match (self.kind, locale) {
            (DefectKind::Condition, Locale::De) => "ihre Bedingung ist nicht lesbar",
            (DefectKind::Condition, Locale::En) => "its condition cannot be read",
            (DefectKind::Area, Locale::De) => "ein Gebiet gibt es nicht mehr",
            (DefectKind::Area, Locale::En) => "an area no longer exists",
            (DefectKind::Category, Locale::De) => {
                "eine Kategorie gibt es nicht mehr oder sie ist nicht aktiv"
            }
            (DefectKind::Category, Locale::En) => "a category no longer exists or is not in use",
            (DefectKind::Department, Locale::De) => "das Amt gibt es nicht mehr",
            (DefectKind::Department, Locale::En) => "the department no longer exists",
            (DefectKind::Assignee, Locale::De) => "die zuständige Person arbeitet hier nicht mehr",
            (DefectKind::Assignee, Locale::En) => "the responsible person no longer works here",
        }
    }
}

/// The form in which a defect is stored: `area:019a8f3e-…`, or the kind alone.
impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{}:{id}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// A text that is no stored [`Defect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rule's defect")]
pub struct BadDefect;

impl FromStr for Defect {
    type Err = BadDefect;

    fn from_str(text: &str) -> Result<Self, BadDefect> {
        let (kind, id) = match text.split_once(':') {
            Some((kind, id)) => (kind, Some(id.parse().map_err(|_| BadDefect)?)),
            None => (text, None),
        };
        Ok(Self { kind: kind.parse().map_err(|_| BadDefect)?, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defects_are_stored_as_text() {
        for defect in [
            Defect::of(DefectKind::Area, Uuid::from_u128(7)),
            Defect { kind: DefectKind::Condition, id: None },
        ] {
            assert_eq!(defect.to_string().parse::<Defect>(), Ok(defect));
        }
        assert!("area:seven".parse::<Defect>().is_err());
        assert!("weather".parse::<Defect>().is_err());
    }

    #[test]
    fn at_most_ten_extra_addresses() {
        let address = EmailAddress::parse("desk@example.org").unwrap();
        let mut actions = Actions {
            department: DepartmentId(Uuid::from_u128(1)),
            assignee: None,
            priority: None,
            extra_emails: vec![address.clone(); MAX_EXTRA_EMAILS],
        };
        assert!(actions.check("/actions").is_ok());
        actions.extra_emails.push(address);
        let violation = actions.check("/actions").unwrap_err();
        assert_eq!(violation, Violation::new("/actions/extra_emails", Code::TooMany));
    }
}
