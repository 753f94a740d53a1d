//! `data-map.toml` as the program reads it.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::{StoreError, privacy::Class};
use serde::Deserialize;

const TEXT: &str = include_str!("../../../data-map.toml");

/// What a column says about a person, and what becomes of it. The words are explained at the head of
/// the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// Not about a person.
    Plain,
    /// Exported, erased with the row.
    Personal,
    /// Exported, set to NULL on erasure.
    Cleared,
    /// Exported, replaced by a word on erasure.
    Emptied,
    /// Exported, rounded on erasure.
    Coarsened,
    /// Exported by staff only, set to NULL on erasure.
    Internal,
    /// Never exported, erased with the row.
    Secret,
    /// Exported, stays.
    Pseudonym,
    /// About somebody of the town hall.
    Staff,
}

impl Meaning {
    /// Whether it says something about the person whose row it is.
    pub fn is_personal(self) -> bool {
        !matches!(self, Self::Plain | Self::Staff)
    }

    /// Whether it is handed out, to staff or to the person themselves.
    pub fn is_exported(self, to_staff: bool) -> bool {
        match self {
            Self::Personal | Self::Cleared | Self::Emptied | Self::Coarsened | Self::Pseudonym => true,
            Self::Internal => to_staff,
            Self::Plain | Self::Secret | Self::Staff => false,
        }
    }

    /// Whether it changes when the row stays.
    pub fn is_cleaned(self) -> bool {
        matches!(self, Self::Cleared | Self::Emptied | Self::Coarsened | Self::Internal)
    }
}

/// What becomes of a person's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Erase {
    /// They stay and lose what says whose they are.
    #[default]
    Columns,
    /// They go.
    Rows,
}

/// One table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableMap {
    /// Its name.
    pub name: String,
    /// What it holds, in German.
    pub holds: String,
    /// How long it is kept.
    pub class: Class,
    /// SQL that finds the rows of `:person`.
    pub person: Option<String>,
    /// The column that names the complaint the row belongs to.
    pub case: Option<String>,
    /// SQL that finds rows among them which are somebody else's as well, and stay.
    pub unless: Option<String>,
    /// Whether its rows can only go after their person.
    #[serde(default)]
    pub after_person: bool,
    /// Whether rows of all town halls lie together although they name one.
    #[serde(default)]
    pub anywhere: bool,
    /// What becomes of a person's rows.
    #[serde(default)]
    pub erase: Erase,
    /// Its columns.
    pub columns: BTreeMap<String, Meaning>,
}

impl TableMap {
    /// Whether its rows are one town hall's each, and are gone through town by town.
    pub fn is_by_town(&self) -> bool {
        self.columns.contains_key("municipality_id") && !self.anywhere
    }

    /// Whether it holds something about people who are not staff.
    pub fn is_personal(&self) -> bool {
        self.person.is_some() || self.case.is_some()
    }
}

/// The whole map, in the order of erasure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataMap {
    /// Its tables.
    #[serde(rename = "table")]
    pub tables: Vec<TableMap>,
}

impl DataMap {
    /// The map this program was built with.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the file cannot be read; a test keeps that from being shipped.
    pub fn get() -> Result<&'static Self, StoreError> {
        static MAP: LazyLock<Option<DataMap>> = LazyLock::new(|| DataMap::parse(TEXT).ok());
        MAP.as_ref().ok_or(StoreError::Corrupt("data-map.toml"))
    }

    /// Reads a map.
    ///
    /// # Errors
    /// The line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// One table.
    pub fn table(&self, name: &str) -> Option<&TableMap> {
        self.tables.iter().find(|table| table.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_can_be_read() {
        DataMap::parse(TEXT).unwrap();
    }

    #[test]
    fn rows_without_an_owner_say_nothing_about_anybody() {
        for table in &DataMap::get().unwrap().tables {
            let personal = table
                .columns
                .values()
                .any(|meaning| meaning.is_personal() && !matches!(meaning, Meaning::Pseudonym));
            assert_eq!(personal, table.is_personal(), "{}: whose rows are they?", table.name);
            let cleaned = table.columns.values().any(|meaning| meaning.is_cleaned());
            assert!(
                !cleaned || table.erase == Erase::Columns,
                "{}: rows go, so nothing is cleared",
                table.name
            );
        }
    }
}
