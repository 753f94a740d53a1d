//! How often something may be asked for that costs money or guesses secrets. Counted in the
//! database, in the transaction of what is counted, so that instances cannot be played off against
//! each other and a rolled-back request costs nothing.

use std::net::IpAddr;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    error::{Code, Error},
    store::StoreError,
};

/// How many parts a window is counted in. More parts follow the sliding window more closely.
const PARTS: i64 = 10;

/// At most `limit` in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Names the rule in storage.
    pub rule: &'static str,
    /// How many are allowed.
    pub limit: u64,
    /// In which time.
    pub window: TimeDelta,
}

impl Quota {
    /// `limit` in `window`.
    pub const fn new(rule: &'static str, limit: u64, window: TimeDelta) -> Self {
        Self { rule, limit, window }
    }

    /// Length of the parts the window is counted in.
    fn part(&self) -> TimeDelta {
        self.window / i32::try_from(PARTS).unwrap_or(1)
    }

    /// The part that `now` lies in, by its beginning.
    fn part_of(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let part = self.part().num_seconds().max(1);
        let start = now.timestamp().div_euclid(part) * part;
        DateTime::from_timestamp(start, 0).unwrap_or(now)
    }

    /// Parts that begin later than this may hold something of the window that ends `now`.
    fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now - self.window - self.part()
    }

    /// How long to wait until one more is allowed, none where it is allowed already. `counted` are
    /// the parts of the window, the one just spent among them.
    fn wait(&self, now: DateTime<Utc>, mut counted: Vec<(DateTime<Utc>, u64)>) -> Option<TimeDelta> {
        let mut total: u64 = counted.iter().map(|(_, count)| count).sum();
        if total <= self.limit {
            return None;
        }
        counted.sort_unstable();
        for (start, count) in counted {
            total -= count;
            if total < self.limit {
                return Some(start + self.window + self.part() - now);
            }
        }
        Some(self.window)
    }
}

/// Whom a limit on client addresses counts: an IPv4 address, or the /64 an IPv6 address lies in,
/// because a household has that many addresses to itself.
pub fn client(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What storage must do to tell what was counted.
#[async_trait]
pub trait CounterReads: Send + Sync {
    /// The parts that begin after `since` with their counts, for each rule and subject in turn.
    async fn counted(
        &self,
        of: &[(&'static str, &str)],
        since: DateTime<Utc>,
    ) -> Result<Vec<Vec<(DateTime<Utc>, u64)>>, StoreError>;
}

/// What storage must do to count.
#[async_trait]
pub trait CounterWrites: Send + Sync {
    /// Adds `more`, which is negative where something is given back, to the part of `rule` that begins at
    /// `part`, and gives all parts of the same subject that begin after `since` with their counts. Whoever
    /// counts the same part waits until this transaction is over. The subject is kept as a hash only.
    async fn count(
        &self,
        rule: &str,
        (subject, more): (&str, i64),
        part: DateTime<Utc>,
        since: DateTime<Utc>,
    ) -> Result<Vec<(DateTime<Utc>, u64)>, StoreError>;
    /// Adds to the part of `rule` that begins at `part`, for at most [`MOST_COUNTED`] subjects, each
    /// once; gives their counts afterwards in the same order.
    async fn count_many(
        &self,
        rule: &str,
        part: DateTime<Utc>,
        counts: &[(String, u64)],
    ) -> Result<Vec<u64>, StoreError>;
    /// Forgets what was counted of `rule` for `subject`.
    async fn forget_counted(&self, rule: &str, subject: &str) -> Result<(), StoreError>;
}

/// Subjects counted with one statement.
pub const MOST_COUNTED: usize = 1_000;

/// The minute that `now` lies in, by its beginning.
pub fn minute_of(now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(now.timestamp().div_euclid(60) * 60, 0).unwrap_or(now)
}

/// How much of a quota is spent, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// So many.
    pub count: u64,
    /// Of so many.
    pub limit: u64,
}

impl Spent {
    /// Whether this very one reached four fifths: said once, so that an operator hears it once.
    pub fn reaches_alarm(&self) -> bool {
        self.reached_alarm_by(1)
    }

    /// The same for the last `many`.
    pub fn reached_alarm_by(&self, many: u64) -> bool {
        let reached = |count: u64| count.saturating_mul(5) >= self.limit.saturating_mul(4);
        self.count >= many && reached(self.count) && !reached(self.count - many)
    }
}

/// Counts one more for `subject`.
///
/// # Errors
/// [`Code::TooManyRequests`] with the time to wait when that is one too many. The caller then drops
/// the transaction, so that what was refused does not count.
pub async fn spend<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    quota: Quota,
    subject: &str,
) -> Result<Spent> {
    let counted = counters.count(quota.rule, (subject, 1), quota.part_of(now), quota.since(now)).await?;
    let spent = Spent { count: counted.iter().map(|(_, count)| count).sum(), limit: quota.limit };
    match quota.wait(now, counted) {
        None => Ok(spent),
        Some(wait) => Err(Error::wait(Code::TooManyRequests, wait.to_std().unwrap_or_default())),
    }
}

/// Counts as many more for `subject` as the quota still allows, `wanted` at most. Answers how many those are,
/// and how much is spent with them.
///
/// # Errors
/// Those of storage.
pub async fn spend_up_to<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    quota: Quota,
    (subject, wanted): (&str, u64),
) -> Result<(u64, Spent), StoreError> {
    let (part, since) = (quota.part_of(now), quota.since(now));
    let signed = |many: u64| i64::try_from(many).unwrap_or(i64::MAX);
    let counted = counters.count(quota.rule, (subject, signed(wanted)), part, since).await?;
    let count: u64 = counted.iter().map(|(_, count)| count).sum();
    let beyond = count.saturating_sub(quota.limit).min(wanted);
    if beyond > 0 {
        counters.count(quota.rule, (subject, -signed(beyond)), part, since).await?;
    }
    Ok((wanted - beyond, Spent { count: count - beyond, limit: quota.limit }))
}

