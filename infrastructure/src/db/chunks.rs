//! Rows of one message that a worker leases together.
//!
//! A lease names its owner and the chunk's epoch, which each claim raises. Whoever writes for a
//! chunk first renews the lease in the same transaction: the renewal finds no row where somebody
//! else has claimed the chunk since, and holds the row against claims until the transaction ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{Channel, DeliveryState, NewMessage, Severity},
    ids::{ChunkId, MessageId, MunicipalityId, WorkerId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, FromQueryResult, QueryOrder, QuerySelect, QueryTrait,
    Set,
    entity::prelude::*,
    sea_query::{CaseStatement, CommonTableExpression, Condition, OnConflict, Order, Query, WithClause},
};

use super::{Db, contact_points::derived_id, corrupt, deliveries, dialect, failed};

/// Most deliveries in one chunk.
pub const ROWS: u64 = 500;

pub(super) const PENDING: &str = "pending";
const LEASED: &str = "leased";
pub(super) const DONE: &str = "done";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_chunks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub municipality_id: Uuid,
    pub message_id: Uuid,
    pub channel: String,
    pub lane: String,
    pub rank: i16,
    pub state: String,
    pub due_at: ChronoDateTimeUtc,
    pub size: i32,
    pub owner: Option<Uuid>,
    pub epoch: i64,
    pub lease_until: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A chunk in the hands of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The chunk.
    pub chunk: ChunkId,
    /// The town hall.
    pub municipality: MunicipalityId,
    /// The message.
    pub message: MessageId,
    /// The channel.
    pub channel: Channel,
    /// How urgent.
    pub lane: Severity,
    /// Who holds it.
    pub owner: WorkerId,
    /// How often the chunk has been claimed, this time included.
    pub epoch: i64,
}

/// The town halls that were served last, in each of the two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Of those that speak of danger.
    pub crisis: MunicipalityId,
    /// Of all.
    pub routine: MunicipalityId,
}

impl Default for Served {
    /// None yet.
    fn default() -> Self {
        let nobody = MunicipalityId(Uuid::nil());
        Self { crisis: nobody, routine: nobody }
    }
}

