//! The stored answer to "why here".

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rule::{Defect, Priority};
use crate::{
    Locale,
    ids::{DecisionId, DepartmentId, RoutingRuleId, StaffId},
    text::EmailAddress,
};

/// Rules of each list a decision keeps; the counts beside them are always complete.
pub const RULES_KEPT: usize = 20;

/// Where a complaint goes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The department it goes to.
    pub department: DepartmentId,
    /// The person in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<StaffId>,
    /// How soon the desk should look at it.
    pub priority: Priority,
    /// Who else is told by e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_emails: Vec<EmailAddress>,
    /// Why.
    pub reasons: Reasons,
}

/// A decision as it is kept with its complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDecision {
    /// Its identity.
    pub id: DecisionId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The rule that decided, where one did.
    pub rule: Option<RoutingRuleId>,
    /// The department the complaint went to.
    pub department: DepartmentId,
    /// Why.
    pub reasons: Reasons,
}

/// Why a complaint went where it went, in the words of that moment: names are kept as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasons {
    /// The rule that decided, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// What made it hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<Finding>,
    /// How many rules were tried before the decision was made.
    pub tried_count: u32,
    /// The last of them, in order, at most [`RULES_KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// How many of the rules tried could not be decided and so counted as not met.
    #[serde(default)]
    pub undecided_count: u32,
    /// The first of them, in order, at most [`RULES_KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Tried>,
    /// Why the default department got it, where it did so for want of a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

/// A rule as it was called when it was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleName {
    /// Which rule.
    pub id: RoutingRuleId,
    /// Its name.
    pub name: String,
}

/// A rule that did not decide, and what stood against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The rule.
    pub rule: RuleName,
    /// The first thing that stood against it.
    pub why_not: Finding,
}

/// Why the default department got a complaint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The rule that would have decided but is broken; none where no rule held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenRule>,
}

/// A rule that could not be evaluated, and why. The town hall is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenRule {
    /// The rule.
    pub rule: RuleName,
    /// What is wrong with it.
    pub defect: Defect,
}

/// Whether a condition holds.
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
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Met,
    /// It does not hold.
    NotMet,
    /// The complaint lacks what it takes to say, such as a place on the map. Counts as not met.
    Undecidable,
    /// The rule lacks what it takes to say: something it names is gone.
    Broken,
}

/// What a condition looks at.
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
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConditionKind {
    /// The category.
    Category,
    /// The place.
    Area,
    /// The text.
    Words,
    /// The day of the week.
    Weekday,
    /// The time of day.
    Time,
    /// Whether it is a public holiday.
    Holiday,
    /// Whether it is anonymous.
    Anonymous,
    /// The condition as a whole, where it cannot be read.
    Condition,
}

/// What was found when one condition was put to a complaint. Holds no text of the citizen's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What the condition looks at.
    pub kind: ConditionKind,
    /// What was found.
    pub verdict: Verdict,
    /// The complaint's category or area by name, the rule's word or part of the day, the weekday or
    /// holiday it is by code, and of `anonymous` whether it is: `true` or `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The same for people who read English, where it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_en: Option<String>,
}

impl Decision {
    /// The whole answer, a sentence a line, with the department called `department`.
    pub fn explain(&self, department: &str, locale: Locale) -> Vec<String> {
        self.reasons.explain(department, locale)
    }
}

impl Reasons {
    /// As [`Decision::explain`].
    pub fn explain(&self, department: &str, locale: Locale) -> Vec<String> {
        super::explain::decision(self, department, locale)
    }
}

impl Finding {
    /// The finding as half a sentence.
    pub fn explain(&self, locale: Locale) -> String {
        super::explain::finding(self, locale)
    }
}
