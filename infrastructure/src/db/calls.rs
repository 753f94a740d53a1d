//! Calls that reached nobody: made again, or left on a machine.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::Broadcast,
    deliveries::{Tried, port::CallWrites, redial::Call},
    ids::{MessageId, PersonId},
};
use sea_orm::{DatabaseTransaction, Value, entity::prelude::Uuid};

use super::{
    Db,
    climbing::{is_for, listed},
    corrupt, failed,
    sent_again::has,
};

/// Whether a delivery is that call, and it was made: `$1` town, `$2` message, `$3` number, `$4` generation, `$5` now.
const MADE: &str = "municipality_id = $1 AND message_id = $2 AND contact_point_id = $3 AND generation = $4 \
    AND (state IN ('sent', 'unknown') OR (state = 'pending' AND due_at <= $5))";
/// What was tried counts, also where its end is known before our own note of it.
const COUNTED: &str = "attempts = attempts + CASE WHEN state = 'pending' THEN 1 ELSE 0 END";

#[async_trait]
impl CallWrites for Db<DatabaseTransaction> {
    async fn call(&self, tried: Tried) -> Result<Option<Call>, StoreError> {
        let awaited = is_for("a.municipality_id = $1 AND a.message_id = $2 AND a.acknowledged_at IS NULL");
        let sql = format!(
            "SELECT d.state, d.generation, d.due_at, m.severity, m.expires_at, \
             CASE WHEN {awaited} THEN 1 ELSE 0 END AS awaited FROM deliveries d JOIN messages m \
             ON m.municipality_id = d.municipality_id AND m.id = d.message_id WHERE d.municipality_id = $1 \
             AND d.message_id = $2 AND d.contact_point_id = $3 AND d.channel = 'voice'"
        );
        let values = [self.municipality()?.0, tried.message.0, tried.contact_point.0].map(Value::from);
        let rows = self.many(sql, values.to_vec()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let word = |column| row.try_get::<String>("", column).map_err(failed);
        let generation: i32 = row.try_get("", "generation").map_err(failed)?;
        let awaited: i32 = row.try_get("", "awaited").map_err(failed)?;
        Ok(Some(Call {
            state: word("state")?.parse().map_err(|_| corrupt("deliveries.state"))?,
            generation: u32::try_from(generation).map_err(|_| corrupt("deliveries.generation"))?,
            due_at: row.try_get("", "due_at").map_err(failed)?,
            severity: word("severity")?.parse().map_err(|_| corrupt("messages.severity"))?,
            expires_at: row.try_get("", "expires_at").map_err(failed)?,
            is_awaited: awaited == 1,
        }))
    }

    async fn call_again(
        &self,
        now: DateTime<Utc>,
        due_at: DateTime<Utc>,
        tried: Tried,
        reason: Option<&'static str>,
    ) -> Result<bool, StoreError> {
        // The chunk's row first: whoever sends from it holds that too. It may have others to send before.
        let open = "UPDATE work_chunks SET due_at = CASE WHEN state = 'done' OR due_at > $4 THEN $4 ELSE due_at END, \
                    state = CASE WHEN state = 'done' THEN 'pending' ELSE state END WHERE id = (SELECT d.chunk_id \
                    FROM deliveries d WHERE d.municipality_id = $1 AND d.message_id = $2 AND d.contact_point_id = $3)";
        let key = [self.municipality()?.0, tried.message.0, tried.contact_point.0].map(Value::from);
        let values = key.iter().cloned().chain([Value::from(due_at)]).collect();
        self.run_sql(open.to_owned(), values).await?;
        let again = format!(
            "UPDATE deliveries SET state = 'pending', due_at = $6, reason = $7, updated_at = $5, \
             generation = generation + 1, {COUNTED} WHERE {MADE}"
        );
        let rest: [Value; 4] =
            [generation(tried)?.into(), now.into(), due_at.into(), reason.map(str::to_owned).into()];
        let values = key.into_iter().chain(rest).collect();
        Ok(self.run_sql(again, values).await? > 0)
    }

    async fn note_recorded(
        &self,
        now: DateTime<Utc>,
        tried: Tried,
        reason: Option<&'static str>,
    ) -> Result<bool, StoreError> {
        let note = format!(
            "UPDATE deliveries SET state = 'sent', reason = $6, updated_at = $5, {COUNTED} \
             WHERE {MADE} AND (reason IS NULL OR reason <> $6)"
        );
        let values = vec![
            self.municipality()?.0.into(),
            tried.message.0.into(),
            tried.contact_point.0.into(),
            generation(tried)?.into(),
            now.into(),
            reason.map(str::to_owned).into(),
        ];
        Ok(self.run_sql(note, values).await? > 0)
    }
}

impl Db<DatabaseTransaction> {
    pub(super) async fn reopen_sent(
        &self,
        now: DateTime<Utc>,
        broadcast: &Broadcast,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE broadcasts SET state = 'sending', ended_at = NULL, version = version + 1 \
                   WHERE municipality_id = $1 AND id = $2 AND state = 'sent' AND ended_by IS NULL";
        let values = vec![self.municipality()?.0.into(), broadcast.id.0.into()];
        match self.run_sql(sql.to_owned(), values).await? {
            0 => Ok(()),
            _ => self.write_turn(now, broadcast).await,
        }
    }

    /// Whoever has another number goes on at once: that line is free.
    pub(super) async fn let_go_on(
        &self,
        now: DateTime<Utc>,
        id: MessageId,
        people: &[PersonId],
        rungs: &[(usize, DateTime<Utc>)],
    ) -> Result<(), StoreError> {
        if people.is_empty() || rungs.is_empty() {
            return Ok(());
        }
        let mut values: Vec<Value> = vec![self.municipality()?.0.into(), id.0.into(), now.into()];
        let (mut cases, mut numbers) = (Vec::new(), Vec::new());
        for (rung, at) in rungs {
            values.push((*at).into());
            cases.push(format!("WHEN {rung} THEN ${}", values.len()));
            numbers.push(rung.to_string());
        }
        let ids: Vec<Uuid> = people.iter().map(|person| person.0).collect();
        let listed = listed(&mut values, &ids);
        let free = has("d.channel = 'voice' AND d.state = 'waiting'");
        let at = format!("CASE WHEN {free} THEN $3 ELSE CASE a.rung {} END END", cases.join(" "));
        let sql = format!(
            "UPDATE audience AS a SET next_at = {at} WHERE a.municipality_id = $1 AND a.message_id = $2 \
             AND a.person_id IN ({listed}) AND a.rung IN ({}) AND a.next_at > {at}",
            numbers.join(", ")
        );
        self.run_sql(sql, values).await.map(drop)
    }
}

fn generation(tried: Tried) -> Result<i32, StoreError> {
    i32::try_from(tried.generation).map_err(|_| corrupt("a generation"))
}
