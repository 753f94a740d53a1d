//! Calls that reached nobody: a number that was busy or that nobody picked up is called again, and one where a
//! machine has the message is left alone.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{DeliveryState, Report, Severity, Tried};
use crate::{
    Result, Tx,
    broadcasts::{Broadcast, BroadcastState, Ladder, Waits, quiet},
    ids::MunicipalityId,
};

/// How long after each call that nobody took the next one is made. Then it has failed.
pub const REDIALS: [TimeDelta; 2] = [TimeDelta::minutes(2), TimeDelta::minutes(10)];
/// How long a machine may go on recording: a call to the same number finds it busy until then.
const RECORDING: TimeDelta = TimeDelta::minutes(1);

/// A delivery by telephone, as storage has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// How far it came.
    pub state: DeliveryState,
    /// How often it was made due again.
    pub generation: u32,
    /// When it is due, or was.
    pub due_at: DateTime<Utc>,
    /// How urgent its message is.
    pub severity: Severity,
    /// When the message is worthless.
    pub expires_at: DateTime<Utc>,
    /// Of a broadcast: whether somebody at that number has not acknowledged it.
    pub is_awaited: bool,
}

impl Call {
    /// When the number is called again that nobody answered at `now`; none where it was called often enough, or
    /// the message would be worthless. News wait for the morning.
    pub fn again_at(&self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let wait = REDIALS.get(usize::try_from(self.generation).ok()?)?;
        let at = quiet::not_before(now + *wait, self.severity, zone);
        (at < self.expires_at).then_some(at)
    }

    /// Whether it is this call of which `tried` says something, and the number is not to be called again already.
    fn is_on_its_way(&self, now: DateTime<Utc>, tried: Tried) -> bool {
        let is_due = self.state != DeliveryState::Pending || self.due_at <= now;
        self.generation == tried.generation && self.state.may_be_called_again() && is_due
    }
}

/// Whether a ladder, or the end of a broadcast, leaves no room for another call.
fn is_settled(broadcast: &Broadcast, call: &Call) -> bool {
    let is_over = matches!(broadcast.state, BroadcastState::Cancelled | BroadcastState::Expired);
    let ladder = broadcast.climbs(Waits::default());
    is_over
        || broadcast.ended_by.is_some()
        || !call.is_awaited
        || ladder.is_some_and(|ladder| ladder.calls_again())
}

/// Has a number called again that was busy or that nobody picked up, as long as it is worth it; then the call has
/// failed. Where a ladder calls again by itself, it has failed at once. Answers whether anything changed.
///
/// # Errors
/// Those of storage.
pub(super) async fn unanswered(
    tx: &dyn Tx,
    now: DateTime<Utc>,
    municipality: MunicipalityId,
    tried: Tried,
    report: Report,
) -> Result<bool> {
    let Some(call) = tx.call(tried).await? else { return Ok(false) };
    if !call.is_on_its_way(now, tried) {
        return Ok(false);
    }
    let broadcast = tx.broadcast(tried.message).await?;
    if broadcast.as_ref().is_some_and(|broadcast| is_settled(broadcast, &call)) {
        return Ok(tx.report(now, tried, report).await?);
    }
    let zone = match call.severity {
        Severity::Information => tx.municipality_by_id(municipality).await?.map(|town| town.time_zone),
        _ => None,
    };
    let Some(due_at) = call.again_at(now, zone.unwrap_or(Tz::UTC)) else {
        return Ok(tx.report(now, tried, report).await?);
    };
    let changed = tx.call_again(now, due_at, tried, report.reason).await?;
    // While a call is to come it can be called back.
    if let (true, Some(broadcast)) = (changed, broadcast) {
        tx.reopen(now, &broadcast).await?;
    }
    Ok(changed)
}

