//! How a ward stands to being told things.

use strum::IntoEnumIterator;

use crate::{Code, Error, Result};

/// The state of a ward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum WardState {
    /// Registered by somebody else and asked; has not answered. Nothing is sent but the question.
    Invited,
    /// Agreed.
    Active,
    /// Said no when asked.
    Refused,
    /// Agreed once and left.
    Left,
    /// Ended by a proxy or the town hall.
    Ended,
    /// Never answered, or the time it was good for is over.
    Expired,
}

impl WardState {
    /// The transition table.
    pub fn may_become(self, to: Self) -> bool {
        use WardState::*;
        match self {
            Invited => matches!(to, Active | Refused | Ended | Expired),
            // Invited: another number is another telephone, whose owner is asked again.
            Active => matches!(to, Invited | Left | Ended | Expired),
            Refused | Left | Ended | Expired => false,
        }
    }

    /// The state `to`.
    ///
    /// # Errors
    /// [`Code::TransitionIllegal`] where the table knows no such step.
    pub fn step(self, to: Self) -> Result<Self> {
        if self.may_become(to) { Ok(to) } else { Err(Error::refused(Code::TransitionIllegal)) }
    }

    /// Whether there is still something to end.
    pub fn is_open(self) -> bool {
        Self::iter().any(|to| self.may_become(to))
    }

    /// Whether it is a "no" of the ward, which is remembered.
    pub fn is_a_no(self) -> bool {
        matches!(self, Self::Refused | Self::Left)
    }

    /// What a "no" of the ward makes of it.
    pub fn after_no(self) -> Self {
        match self {
            Self::Invited => Self::Refused,
            Self::Active => Self::Left,
            over => over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WardState::*;

    /// Columns: invited, active, refused, left, ended, expired.
    const MATRIX: [(WardState, &str); 6] = [
        (Invited, ".xx.xx"),
        (Active, "x..xxx"),
        (Refused, "......"),
        (Left, "......"),
        (Ended, "......"),
        (Expired, "......"),
    ];

    #[test]
    fn the_whole_matrix() {
        assert_eq!(MATRIX.len(), WardState::iter().count());
        for (from, row) in MATRIX {
            for (to, cell) in WardState::iter().zip(row.chars()) {
                assert_eq!(from.may_become(to), cell == 'x', "{from} -> {to}");
                assert_eq!(from.step(to).is_ok(), cell == 'x', "{from} -> {to}");
            }
            let after_no = from.after_no();
            assert!(after_no == from || from.may_become(after_no), "{from}");
            assert_eq!(after_no.is_a_no(), from.is_open() || from.is_a_no(), "{from}");
        }
    }
}
