//! How far a broadcast has come.

use serde::{Deserialize, Serialize};

use crate::{
    Result,
    error::{Code, Error},
};

/// The state of a broadcast.
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
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BroadcastState {
    /// Being written.
    Draft,
    /// Waits for somebody to approve it. It can no longer be edited.
    Submitted,
    /// Waits for its time.
    Approved,
    /// Is on its way; on a reach ladder until that has ended.
    Sending,
    /// Nothing is left to send, unless staff send it again to those who were not reached.
    Sent,
    /// Called back: nothing more leaves.
    Cancelled,
    /// Its time ran out first.
    Expired,
}

impl BroadcastState {
    /// The transition table.
    pub fn may_become(self, to: Self) -> bool {
        use BroadcastState::*;
        match self {
            Draft => matches!(to, Submitted | Cancelled | Expired),
            Submitted => matches!(to, Approved | Cancelled | Expired),
            Approved => matches!(to, Sending | Cancelled | Expired),
            Sending => matches!(to, Sent | Cancelled | Expired),
            Sent => to == Sending,
            Cancelled | Expired => false,
        }
    }

    /// The state `to`.
    ///
    /// # Errors
    /// [`Code::TransitionIllegal`] where the table knows no such step.
    pub fn step(self, to: Self) -> Result<Self> {
        if self.may_become(to) { Ok(to) } else { Err(Error::refused(Code::TransitionIllegal)) }
    }

    /// Whether anybody was told anything of it.
    pub fn has_begun(self, sending: bool) -> bool {
        match self {
            Self::Sending | Self::Sent => true,
            Self::Cancelled | Self::Expired => sending,
            Self::Draft | Self::Submitted | Self::Approved => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BroadcastState::*;
    use strum::IntoEnumIterator;

    /// Columns in the order of the enum.
    const MATRIX: [(BroadcastState, &str); 7] = [
        (Draft, ".x...xx"),
        (Submitted, "..x..xx"),
        (Approved, "...x.xx"),
        (Sending, "....xxx"),
        (Sent, "...x..."),
        (Cancelled, "......."),
        (Expired, "......."),
    ];

    #[test]
    fn the_whole_matrix() {
        for (from, row) in MATRIX {
            assert_eq!(row.len(), BroadcastState::iter().count());
            for (to, cell) in BroadcastState::iter().zip(row.chars()) {
                assert_eq!(from.may_become(to), cell == 'x', "{from} -> {to}");
                assert_eq!(from.step(to).is_ok(), cell == 'x', "{from} -> {to}");
            }
        }
    }
}
