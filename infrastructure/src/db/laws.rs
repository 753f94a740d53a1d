//! What must always be true of deliveries, and mending it where it is not.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Scope, StoreError, deliveries::DeliveryState, ids::MunicipalityId};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, ExprTrait, QuerySelect,
    entity::prelude::*,
    sea_query::{Query, SelectStatement},
};

use super::{Db, chunks, corrupt, deliveries, failed};

/// How long something due may wait before the sweep looks into it.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// One town hall's deliveries, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Deliveries that were planned.
    pub planned: u64,
    /// Deliveries by state.
    pub states: BTreeMap<String, u64>,
    /// Deliveries to be sent that no worker would ever find.
    pub stranded: u64,
}

impl Ledger {
    /// Whether each planned delivery is in exactly one state and each open one can be found.
    pub fn balances(&self) -> bool {
        self.planned == self.states.values().sum::<u64>() && self.stranded == 0
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Counts the deliveries of the municipality in scope.
    pub async fn ledger(&self) -> Result<Ledger, StoreError> {
        let sizes: Vec<i32> = self
            .rows::<chunks::Entity>()
            .select_only()
            .column(chunks::Column::Size)
            .filter(chunks::Column::MunicipalityId.eq(self.municipality()?.0))
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let counted: Vec<(String, i64)> = self
            .rows::<deliveries::Entity>()
            .select_only()
            .column(deliveries::Column::State)
            .column_as(deliveries::Column::ContactPointId.count(), "deliveries")
            .group_by(deliveries::Column::State)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let mut states = BTreeMap::new();
        for (state, count) in counted {
            // A state no program knows would hide a delivery from everybody.
            state.parse::<DeliveryState>().map_err(|_| corrupt("deliveries.state"))?;
            states.insert(state, u64::try_from(count).unwrap_or_default());
        }
        let stranded = self
            .rows::<deliveries::Entity>()
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.to_string()))
            .filter(deliveries::Column::ChunkId.not_in_subquery(self.open_chunks()?))
            .count(self.connection())
            .await
            .map_err(failed)?;
        Ok(Ledger {
            planned: sizes.iter().map(|size| u64::try_from(*size).unwrap_or_default()).sum(),
            states,
            stranded,
        })
    }

    /// How many deliveries of the municipality in scope should have been sent a while ago.
    pub async fn past_due(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.rows::<deliveries::Entity>()
            .filter(deliveries::Column::State.eq(DeliveryState::Pending.to_string()))
            .filter(deliveries::Column::DueAt.lte(now - PATIENCE))
            .filter(deliveries::Column::ChunkId.in_subquery(self.open_chunks()?))
            .count(self.connection())
            .await
            .map_err(failed)
    }

    /// The town halls that ever planned a delivery.
    pub async fn served_towns(&self) -> Result<Vec<MunicipalityId>, StoreError> {
        let ids: Vec<Uuid> = self
            .rows::<chunks::Entity>()
            .select_only()
            .column(chunks::Column::MunicipalityId)
            .distinct()
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        Ok(ids.into_iter().map(MunicipalityId).collect())
    }

    fn open_chunks(&self) -> Result<SelectStatement, StoreError> {
        Ok(Query::select()
            .column(chunks::Column::Id)
            .from(chunks::Entity)
            .and_where(chunks::Column::MunicipalityId.eq(self.municipality()?.0))
            .and_where(chunks::Column::State.ne(chunks::DONE))
            .to_owned())
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Whether [`Db::open_overlooked_chunks`] would open any.
    pub async fn is_any_chunk_overlooked(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let overlooked = self.rows::<chunks::Entity>().filter(self.overlooked(now)?).count(self.connection());
        Ok(overlooked.await.map_err(failed)? > 0)
    }

    /// Chunks with deliveries that have been due for a while although nobody would look at the chunk now.
    fn overlooked(&self, now: DateTime<Utc>) -> Result<Condition, StoreError> {
        debug_assert_ne!(self.scope(), Scope::Installation);
        let long_due = Query::select()
            .column(deliveries::Column::ChunkId)
            .from(deliveries::Entity)
            .and_where(deliveries::Column::MunicipalityId.eq(self.municipality()?.0))
            .and_where(deliveries::Column::State.eq(DeliveryState::Pending.to_string()))
            .and_where(deliveries::Column::DueAt.lte(now - PATIENCE))
            .to_owned();
        let asleep = Condition::any().add(chunks::Column::State.eq(chunks::DONE)).add(
            Condition::all()
                .add(chunks::Column::State.eq(chunks::PENDING))
                .add(chunks::Column::DueAt.gt(now)),
        );
        Ok(Condition::all()
            .add(chunks::Column::MunicipalityId.eq(self.municipality()?.0))
            .add(asleep)
            .add(Expr::col(chunks::Column::Id).in_subquery(long_due)))
    }
}

impl Db<DatabaseTransaction> {
    /// Opens chunks again whose deliveries have been due for a while although nobody would look at
    /// the chunk now. Answers how many: none, unless something is wrong.
    pub async fn open_overlooked_chunks(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let opened = self
            .update::<chunks::Entity>()
            .col_expr(chunks::Column::State, Expr::val(chunks::PENDING))
            .col_expr(chunks::Column::DueAt, Expr::val(now))
            .filter(self.overlooked(now)?)
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(opened.rows_affected)
    }
}