impl Served {
    /// Notes whose turn was taken.
    pub fn note(&mut self, turn: NextTurn) {
        let last = if turn.crisis { &mut self.crisis } else { &mut self.routine };
        *last = turn.municipality;
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextTurn {
    /// The town hall.
    pub municipality: MunicipalityId,
    /// Whether it speaks of danger.
    pub crisis: bool,
}

/// The chunk of a message's deliveries on one channel.
pub(super) fn id(message: MessageId, channel: Channel) -> Uuid {
    derived_id([message.0.as_bytes().as_slice(), channel.to_string().as_bytes()].concat())
}

/// Stores the chunk of freshly planned deliveries, to be leased from `due_at` on. One that gets more rows later
/// is open again.
pub(super) async fn plan(
    db: &Db<DatabaseTransaction>,
    (now, due_at): (DateTime<Utc>, DateTime<Utc>),
    message: &NewMessage,
    channel: Channel,
    size: u64,
) -> Result<(), StoreError> {
    let size = i32::try_from(size).map_err(|_| corrupt("a chunk larger than allowed"))?;
    let reopened = CaseStatement::new()
        .case(Expr::col((Entity, Column::State)).eq(DONE), PENDING)
        .finally(Expr::col((Entity, Column::State)));
    let again = OnConflict::column(Column::Id)
        .value(Column::State, reopened)
        .value(Column::Size, Expr::col((Entity, Column::Size)).add(size))
        .value(Column::DueAt, Expr::val(due_at))
        .to_owned();
    let row = ActiveModel {
        id: Set(id(message.id, channel)),
        municipality_id: Set(db.municipality()?.0),
        message_id: Set(message.id.0),
        channel: Set(channel.to_string()),
        lane: Set(message.severity.to_string()),
        rank: Set(rank(message.severity)),
        state: Set(PENDING.to_owned()),
        due_at: Set(due_at),
        size: Set(size),
        owner: Set(None),
        epoch: Set(0),
        lease_until: Set(None),
        created_at: Set(now),
    };
    db.insert_later(vec![row], Some(again)).await
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// The town hall to serve next: the one after the last among those that speak of danger, else among all, so that
    /// nobody waits behind a large broadcast of another. Nothing is locked by looking.
    pub async fn next_turn(&self, now: DateTime<Utc>, last: Served) -> Result<Option<NextTurn>, StoreError> {
        let due = || {
            self.rows::<Entity>()
                .select_only()
                .column(Column::MunicipalityId)
                .filter(Column::State.eq(PENDING))
                .filter(Column::DueAt.lte(now))
                .order_by_asc(Column::MunicipalityId)
        };
        let danger = || due().filter(Column::Lane.eq(Severity::Crisis.to_string()));
        let after = |last: MunicipalityId| Column::MunicipalityId.gt(last.0);
        // Asked in one go: a worker looks after every commit.
        let mut turns = Query::select();
        for (query, name) in [
            (danger().filter(after(last.crisis)), "danger_after"),
            (danger(), "danger"),
            (due().filter(after(last.routine)), "after"),
            (due(), "first"),
        ] {
            turns.expr_as(Expr::SubQuery(None, Box::new(query.limit(1).into_query().into())), name);
        }
        let Some(row) = self.connection().query_one(&turns).await.map_err(failed)? else { return Ok(None) };
        for (name, crisis) in [("danger_after", true), ("danger", true), ("after", false), ("first", false)] {
            let found: Option<Uuid> = row.try_get("", name).map_err(failed)?;
            if let Some(id) = found {
                return Ok(Some(NextTurn { municipality: MunicipalityId(id), crisis }));
            }
        }
        Ok(None)
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Since when the oldest work of each lane that nobody has taken is due.
    pub async fn oldest_due(&self, now: DateTime<Utc>) -> Result<Vec<(Severity, DateTime<Utc>)>, StoreError> {
        let lanes: Vec<(String, ChronoDateTimeUtc)> = self
            .rows::<Entity>()
            .select_only()
            .column(Column::Lane)
            .column_as(Column::DueAt.min(), "due_at")
            .filter(Column::State.eq(PENDING))
            .filter(Column::DueAt.lte(now))
            .group_by(Column::Lane)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let lane = |(lane, due_at): (String, DateTime<Utc>)| {
            Ok((lane.parse().map_err(|_| corrupt("work_chunks.lane"))?, due_at))
        };
        lanes.into_iter().map(lane).collect()
    }
}

impl Db<DatabaseTransaction> {
    /// Leases up to `most` due chunks of one town hall, the urgent first. Two workers never get the
    /// same chunk and never wait for each other.
    pub async fn claim(
        &self,
        owner: WorkerId,
        now: DateTime<Utc>,
        lease: Duration,
        turn: NextTurn,
        most: u64,
    ) -> Result<Vec<Lease>, StoreError> {
        let mut due = Query::select();
        due.column(Column::Id)
            .from(Entity)
            .and_where(Column::State.eq(PENDING))
            .and_where(Column::DueAt.lte(now))
            .and_where(Column::MunicipalityId.eq(turn.municipality.0))
            .order_by(Column::Rank, Order::Asc)
            .order_by(Column::DueAt, Order::Asc)
            .limit(most);
        if turn.crisis {
            due.and_where(Column::Lane.eq(Severity::Crisis.to_string()));
        }
        dialect::claim(self.backend(), &mut due);
        // Materialised: inlined, the planner may run the locking select more than once.
        let due = CommonTableExpression::new().query(due).table_name("due").materialized(true).to_owned();
        let claim = Query::update()
            .table(Entity)
            .value(Column::State, LEASED)
            .value(Column::Owner, owner.0)
            .value(Column::Epoch, Expr::col(Column::Epoch).add(1))
            .value(Column::LeaseUntil, dialect::lease_end(self.backend(), now, lease))
            .and_where(Column::Id.in_subquery(Query::select().column("id").from("due").to_owned()))
            .returning_all()
            .to_owned()
            .with(WithClause::new().cte(due).to_owned());
        let rows = self.connection().query_all(&claim).await.map_err(failed)?;
        // One that cannot be read, perhaps of a newer version, must not keep the others waiting.
        let readable = |row| {
            let lease = Model::from_query_result(row, "").map_err(failed).and_then(|row| held(row, owner));
            lease.inspect_err(|error| tracing::error!(%error, "a chunk cannot be read")).ok()
        };
        Ok(rows.iter().filter_map(readable).collect())
    }

    /// Renews a lease; false where it is somebody else's by now.
    pub async fn renew(
        &self,
        lease: &Lease,
        now: DateTime<Utc>,
        length: Duration,
    ) -> Result<bool, StoreError> {
        let end = dialect::lease_end(self.backend(), now, length);
        let renewed = self
            .update::<Entity>()
            .col_expr(Column::LeaseUntil, end)
            .filter(mine(lease))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(renewed.rows_affected == 1)
    }

    /// Gives a chunk back: to be claimed again when its next delivery is due, or never.
    pub async fn give_back(&self, lease: &Lease) -> Result<(), StoreError> {
        let next: Option<Option<DateTime<Utc>>> = self
            .rows::<deliveries::Entity>()
            .select_only()
            .column_as(deliveries::Column::DueAt.min(), "due_at")
            .filter(deliveries::Column::ChunkId.eq(lease.chunk.0))
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.to_string()))
            .into_tuple()
            .one(self.connection())
            .await
            .map_err(failed)?;
        let mut update = self
            .update::<Entity>()
            .col_expr(Column::Owner, Expr::val(None::<Uuid>))
            .col_expr(Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>))
            .filter(mine(lease));
        update = match next.flatten() {
            Some(due_at) => {
                update.col_expr(Column::State, Expr::val(PENDING)).col_expr(Column::DueAt, Expr::val(due_at))
            }
            None => update.col_expr(Column::State, Expr::val(DONE)),
        };
        update.exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }

