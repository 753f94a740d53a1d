//! Logic with two kinds of not knowing.

use std::ops::Not;

use super::decision::Verdict;

/// What a condition may turn out to be: the set of the truths *true*, *undecidable* and *false* that
/// are still possible. What the complaint cannot say is undecidable. What the rule cannot say, since
/// something it names is gone, could be true or false.
///
/// Conditions combine as in Kleene's three-valued logic, so an undecidable one never makes a rule
/// hold that would not hold either way, under `not` as little as elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truth(u8);

impl Truth {
    pub const TRUE: Self = Self(0b100);
    pub const UNDECIDABLE: Self = Self(0b010);
    pub const FALSE: Self = Self(0b001);
    pub const BROKEN: Self = Self(0b101);

    pub fn of(holds: bool) -> Self {
        if holds { Self::TRUE } else { Self::FALSE }
    }

    /// The lesser of the two, for every pair of possible truths.
    pub fn and(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        let both = a & b & 0b100;
        let either = (a | b) & 0b001;
        let undecidable = if a & b & 0b010 != 0 || a & 0b110 != 0 && b & 0b110 != 0 && (a | b) & 0b010 != 0 {
            0b010
        } else {
            0
        };
        Self(both | undecidable | either)
    }

    /// The greater of the two, for every pair of possible truths.
    pub fn or(self, other: Self) -> Self {
        !(!self).and(!other)
    }

    /// What it means for a rule. As long as it may be true only because something is gone, nobody
    /// can say that the rule does not hold.
    pub fn verdict(self) -> Verdict {
        match self.0 {
            0b100 => Verdict::Met,
            set if set & 0b100 != 0 => Verdict::Broken,
            set if set & 0b010 != 0 => Verdict::Undecidable,
            _ => Verdict::NotMet,
        }
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        Self((self.0 & 0b100) >> 2 | (self.0 & 0b010) | (self.0 & 0b001) << 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sets of possible truths, and their members as 0 (false), 1 (undecidable), 2 (true).
    fn sets() -> Vec<(Truth, Vec<u8>)> {
        (1..8u8).map(|set| (Truth(set), (0..3).filter(|bit| set & (1 << bit) != 0).collect())).collect()
    }

    fn set(members: impl Iterator<Item = u8>) -> Truth {
        Truth(members.fold(0, |set, member| set | 1 << member))
    }

    #[test]
    fn and_is_the_lesser_or_the_greater_not_the_mirror() {
        for (a, members) in sets() {
            assert_eq!(!a, set(members.iter().map(|member| 2 - member)));
            for (b, others) in sets() {
                let pairs = || members.iter().flat_map(|m| others.iter().map(move |o| (*m, *o)));
                assert_eq!(a.and(b), set(pairs().map(|(m, o)| m.min(o))), "{a:?} and {b:?}");
                assert_eq!(a.or(b), set(pairs().map(|(m, o)| m.max(o))), "{a:?} or {b:?}");
            }
        }
    }

    #[test]
    fn verdicts() {
        let (t, u, f, b) = (Truth::TRUE, Truth::UNDECIDABLE, Truth::FALSE, Truth::BROKEN);
        assert_eq!(t.and(u).verdict(), Verdict::Undecidable);
        assert_eq!((!u).verdict(), Verdict::Undecidable);
        assert_eq!(f.and(b).verdict(), Verdict::NotMet);
        assert_eq!(t.and(b).verdict(), Verdict::Broken);
        assert_eq!(t.or(b).verdict(), Verdict::Met);
        assert_eq!(u.and(b).verdict(), Verdict::Undecidable, "whatever is gone, it cannot hold");
        assert_eq!((!u.and(b)).verdict(), Verdict::Broken);
    }
}
