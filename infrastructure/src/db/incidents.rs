//! Broadcasts about one incident: the one it began with and all that follow it up. An all-clear ends them, and goes to
//! whomever any of them reached.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Broadcast, FollowUp},
    ids::MessageId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value, entity::prelude::Uuid};

use super::{Db, failed};

/// The broadcasts about an incident: `$1` town, `$2` the one it began with.
const OF_IT: &str = "municipality_id = $1 AND (id = $2 OR incident_id = $2)";

impl<C: ConnectionTrait + Send> Db<C> {
    /// The broadcasts about an incident, the one it began with among them.
    pub(super) async fn of_incident(&self, first: MessageId) -> Result<Vec<Uuid>, StoreError> {
        let sql = format!("SELECT id FROM broadcasts WHERE {OF_IT}");
        let rows = self.many(sql, vec![self.municipality()?.0.into(), first.0.into()]).await?;
        rows.iter().map(|row| row.try_get("", "id").map_err(failed)).collect()
    }
}

impl Db<DatabaseTransaction> {
    /// Notes that an all-clear ends what was sent about its incident, or was to be: from the commit on nothing of it
    /// begins to leave. Whoever looks at each of them next puts right what is still written as to be sent.
    pub async fn end_incident(&self, now: DateTime<Utc>, all_clear: &Broadcast) -> Result<(), StoreError> {
        let town = self.municipality()?.0;
        let values: Vec<Value> = vec![
            town.into(),
            all_clear.incident_id().0.into(),
            all_clear.id.0.into(),
            all_clear.draft.drill.into(),
            FollowUp::AllClear.to_string().into(),
        ];
        let end = format!(
            "UPDATE broadcasts SET ended_by = $3, version = version + 1 WHERE {OF_IT} AND id <> $3 \
             AND ended_by IS NULL AND drill = $4 AND state IN ('approved', 'sending', 'sent') \
             AND coalesce(follow_up, '') <> $5"
        );
        self.run_sql(end, values).await?;
        let look = "UPDATE broadcast_turns SET due_at = $3 WHERE municipality_id = $1 AND broadcast_id IN \
                    (SELECT id FROM broadcasts WHERE municipality_id = $1 AND ended_by = $2)";
        self.run_sql(look.to_owned(), vec![town.into(), all_clear.id.0.into(), now.into()]).await.map(drop)
    }

    /// Whether anything about the incident may still reach somebody: what the all-clear ended is not all stopped, or
    /// some of it is on its way to a provider right now.
    pub async fn is_still_told(&self, all_clear: &Broadcast) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT 1 AS one FROM broadcasts WHERE {OF_IT} AND ended_by = $3 AND state IN ('approved', 'sending') \
             UNION ALL SELECT 1 AS one FROM send_batches n JOIN work_chunks c ON c.id = n.chunk_id \
             WHERE n.municipality_id = $1 AND c.municipality_id = $1 AND c.state <> 'done' AND c.message_id IN \
             (SELECT id FROM broadcasts WHERE {OF_IT} AND id <> $3) LIMIT 1"
        );
        let ids = [all_clear.incident_id(), all_clear.id].map(|id| Value::from(id.0));
        let values = [Value::from(self.municipality()?.0)].into_iter().chain(ids).collect();
        Ok(!self.many(sql, values).await?.is_empty())
    }
}
