//! Stops what has not left of a broadcast: it was called back, its time ran out, or an all-clear followed it.

use chrono::{DateTime, Utc};
use domain::{StoreError, deliveries::DeliveryState, ids::MessageId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, Value, entity::prelude::Uuid};

use super::{Db, failed};

/// Rows stopped in one transaction.
pub const STOPPED: u64 = 20_000;

/// Why what has not left does not leave any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Somebody of the staff called it back.
    CalledBack,
    /// The danger is over.
    AllClear,
    /// It is worthless by now.
    Expired,
}

impl Stopped {
    /// What becomes of a delivery.
    pub(super) fn state(self) -> DeliveryState {
        match self {
            Self::CalledBack | Self::AllClear => DeliveryState::Cancelled,
            Self::Expired => DeliveryState::Expired,
        }
    }

    /// The reason that stands at it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::CalledBack => "cancelled",
            Self::AllClear => "all_clear",
            Self::Expired => "expired",
        }
    }
}

impl Db<DatabaseTransaction> {
    /// Stops what has not left and takes people off the ladder, at most so many of each. Answers whether that was all
    /// of it.
    pub async fn stop(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        why: Stopped,
        most: u64,
    ) -> Result<bool, StoreError> {
        let town = self.municipality()?.0;
        // People first, then chunks, then deliveries, as whoever climbs and whoever acknowledges: none of them waits
        // for one who waits for them.
        let on_the_ladder = "next_at IS NOT NULL";
        let last = self.slice_end("audience", "person_id", on_the_ladder, (id, most)).await?;
        let up_to = if last.is_some() { " AND person_id < $3" } else { "" };
        let off = format!(
            "UPDATE audience SET next_at = NULL WHERE municipality_id = $1 AND message_id = $2 \
             AND {on_the_ladder}{up_to}"
        );
        let values = [Value::from(town), id.0.into()].into_iter().chain(last.map(Value::from)).collect();
        self.run_sql(off, values).await?;
        // Whoever sends from a chunk holds its row: they come before, or find nothing after.
        let hold = "UPDATE work_chunks SET due_at = due_at WHERE municipality_id = $1 AND message_id = $2 \
                    AND state <> 'done'";
        self.run_sql(hold.to_owned(), vec![town.into(), id.0.into()]).await?;
        // What waited for a later rung was not due before: of what was due, a worker that died may have sent some.
        let open = "state IN ('waiting', 'pending')";
        let end = self.slice_end("deliveries", "contact_point_id", open, (id, most)).await?;
        let up_to = if end.is_some() { " AND contact_point_id < $6" } else { "" };
        let stop = format!(
            "UPDATE deliveries SET state = $3, reason = $4, updated_at = $5, \
             due_at = CASE WHEN state = 'waiting' THEN $5 ELSE due_at END WHERE municipality_id = $1 \
             AND message_id = $2 AND {open}{up_to}"
        );
        let (state, reason) = (why.state().to_string(), why.reason());
        let mut values: Vec<Value> = vec![town.into(), id.0.into(), state.into(), reason.into(), now.into()];
        values.extend(end.map(Value::from));
        self.run_sql(stop, values).await?;
        Ok(end.is_none() && last.is_none())
    }

    /// Before which key a slice of a message's rows of which `what` holds ends; none where one slice has them all. A
    /// bound on the key, and not a list of keys: whatever the database has counted, it reads the rows once.
    async fn slice_end(
        &self,
        table: &str,
        key: &str,
        what: &str,
        (message, most): (MessageId, u64),
    ) -> Result<Option<Uuid>, StoreError> {
        let sql = format!(
            "SELECT {key} FROM {table} WHERE municipality_id = $1 AND message_id = $2 AND {what} \
             ORDER BY {key} LIMIT 1 OFFSET {most}"
        );
        let values = [self.municipality()?.0.into(), message.0.into()];
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        let row = self.connection().query_one_raw(statement).await.map_err(failed)?;
        row.map(|row| row.try_get("", key).map_err(failed)).transpose()
    }
}
