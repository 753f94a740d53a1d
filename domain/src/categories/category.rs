//! A kind of complaint with its promise.

use serde::{Deserialize, Serialize};

use crate::{
    Locale,
    complaints::promise::Promise,
    ids::CategoryId,
    text::{Name, Slug},
};

/// A name in German and, where somebody translated it, in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"de": "Illegale Müllablagerung", "en": "Illegal waste"}))]
pub struct Names {
    /// German.
    pub de: Name,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub en: Option<Name>,
}

impl Names {
    /// The name in that language, in German where it was not translated.
    pub fn in_locale(&self, locale: Locale) -> &Name {
        match (locale, &self.en) {
            (Locale::En, Some(name)) => name,
            _ => &self.de,
        }
    }
}

/// A kind of complaint.
#[derive(Clone, Debug)]
pub struct Category {
    /// Its identifier.
    pub id: CategoryId,
    /// The code apps send: `illegal-waste`.
    pub code: Slug,
    /// What people read.
    pub names: Names,
    /// Its place in lists.
    pub position: i32,
    /// Working days until first answer and solution.
    pub promise: Promise,
    /// Whether title, state and coarse place of its complaints are public.
    pub is_public: bool,
    /// Whether guests may report it.
    pub accepts_guests: bool,
    /// Whether it may be reported without any contact.
    pub accepts_anonymous: bool,
    /// Complaints of the same kind within this distance may be the same; 0 looks for none.
    pub duplicate_radius_m: u32,
    /// Whether new complaints may be of this kind.
    pub active: bool,
    /// Raised by every change.
    pub version: i64,
}
