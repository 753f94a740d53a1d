//! How far a delivery has come.

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use crate::{
    Result,
    error::{Code, Error},
};

/// The state of one delivery: a message on its way to one contact point.
///
/// States only move forward. What providers report arrives late, twice and in any order; since
/// their reports form one ascending line (`unknown`, `sent`, `expired`, `failed`, `delivered`,
/// `read`), the last state is the same for every order. Proof that a message arrived outranks every
/// report that it did not.
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
pub enum DeliveryState {
    /// On a later rung of the reach ladder.
    Waiting,
    /// Due, or to be tried again.
    Pending,
    /// Accepted by the provider, which proves nothing about the person.
    Sent,
    /// The provider says it arrived.
    Delivered,
    /// The person saw it.
    Read,
    /// It did not arrive and will not be tried again.
    Failed,
    /// Its time ran out first.
    Expired,
    /// It may have been sent, and nobody can say.
    Unknown,
    /// Not sent on purpose: consent withdrawn, contact point gone, quiet hours.
    Suppressed,
    /// The message was called back first.
    Cancelled,
}

impl DeliveryState {
    /// The transition table. A state never becomes itself: a repeated report changes nothing.
    pub fn may_become(self, to: Self) -> bool {
        use DeliveryState::*;
        match self {
            Waiting => matches!(to, Pending | Suppressed | Cancelled | Expired),
            Pending => !matches!(to, Waiting | Pending),
            // Called back while it was already with the provider.
            Cancelled => matches!(to, Sent | Delivered | Read),
            Unknown => matches!(to, Sent | Expired | Failed | Delivered | Read),
            Sent => matches!(to, Expired | Failed | Delivered | Read),
            Expired => matches!(to, Failed | Delivered | Read),
            Failed => matches!(to, Delivered | Read),
            Delivered => matches!(to, Read),
            Read | Suppressed => false,
        }
    }

    /// The state `to`, or a refusal where the table knows no such step.
    pub fn step(self, to: Self) -> Result<Self> {
        if self.may_become(to) { Ok(to) } else { Err(Error::refused(Code::TransitionIllegal)) }
    }

    /// The states that may become this one: the condition of the update that writes it.
    pub fn sources(self) -> impl Iterator<Item = Self> {
        Self::iter().filter(move |from| from.may_become(self))
    }

    /// Whether a call that nobody took may be made again from here. Apart from the table: a new attempt begins, of
    /// the next generation, and what is said about the one before no longer moves it. `pending` is a call whose
    /// end is known before our own note of its beginning.
    pub fn may_be_called_again(self) -> bool {
        matches!(self, Self::Pending | Self::Sent | Self::Unknown)
    }

    /// Whether it proves that the message arrived.
    pub fn is_proof(self) -> bool {
        matches!(self, Self::Delivered | Self::Read)
    }

    /// Whether something is still to be sent.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::*;
    use proptest::prelude::*;

    /// Rows: from; columns, in the order of the enum: waiting, pending, sent, delivered, read,
    /// failed, expired, unknown, suppressed, cancelled.
    const MATRIX: [(DeliveryState, &str); 10] = [
        (Waiting, ".x....x.xx"),
        (Pending, "..xxxxxxxx"),
        (Sent, "...xxxx..."),
        (Delivered, "....x....."),
        (Read, ".........."),
        (Failed, "...xx....."),
        (Expired, "...xxx...."),
        (Unknown, "..xxxxx..."),
        (Suppressed, ".........."),
        (Cancelled, "..xxx....."),
    ];

    #[test]
    fn the_whole_matrix() {
        assert_eq!(MATRIX.len(), DeliveryState::iter().count());
        for (from, row) in MATRIX {
            assert_eq!(row.len(), DeliveryState::iter().count());
            for (to, cell) in DeliveryState::iter().zip(row.chars()) {
                assert_eq!(from.may_become(to), cell == 'x', "{from} -> {to}");
                assert_eq!(from.step(to).is_ok(), cell == 'x', "{from} -> {to}");
                assert_eq!(to.sources().any(|s| s == from), cell == 'x', "{from} -> {to}");
            }
        }
    }

    #[test]
    fn no_way_leads_back() {
        fn reachable(from: DeliveryState, seen: &mut Vec<DeliveryState>) {
            for to in DeliveryState::iter().filter(|to| from.may_become(*to)) {
                if !seen.contains(&to) {
                    seen.push(to);
                    reachable(to, seen);
                }
            }
        }
        for state in DeliveryState::iter() {
            let mut seen = Vec::new();
            reachable(state, &mut seen);
            assert!(!seen.contains(&state), "{state} can be left and entered again");
        }
    }

    #[test]
    fn a_call_is_made_again_only_where_it_may_have_rung() {
        let again: Vec<_> = DeliveryState::iter().filter(|state| state.may_be_called_again()).collect();
        assert_eq!(again, [Pending, Sent, Unknown]);
    }

    #[test]
    fn one_text_for_rows_and_json() {
        for state in DeliveryState::iter() {
            assert_eq!(serde_json::to_value(state).unwrap(), state.to_string().as_str());
            assert_eq!(state.to_string().parse::<DeliveryState>().unwrap(), state);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn reports_in_any_order_end_the_same(
            reports in proptest::collection::vec(
                prop::sample::select(vec![Unknown, Sent, Expired, Failed, Delivered, Read]), 1..12
            ).prop_flat_map(|reports| (Just(reports.clone()), Just(reports).prop_shuffle()))
        ) {
            let last = |reports: &[DeliveryState]| reports
                .iter()
                .fold(Pending, |state, report| state.step(*report).unwrap_or(state));
            prop_assert_eq!(last(&reports.0), last(&reports.1));
        }
    }
}
