//! Which broadcast a worker looks at next.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{Broadcast, BroadcastState},
    ids::{MessageId, MunicipalityId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*, sea_query::OnConflict,
};

use super::{Db, broadcasts, chunks, corrupt, dialect, failed, municipalities::json};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcast_turns")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub broadcast_id: Uuid,
    pub municipality_id: Uuid,
    pub rank: i16,
    pub due_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A broadcast that is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroadcastTurn {
    /// The broadcast.
    pub broadcast: MessageId,
    /// The town hall.
    pub municipality: MunicipalityId,
    /// Whether it speaks of danger.
    pub crisis: bool,
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Whether a broadcast was called back, or an all-clear followed it.
    pub async fn is_called_back(&self, id: MessageId) -> Result<bool, StoreError> {
        let row = self
            .rows::<broadcasts::Entity>()
            .select_only()
            .columns([broadcasts::Column::State, broadcasts::Column::EndedBy])
            .filter(broadcasts::Column::Id.eq(id.0));
        let row: Option<(String, Option<Uuid>)> =
            row.into_tuple().one(self.connection()).await.map_err(failed)?;
        let cancelled = BroadcastState::Cancelled.to_string();
        Ok(row.is_some_and(|(state, ended_by)| state == cancelled || ended_by.is_some()))
    }

    /// Broadcasts that are due, those that speak of danger first.
    pub async fn broadcasts_due(
        &self,
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<Vec<BroadcastTurn>, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(Column::DueAt.lte(now))
            .order_by_asc(Column::Rank)
            .order_by_asc(Column::DueAt)
            .limit(most)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let turn = |row: Model| BroadcastTurn {
            broadcast: MessageId(row.broadcast_id),
            municipality: MunicipalityId(row.municipality_id),
            crisis: row.rank == 0,
        };
        Ok(rows.into_iter().map(turn).collect())
    }
}

impl Db<DatabaseTransaction> {
    pub(super) async fn write_turn(
        &self,
        due_at: DateTime<Utc>,
        broadcast: &Broadcast,
    ) -> Result<(), StoreError> {
        let row = ActiveModel {
            broadcast_id: Set(broadcast.id.0),
            municipality_id: Set(self.municipality()?.0),
            rank: Set(chunks::rank(broadcast.draft.severity)),
            due_at: Set(due_at),
        };
        let again =
            OnConflict::column(Column::BroadcastId).update_columns([Column::DueAt, Column::Rank]).to_owned();
        self.insert_later(vec![row], Some(again)).await
    }

    /// Nobody looks at it any more.
    pub async fn end_turns(&self, id: MessageId) -> Result<(), StoreError> {
        let turn = self.delete::<Entity>().filter(Column::BroadcastId.eq(id.0));
        turn.exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }

    /// The broadcast with the person up to whom it is planned, held until the end of the transaction; none
    /// where another worker looks at it right now.
    pub async fn take_broadcast(
        &self,
        id: MessageId,
    ) -> Result<Option<(Broadcast, Option<Uuid>)>, StoreError> {
        let mut row = self.rows::<broadcasts::Entity>().filter(broadcasts::Column::Id.eq(id.0));
        dialect::claim(self.backend(), QueryTrait::query(&mut row));
        let row = row.one(self.connection()).await.map_err(failed)?;
        let taken = |row: broadcasts::Model| {
            let through = row.planned_through;
            Broadcast::try_from(row).map(|broadcast| (broadcast, through))
        };
        row.map(taken).transpose()
    }

    /// Writes how far a broadcast has come.
    pub async fn note_progress(
        &self,
        broadcast: &Broadcast,
        through: Option<Uuid>,
    ) -> Result<(), StoreError> {
        use broadcasts::Column;
        let people = i64::try_from(broadcast.people).map_err(|_| corrupt("broadcasts.people"))?;
        self.update::<broadcasts::Entity>()
            .col_expr(Column::State, Expr::val(broadcast.state.to_string()))
            .col_expr(Column::SendingAt, Expr::val(broadcast.sending_at))
            .col_expr(Column::EndedAt, Expr::val(broadcast.ended_at))
            .col_expr(Column::Ladder, Expr::val(broadcast.ladder.as_ref().map(json).transpose()?))
            .col_expr(Column::People, Expr::val(people))
            .col_expr(Column::Planned, Expr::val(broadcast.planned))
            .col_expr(Column::PlannedThrough, Expr::val(through))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .filter(Column::Id.eq(broadcast.id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
