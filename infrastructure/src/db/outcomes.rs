//! What came of a batch, written by whoever still holds the lease.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{DeliveryState, twice_rather_than_never},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QuerySelect, Set, Statement, Value,
    entity::prelude::*,
    sea_query::{Condition, Expr, OnConflict},
};

use super::{
    Db, Lease, Stopped, StoredMessage, corrupt,
    deliveries::{self, attempts},
    failed,
    sending::{Settled, notes},
};

/// Values bound for each row of [`Db::write_verdicts`].
const BOUND: usize = 6;

/// A row of `attempts` to be.
struct Tried {
    contact_point: Uuid,
    number: u32,
    at: DateTime<Utc>,
    outcome: String,
    reason: Option<&'static str>,
}

impl Db<DatabaseTransaction> {
    /// Writes verdicts and attempts of this epoch's last batch and takes back the note about it.
    pub(super) async fn settle(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        settled: &[Settled],
    ) -> Result<(), StoreError> {
        if !settled.is_empty() {
            self.write_verdicts(lease, now, settled).await?;
            let tried = settled.iter().filter(|one| one.verdict.counts).map(|one| {
                let outcome = match (one.verdict.state, one.verdict.due_at) {
                    (_, Some(_)) => "retry".to_owned(),
                    (state, None) => state.to_string(),
                };
                Tried {
                    contact_point: one.contact_point.0,
                    number: one.number,
                    at: one.at,
                    outcome,
                    reason: one.verdict.reason,
                }
            });
            self.write_attempts(lease, tried.collect()).await?;
            for one in settled {
                if let Some(since) = one.verdict.dead_since {
                    self.forget(one.contact_point, since).await?;
                }
            }
        }
        self.delete::<notes::Entity>()
            .filter(notes::Column::ChunkId.eq(lease.chunk.0))
            .filter(notes::Column::Epoch.eq(lease.epoch))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// One statement for the whole batch. Only pending rows take a verdict: a provider's report that came first
    /// knows better, also where it made a call due again. What was called back while it was on its way has left all
    /// the same, and whoever got it must get the all-clear.
    async fn write_verdicts(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        settled: &[Settled],
    ) -> Result<(), StoreError> {
        let mut values: Vec<Value> = vec![
            lease.municipality.0.into(),
            lease.message.0.into(),
            DeliveryState::Pending.to_string().into(),
            now.into(),
        ];
        let mut rows = Vec::with_capacity(settled.len());
        for one in settled {
            let first = values.len() + 1;
            let places: Vec<String> = (first..first + BOUND).map(|place| format!("${place}")).collect();
            rows.push(format!("({})", places.join(", ")));
            let attempts = if one.verdict.counts { one.number } else { one.number.saturating_sub(1) };
            values.extend([
                Value::from(one.contact_point.0),
                one.verdict.state.to_string().into(),
                one.verdict.due_at.unwrap_or(now).into(),
                count(attempts)?.into(),
                one.verdict.reason.map(str::to_owned).into(),
                one.verdict.provider_id.clone().into(),
            ]);
        }
        // Both databases name the columns of VALUES column1, column2, …
        let sql = format!(
            "UPDATE deliveries SET state = o.column2, due_at = o.column3, attempts = o.column4, reason = o.column5, \
             provider_id = o.column6, updated_at = $4 FROM (VALUES {}) AS o \
             WHERE deliveries.municipality_id = $1 AND deliveries.message_id = $2 AND ((deliveries.state = $3 \
             AND (deliveries.generation = 0 OR deliveries.due_at <= $4)) \
             OR (deliveries.state = 'cancelled' AND o.column2 IN ('sent', 'unknown'))) \
             AND deliveries.contact_point_id = o.column1",
            rows.join(", ")
        );
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.connection().execute_raw(statement).await.map_err(failed)?;
        Ok(())
    }

    async fn write_attempts(&self, lease: &Lease, tried: Vec<Tried>) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(tried.len());
        for Tried { contact_point, number, at, outcome, reason } in tried {
            rows.push(attempts::ActiveModel {
                municipality_id: Set(lease.municipality.0),
                message_id: Set(lease.message.0),
                contact_point_id: Set(contact_point),
                number: Set(count(number)?),
                at: Set(at),
                outcome: Set(outcome),
                reason: Set(reason.map(str::to_owned)),
            });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let key = [
            attempts::Column::MunicipalityId,
            attempts::Column::MessageId,
            attempts::Column::ContactPointId,
            attempts::Column::Number,
        ];
        attempts::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// What a dead worker had noted may have left. Counts it as an attempt in doubt; then it is sent
    /// again with the same ids or stays unknown.
    pub(super) async fn settle_doubts(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        message: &StoredMessage,
    ) -> Result<(), StoreError> {
        use deliveries::Column;
        let dead = self
            .rows::<notes::Entity>()
            .filter(notes::Column::ChunkId.eq(lease.chunk.0))
            .filter(notes::Column::Epoch.lt(lease.epoch))
            .all(self.connection())
            .await
            .map_err(failed)?;
        for note in &dead {
            // What was stopped since may have left as well, and whoever got it must get the all-clear.
            let stopped = Condition::all()
                .add(Column::State.eq(DeliveryState::Cancelled.to_string()))
                .add(Column::Reason.is_in([Stopped::CalledBack, Stopped::AllClear].map(Stopped::reason)))
                .add(Column::UpdatedAt.gte(note.created_at));
            let open = Column::State.eq(DeliveryState::Pending.to_string());
            let in_doubt: Vec<(Uuid, i32)> = self
                .rows::<deliveries::Entity>()
                .select_only()
                .columns([Column::ContactPointId, Column::Attempts])
                .filter(Column::ChunkId.eq(lease.chunk.0))
                .filter(Condition::any().add(open).add(stopped))
                .filter(Column::ContactPointId.between(note.from_contact_point, note.to_contact_point))
                // What was due later was not part of that batch.
                .filter(Column::DueAt.lte(note.created_at))
                .into_tuple()
                .all(self.connection())
                .await
                .map_err(failed)?;
            self.doubt(lease, now, message, in_doubt).await?;
        }
        if dead.is_empty() {
            return Ok(());
        }
        self.delete::<notes::Entity>()
            .filter(notes::Column::ChunkId.eq(lease.chunk.0))
            .filter(notes::Column::Epoch.lt(lease.epoch))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn doubt(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        message: &StoredMessage,
        in_doubt: Vec<(Uuid, i32)>,
    ) -> Result<(), StoreError> {
        const REASON: &str = "worker_lost";
        let ids: Vec<Uuid> = in_doubt.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        metrics::counter!("deliveries_in_doubt_total")
            .increment(u64::try_from(ids.len()).unwrap_or(u64::MAX));
        let tried = in_doubt
            .into_iter()
            .map(|(id, attempts)| {
                let number = u32::try_from(attempts).map_err(|_| corrupt("deliveries.attempts"))? + 1;
                let outcome = "in_doubt".to_owned();
                Ok(Tried { contact_point: id, number, at: now, outcome, reason: Some(REASON) })
            })
            .collect::<Result<_, StoreError>>()?;
        self.write_attempts(lease, tried).await?;
        let attempts = Expr::col(deliveries::Column::Attempts).add(1);
        self.update::<deliveries::Entity>()
            .col_expr(deliveries::Column::Attempts, attempts)
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::ContactPointId.is_in(ids.clone()))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        let is_sent_again = twice_rather_than_never(lease.channel, message.severity, &message.topic);
        if is_sent_again && message.stopped().is_none() {
            return Ok(());
        }
        self.update::<deliveries::Entity>()
            .col_expr(deliveries::Column::State, Expr::val(DeliveryState::Unknown.to_string()))
            .col_expr(deliveries::Column::Reason, Expr::val(REASON))
            .col_expr(deliveries::Column::UpdatedAt, Expr::val(now))
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::ContactPointId.is_in(ids))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}

fn count(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| corrupt("more attempts than can be counted"))
}
