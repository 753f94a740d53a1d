//! What must always be true of broadcasts, and mending it where it is not.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    StoreError,
    broadcasts::Unreachable,
    deliveries::{DeliveryState, Severity},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value};
use strum::IntoEnumIterator;

use super::{Db, chunks, corrupt, failed};

/// How late a broadcast may begin before it counts as missed.
const LATE: TimeDelta = TimeDelta::seconds(60);
/// How long after its end a broadcast is still looked at.
const LOOKED_BACK: TimeDelta = TimeDelta::hours(1);
/// How long a provider may take to say what became of a text message or a call.
const RECEIPT: TimeDelta = TimeDelta::hours(72);

/// What was wrong with one town hall's broadcasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Broadcasts that should have begun a minute ago.
    pub late: u64,
    /// Broadcasts that nobody would have looked at, now called up again.
    pub forgotten: u64,
    /// People of a broadcast with neither a delivery nor a reason why not, now with one.
    pub unaccounted: u64,
    /// Text messages and calls of which nobody reported anything in three days, now expired.
    pub without_receipt: u64,
}

/// Broadcasts `b` that nobody would look at. `$1` is the town hall.
const FORGOTTEN: &str = "b.municipality_id = $1 AND b.state IN ('submitted', 'approved', 'sending') \
    AND NOT EXISTS (SELECT 1 FROM broadcast_turns t WHERE t.broadcast_id = b.id)";
/// People of a broadcast with neither a delivery nor a reason. `$2` is when one that is over may have ended at the
/// earliest.
const UNACCOUNTED: &str = "municipality_id = $1 AND reason IS NULL \
    AND message_id IN (SELECT b.id FROM broadcasts b WHERE b.municipality_id = $1 AND b.planned \
    AND (b.state = 'sending' OR b.ended_at > $2)) \
    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.municipality_id = $1 \
    AND d.message_id = audience.message_id AND d.person_id = audience.person_id) \
    AND NOT EXISTS (SELECT 1 FROM shared_deliveries s WHERE s.municipality_id = $1 \
    AND s.message_id = audience.message_id AND s.person_id = audience.person_id)";
/// Deliveries that left before `$2` and of which nobody reported anything. Push services report nothing, and mail
/// servers only what failed: only text messages and calls are waited for.
const WITHOUT_RECEIPT: &str =
    "municipality_id = $1 AND state = 'sent' AND channel IN ('sms', 'voice') AND updated_at < $2";

impl<C: ConnectionTrait + Send> Db<C> {
    /// Whether [`Db::mend_broadcasts`] would mend anything. It looks through all people of what is being sent, so
    /// nobody who writes is to wait for it.
    pub async fn is_any_broadcast_broken(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let town = Value::from(self.municipality()?.0);
        for (found, since) in [
            (format!("broadcasts b WHERE {FORGOTTEN}"), None),
            (format!("audience WHERE {UNACCOUNTED}"), Some(now - LOOKED_BACK)),
            (format!("deliveries WHERE {WITHOUT_RECEIPT}"), Some(now - RECEIPT)),
        ] {
            let values = [town.clone()].into_iter().chain(since.map(Value::from)).collect();
            if !self.many(format!("SELECT 1 AS found FROM {found} LIMIT 1"), values).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Broadcasts that should have begun a minute ago.
    pub async fn late_broadcasts(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) AS late FROM broadcasts WHERE municipality_id = $1 AND state = 'approved' \
                   AND coalesce(send_at, approved_at) <= $2";
        let values: [Value; 2] = [self.municipality()?.0.into(), (now - LATE).into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = self.connection().query_one_raw(statement).await.map_err(failed)?;
        let late: i64 = row.ok_or(corrupt("broadcasts"))?.try_get("", "late").map_err(failed)?;
        Ok(u64::try_from(late).unwrap_or_default())
    }
}

impl Db<DatabaseTransaction> {
    /// Looks through the broadcasts of the municipality in scope. All is nothing unless something is wrong.
    pub async fn mend_broadcasts(&self, now: DateTime<Utc>) -> Result<Mended, StoreError> {
        Ok(Mended {
            late: self.late_broadcasts(now).await?,
            forgotten: self.call_up_forgotten(now).await?,
            unaccounted: self.account_for_people(now).await?,
            without_receipt: self.expire_without_receipt(now).await?,
        })
    }

    /// Whoever looks for due broadcasts finds them by their turns.
    async fn call_up_forgotten(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let ranks: String = Severity::iter()
            .map(|severity| format!("WHEN '{severity}' THEN {} ", chunks::rank(severity)))
            .collect();
        let sql = format!(
            "INSERT INTO broadcast_turns (broadcast_id, municipality_id, rank, due_at) \
             SELECT b.id, b.municipality_id, CASE b.severity {ranks}END, $2 FROM broadcasts b \
             WHERE {FORGOTTEN} ON CONFLICT DO NOTHING"
        );
        self.run_sql(sql, vec![self.municipality()?.0.into(), now.into()]).await
    }

    async fn account_for_people(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = format!("UPDATE audience SET reason = $3 WHERE {UNACCOUNTED}");
        let reason = Unreachable::Overlooked.to_string();
        let values = vec![self.municipality()?.0.into(), (now - LOOKED_BACK).into(), reason.into()];
        self.run_sql(sql, values).await
    }

    /// A report that comes later still counts.
    async fn expire_without_receipt(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let sql = format!(
            "UPDATE deliveries SET state = $3, reason = 'no_receipt', updated_at = $4 WHERE {WITHOUT_RECEIPT}"
        );
        let expired = DeliveryState::Expired.to_string();
        let values = vec![self.municipality()?.0.into(), (now - RECEIPT).into(), expired.into(), now.into()];
        self.run_sql(sql, values).await
    }
}
