//! Words with places to fill in, checked before anybody is in a hurry.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Texts, placeholder, placeholder::Kind};
use crate::{
    Error, Locale, Result, Violation,
    categories::Names,
    deliveries::Severity,
    error::Code,
    ids::BroadcastTemplateId,
    text::{Name, PlaceholderName, PlaceholderValue},
};

/// Places to fill in that a template may have.
pub const MOST_PLACEHOLDERS: usize = 20;
/// Templates of a town hall.
pub const MOST_TEMPLATES: usize = 200;

/// A place to fill in. In the words it stands as its name in curly brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "street", "kind": "place", "labels": {"de": "Gesperrte Straße"}}))]
pub struct Placeholder {
    /// Its name in the words.
    pub name: PlaceholderName,
    /// What may be filled in.
    pub kind: Kind,
    /// What whoever fills it in is asked for.
    pub labels: Names,
}

/// What a template is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateBody {
    /// How urgent broadcasts made of it are.
    pub severity: Severity,
    /// The office that speaks.
    pub sender: Name,
    /// The words.
    pub texts: Texts,
    /// The places to fill in.
    pub placeholders: Vec<Placeholder>,
}

/// A template at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its identifier.
    pub id: BroadcastTemplateId,
    /// What staff call it.
    pub name: Name,
    /// What it is made of.
    pub body: TemplateBody,
    /// Raised by every change. Earlier ones stay readable.
    pub version: i64,
    /// Since when it is this version.
    pub changed_at: DateTime<Utc>,
}

/// What somebody filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The place.
    pub name: PlaceholderName,
    /// What stands there.
    pub value: PlaceholderValue,
}

impl TemplateBody {
    /// Checks that every place the words name is there, and that every one that is there is named.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check(&self) -> Result<()> {
        let mut violations = Vec::new();
        if self.severity == Severity::Notice {
            violations.push(Violation::new("/severity", Code::NotAllowed));
        }
        if self.placeholders.len() > MOST_PLACEHOLDERS {
            violations.push(Violation::new("/placeholders", Code::TooMany));
        }
        let mut named = Vec::new();
        for (pointer, text) in self.texts.all() {
            match placeholder::names(text) {
                Err(code) => violations.push(Violation::new(pointer, code)),
                Ok(found) => {
                    if found.iter().any(|name| !self.has(name)) {
                        violations.push(Violation::new(pointer, Code::PlaceholderUnknown));
                    }
                    named.extend(found);
                }
            }
        }
        for (place, placeholder) in self.placeholders.iter().enumerate() {
            let name = placeholder.name.as_str();
            let twice = self.placeholders.iter().take(place).any(|other| other.name.as_str() == name);
            if twice || !named.contains(&name) {
                violations.push(Violation::new(format!("/placeholders/{place}"), Code::Contradiction));
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::violations(violations)) }
    }

    fn has(&self, name: &str) -> bool {
        self.placeholders.iter().any(|placeholder| placeholder.name.as_str() == name)
    }

    /// The words with everything filled in; `pointer` is where the values stand in the request.
    ///
    /// # Errors
    /// What is missing, not asked for, given twice, of the wrong kind, or too long for its text.
    pub fn fill(&self, values: &[Filled], pointer: &str) -> Result<Texts> {
        if values.len() > MOST_PLACEHOLDERS {
            return Err(Error::invalid(pointer, Code::TooMany));
        }
        let mut violations = Vec::new();
        for (place, filled) in values.iter().enumerate() {
            let at = |member: &str| format!("{pointer}/{place}/{member}");
            let name = filled.name.as_str();
            let Some(placeholder) = self.placeholders.iter().find(|known| known.name == filled.name) else {
                violations.push(Violation::new(at("name"), Code::PlaceholderUnknown));
                continue;
            };
            if values.iter().take(place).any(|other| other.name.as_str() == name) {
                violations.push(Violation::new(at("name"), Code::Contradiction));
            }
            if placeholder.kind.written(filled.value.as_str(), Locale::De).is_none() {
                violations.push(Violation::new(at("value"), Code::PlaceholderMismatch));
            }
        }
        let is_there = |placeholder: &Placeholder| values.iter().any(|value| value.name == placeholder.name);
        if !self.placeholders.iter().all(is_there) {
            violations.push(Violation::new(pointer, Code::Required));
        }
        if !violations.is_empty() {
            return Err(Error::violations(violations));
        }
        let value = |name: &str, locale| {
            let kind = self.placeholders.iter().find(|known| known.name.as_str() == name)?.kind;
            let filled = values.iter().find(|value| value.name.as_str() == name)?;
            kind.written(filled.value.as_str(), locale)
        };
        let filled =
            self.texts.rewritten(|text, locale| placeholder::filled(text, |name| value(name, locale)));
        filled.map_err(|code| Error::invalid(pointer, code))
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