    /// Frees chunks whose worker showed no sign of life for the length of a lease. Answers how many.
    pub async fn free_expired(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let clock = dialect::lease_clock(self.backend(), now);
        self.free(Condition::all().add(Expr::col(Column::LeaseUntil).lte(clock))).await
    }

    /// Frees every leased chunk where only one process serves and has just begun: whoever held one
    /// is dead. Where several serve, nothing is freed.
    pub async fn free_predecessors(&self) -> Result<u64, StoreError> {
        if dialect::one_writer(self.backend()) { self.free(Condition::all()).await } else { Ok(0) }
    }

    async fn free(&self, which: Condition) -> Result<u64, StoreError> {
        let freed = self
            .update::<Entity>()
            .col_expr(Column::State, Expr::val(PENDING))
            .col_expr(Column::Owner, Expr::val(None::<Uuid>))
            .col_expr(Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>))
            .filter(Column::State.eq(LEASED))
            .filter(which)
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(freed.rows_affected)
    }
}

/// What a lease's holder may touch.
fn mine(lease: &Lease) -> Condition {
    Condition::all()
        .add(Column::Id.eq(lease.chunk.0))
        .add(Column::State.eq(LEASED))
        .add(Column::Owner.eq(lease.owner.0))
        .add(Column::Epoch.eq(lease.epoch))
}

/// One's own matters before broadcasts, danger before all.
pub(super) fn rank(severity: Severity) -> i16 {
    match severity {
        Severity::Crisis => 0,
        Severity::Notice => 1,
        Severity::Important => 2,
        Severity::Information => 3,
    }
}

fn held(row: Model, owner: WorkerId) -> Result<Lease, StoreError> {
    Ok(Lease {
        chunk: ChunkId(row.id),
        municipality: MunicipalityId(row.municipality_id),
        message: MessageId(row.message_id),
        channel: row.channel.parse().map_err(|_| corrupt("work_chunks.channel"))?,
        lane: row.lane.parse().map_err(|_| corrupt("work_chunks.lane"))?,
        owner,
        epoch: row.epoch,
    })
}
