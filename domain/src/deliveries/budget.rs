//! What a town hall's messages may cost. Text messages and calls are paid for one by one, so each town
//! hall has so many a day, and a crisis never finds the purse empty because of news.

use chrono::{DateTime, TimeDelta, Utc};

use super::Severity;
use crate::{
    Result,
    ids::MunicipalityId,
    limits::{CounterWrites, Quota, Spent, spend},
};

/// Which purse a message is paid from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Purse {
    /// News, notices and codes.
    Routine,
    /// Crisis messages, and nothing else.
    Crisis,
}

impl From<Severity> for Purse {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Crisis => Self::Crisis,
            Severity::Information | Severity::Important | Severity::Notice => Self::Routine,
        }
    }
}

impl Purse {
    /// At most `most` paid messages in a day.
    fn quota(self, most: u64) -> Quota {
        let rule = match self {
            Self::Routine => "paid_messages_routine",
            Self::Crisis => "paid_messages_crisis",
        };
        Quota::new(rule, most, TimeDelta::days(1))
    }
}

/// Pays for one message of a town hall from the purse of its severity, within the transaction that
/// sends it. [`Spent::reaches_alarm`] says when four fifths are gone.
///
/// # Errors
/// [`crate::Code::TooManyRequests`] where the day's budget is spent.
pub async fn pay<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    town: MunicipalityId,
    severity: Severity,
    most: u64,
) -> Result<Spent> {
    spend(counters, now, Purse::from(severity).quota(most), &town.to_string()).await
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn only_a_crisis_is_paid_from_its_purse() {
        for severity in Severity::iter() {
            let crisis = Purse::from(severity) == Purse::Crisis;
            assert_eq!(crisis, severity == Severity::Crisis, "{severity}");
        }
        let rules: std::collections::BTreeSet<_> = Purse::iter().map(|purse| purse.quota(1).rule).collect();
        assert_eq!(rules.len(), 2);
    }
}