/// Takes `many` off what was counted for `subject`: it was not spent after all.
///
/// # Errors
/// Those of storage.
pub async fn give_back<C: CounterWrites + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    quota: Quota,
    (subject, many): (&str, u64),
) -> Result<(), StoreError> {
    let less = i64::try_from(many).map_or(i64::MIN, |many| -many);
    counters.count(quota.rule, (subject, less), quota.part_of(now), quota.since(now)).await?;
    Ok(())
}

/// How much of a quota `subject` has left.
///
/// # Errors
/// Those of storage.
pub async fn left<C: CounterReads + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    quota: Quota,
    subject: &str,
) -> Result<u64, StoreError> {
    let counted = counters.counted(&[(quota.rule, subject)], quota.since(now)).await?;
    let count: u64 = counted.iter().flatten().map(|(_, count)| count).sum();
    Ok(quota.limit.saturating_sub(count))
}

/// Refuses at once what [`spend`] would refuse: an attack shall cost one statement that only reads, not a
/// writer's turn, locked rows and a rollback. Who passes is still counted by [`spend`], which decides.
///
/// # Errors
/// As [`spend`], for the first quota that is used up.
pub async fn refuse_spent<C: CounterReads + ?Sized>(
    counters: &C,
    now: DateTime<Utc>,
    wanted: &[(Quota, &str)],
) -> Result<()> {
    let of: Vec<_> = wanted.iter().map(|(quota, subject)| (quota.rule, *subject)).collect();
    let Some(since) = wanted.iter().map(|(quota, _)| quota.since(now)).min() else { return Ok(()) };
    for ((quota, _), counted) in wanted.iter().zip(counters.counted(&of, since).await?) {
        let one_more = [(quota.part_of(now), 1)];
        let window = counted.into_iter().filter(|(part, _)| *part > quota.since(now)).chain(one_more);
        if let Some(wait) = quota.wait(now, window.collect()) {
            return Err(Error::wait(Code::TooManyRequests, wait.to_std().unwrap_or_default()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Quota = Quota::new("three", 3, TimeDelta::minutes(10));

    fn at(minute: i64, second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute) + TimeDelta::seconds(second)
    }

    #[test]
    fn the_window_slides_in_parts() {
        assert_eq!(THREE.part_of(at(7, 59)), at(7, 0));
        assert_eq!(THREE.since(at(20, 30)), at(9, 30));
        assert_eq!(THREE.wait(at(20, 30), vec![(at(20, 0), 1), (at(12, 0), 2)]), None);
    }

    #[test]
    fn one_too_many_waits_until_enough_have_passed() {
        let counted = vec![(at(20, 0), 1), (at(12, 0), 2), (at(14, 0), 1)];
        assert_eq!(THREE.wait(at(20, 30), counted), Some(TimeDelta::seconds(150)));
        let at_once = vec![(at(20, 0), 4)];
        assert_eq!(THREE.wait(at(20, 30), at_once), Some(TimeDelta::seconds(630)));
    }

    #[test]
    fn the_alarm_sounds_once() {
        let alarms =
            |limit| (1..=limit).filter(|count| Spent { count: *count, limit }.reaches_alarm()).collect();
        let expected: [(u64, Vec<u64>); 3] = [(10, vec![8]), (500, vec![400]), (1, vec![1])];
        for (limit, at) in expected {
            let sounded: Vec<u64> = alarms(limit);
            assert_eq!(sounded, at);
        }
        let many = |count| Spent { count, limit: 10 }.reached_alarm_by(5);
        assert_eq!((many(7), many(9), many(13)), (false, true, false));
    }

    #[test]
    fn a_household_is_one_client() {
        let client = |text: &str| client(text.parse().unwrap());
        assert_eq!(client("192.0.2.7"), "192.0.2.7");
        assert_eq!(client("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), client("2001:db8:1:2:ffff::1"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    }
}
