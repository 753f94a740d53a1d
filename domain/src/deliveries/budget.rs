//! What a town hall's messages may cost. Text messages and calls are paid for one by one, so each town
//! hall has so many a day, and a crisis never finds the purse empty because of news.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Severity, Topic};
use crate::{
    StoreError,
    ids::MunicipalityId,
    limits::{self, CounterReads, CounterWrites, Quota, Spent, give_back, spend_up_to},
};

/// How many paid messages a town hall has in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// For news and notices.
    pub routine: u64,
    /// For crisis messages.
    pub crisis: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { routine: 10_000, crisis: 100_000 }
    }
}

impl Budget {
    fn quota(self, purse: Purse) -> Quota {
        match purse {
            Purse::Routine => Quota::new("paid_messages_routine", self.routine, TimeDelta::days(1)),
            Purse::Crisis => Quota::new("paid_messages_crisis", self.crisis, TimeDelta::days(1)),
        }
    }
}

/// Which purse a message is paid from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Purse {
    /// News and notices.
    Routine,
    /// Crisis messages and what is told because of them, and nothing else.
    Crisis,
}

impl Purse {
    /// Which purse pays for a message. That a ward did not acknowledge a warning is told as part of it: otherwise the
    /// news of a day decide whether somebody looks after them.
    pub fn of(severity: Severity, topic: &Topic) -> Self {
        match topic {
            Topic::WardUnreached { .. } => Self::Crisis,
            _ => severity.into(),
        }
    }
}

impl From<Severity> for Purse {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Crisis => Self::Crisis,
            Severity::Information | Severity::Important | Severity::Notice => Self::Routine,
        }
    }
}

/// Pays for messages of a town hall from a purse, within the transaction that notes them: for `wanted`, or for as many as the day's budget still allows. [`Spent::reached_alarm_by`] says when
/// four fifths are gone.
///
/// # Errors
/// Those of storage.
pub async fn pay<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    budget: Budget,
    (town, purse, wanted): (MunicipalityId, Purse, u64),
) -> Result<(u64, Spent), StoreError> {
    spend_up_to(counters, now, budget.quota(purse), (&town.to_string(), wanted)).await
}

/// For how many messages a purse of a town hall still pays today.
///
/// # Errors
/// Those of storage.
pub async fn left<C: CounterReads + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    budget: Budget,
    (town, purse): (MunicipalityId, Purse),
) -> Result<u64, StoreError> {
    limits::left(counters, now, budget.quota(purse), &town.to_string()).await
}

/// Puts back what was paid for messages that did not leave and are tried again.
///
/// # Errors
/// Those of storage.
pub async fn refund<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    budget: Budget,
    (town, purse, many): (MunicipalityId, Purse, u64),
) -> Result<(), StoreError> {
    give_back(counters, now, budget.quota(purse), (&town.to_string(), many)).await
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
        let budget = Budget { routine: 1, crisis: 2 };
        let rules: std::collections::BTreeSet<_> =
            Purse::iter().map(|purse| budget.quota(purse).rule).collect();
        assert_eq!(rules.len(), Purse::iter().count());
        let id = uuid::Uuid::nil();
        let because = Topic::WardUnreached { ward: id.into(), broadcast: id.into() };
        assert_eq!(Purse::of(Severity::Notice, &because), Purse::Crisis);
        assert_eq!(Purse::of(Severity::Notice, &Topic::DeviceTest), Purse::Routine);
    }
}