/// Notes that a machine took a call and has the message, which proves nothing: whoever stands on a rung of calls
/// goes on at once. Answers whether anything changed.
///
/// # Errors
/// Those of storage.
pub(super) async fn recorded(tx: &dyn Tx, now: DateTime<Utc>, tried: Tried, report: Report) -> Result<bool> {
    if !tx.note_recorded(now, tried, report.reason).await? {
        return Ok(false);
    }
    let ladder = match tx.broadcast(tried.message).await? {
        Some(broadcast) if broadcast.state == BroadcastState::Sending => broadcast.climbs(Waits::default()),
        _ => None,
    };
    if let Some(ladder) = ladder {
        let people = tx.at_contact_point(tried.message, tried.contact_point).await?;
        tx.go_on(now, tried.message, &people, &after_calls(&ladder, now)).await?;
    }
    Ok(true)
}

/// The rungs of calls, and when whoever stands there may go on: where the next rung is a call too, the machine must
/// have hung up.
fn after_calls(ladder: &Ladder, now: DateTime<Utc>) -> Vec<(usize, DateTime<Utc>)> {
    use super::Channel::Voice;
    let above = |number: usize| ladder.rungs.get(number.saturating_add(1));
    let calls = ladder.rungs.iter().enumerate().filter(|(_, rung)| rung.channel == Voice);
    calls
        .map(|(number, _)| match above(number) {
            Some(next) if next.channel == Voice => (number, now + RECORDING),
            _ => (number, now),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        broadcasts::TownLadders,
        ids::{ContactPointId, MessageId},
    };

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn call(generation: u32) -> Call {
        Call {
            state: DeliveryState::Sent,
            generation,
            due_at: at("2026-11-23T12:00:00Z"),
            severity: Severity::Important,
            expires_at: at("2026-11-23T20:30:00Z"),
            is_awaited: true,
        }
    }

    #[test]
    fn a_number_is_called_again_twice_and_never_past_expiry() {
        let noon = at("2026-11-23T12:00:00Z");
        let again = |call: Call, now| call.again_at(now, Tz::Europe__Berlin);
        assert_eq!(again(call(0), noon), Some(noon + TimeDelta::minutes(2)));
        assert_eq!(again(call(1), noon), Some(noon + TimeDelta::minutes(10)));
        assert_eq!(again(call(2), noon), None);
        let late = at("2026-11-23T20:25:00Z");
        assert_eq!(again(call(0), late), Some(late + TimeDelta::minutes(2)));
        assert_eq!(again(call(1), late), None, "it would be worthless");
        let news = Call { severity: Severity::Information, ..call(0) };
        assert_eq!(again(news, at("2026-11-23T19:59:00Z")), None, "tomorrow it is worthless");
        let news = Call { expires_at: at("2026-11-25T00:00:00Z"), ..news };
        assert_eq!(again(news, at("2026-11-23T19:59:00Z")), Some(at("2026-11-24T06:00:00Z")));
    }

    #[test]
    fn only_the_call_that_was_made_is_called_again() {
        let noon = at("2026-11-23T12:00:00Z");
        let tried = |generation| Tried {
            message: MessageId(uuid::Uuid::nil()),
            contact_point: ContactPointId(uuid::Uuid::nil()),
            generation,
        };
        assert!(call(0).is_on_its_way(noon, tried(0)));
        assert!(!call(1).is_on_its_way(noon, tried(0)), "that was an earlier one");
        let early = Call { state: DeliveryState::Pending, ..call(0) };
        assert!(early.is_on_its_way(noon, tried(0)), "the report was faster than our own note");
        assert!(!early.is_on_its_way(noon - TimeDelta::seconds(1), tried(0)), "it has not left yet");
        for state in [DeliveryState::Read, DeliveryState::Failed, DeliveryState::Cancelled] {
            assert!(!Call { state, ..call(0) }.is_on_its_way(noon, tried(0)), "{state}");
        }
    }

    #[test]
    fn after_a_machine_the_next_rung_is_taken_as_soon_as_the_line_is_free() {
        let noon = at("2026-11-23T12:00:00Z");
        let ladder = Ladder::of(Severity::Crisis, Waits::default(), &TownLadders::default()).unwrap();
        assert_eq!(after_calls(&ladder, noon), [(2, noon + RECORDING), (3, noon)]);
    }
}
