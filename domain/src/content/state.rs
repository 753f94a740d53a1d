//! How far a piece of content has come, and the table of steps between.

use serde::{Deserialize, Serialize};

use crate::context::Permission;

/// How far a piece of content has come.
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
    strum::EnumString,
    strum::EnumIter,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = ContentState)]
pub enum State {
    /// Being written.
    Draft,
    /// Written; somebody else is to look at it.
    Review,
    /// Public, within its time.
    Published,
    /// Over, kept for the town hall.
    Archived,
}

impl State {
    /// What a step to another state takes; none where there is no such step.
    pub fn step(self, to: Self) -> Option<Permission> {
        use State::*;
        match (self, to) {
            (Draft, Review) | (Review, Draft) => Some(Permission::WriteContent),
            (Draft | Review, Published) | (Published, Draft | Archived) => Some(Permission::PublishContent),
            (Archived, Draft) => Some(Permission::PublishContent),
            _ => None,
        }
    }

    /// What changing the words takes: what is public is changed by who may publish.
    pub fn edit(self) -> Permission {
        match self {
            Self::Draft | Self::Review => Permission::WriteContent,
            Self::Published | Self::Archived => Permission::PublishContent,
        }
    }

    /// Whether it can be removed: what is public is withdrawn or archived first.
    pub fn is_removable(self) -> bool {
        self != Self::Published
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn the_whole_matrix() {
        use State::*;
        let (write, publish) = (Some(Permission::WriteContent), Some(Permission::PublishContent));
        let table = [
            (Draft, [None, write, publish, None]),
            (Review, [write, None, publish, None]),
            (Published, [publish, None, None, publish]),
            (Archived, [publish, None, None, None]),
        ];
        assert_eq!(table.len(), State::iter().count());
        for (from, steps) in table {
            for (to, step) in State::iter().zip(steps) {
                assert_eq!(from.step(to), step, "{from} -> {to}");
            }
        }
    }
}
