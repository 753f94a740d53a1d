//! Processes that send.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{StoreError, ids::WorkerId};
use sea_orm::{DatabaseTransaction, Set, entity::prelude::*};

use super::{Db, failed};

/// Many times the pause between two signs of life: whoever was silent for so long is dead.
const SILENCE: TimeDelta = TimeDelta::hours(1);

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "workers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub started_at: ChronoDateTimeUtc,
    pub seen_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Db<DatabaseTransaction> {
    /// A worker begins.
    pub async fn add_worker(&self, id: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.insert::<Entity, _>(ActiveModel { id: Set(id.0), started_at: Set(now), seen_at: Set(now) }).await
    }

    /// It is alive.
    pub async fn see_worker(&self, id: WorkerId, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.update::<Entity>()
            .col_expr(Column::SeenAt, Expr::val(now))
            .filter(Column::Id.eq(id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Forgets the workers of processes that were killed. Answers how many.
    pub async fn forget_silent_workers(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let silent = self.delete::<Entity>().filter(Column::SeenAt.lt(now - SILENCE));
        Ok(silent.exec(self.connection()).await.map_err(failed)?.rows_affected)
    }

    /// It has ended.
    pub async fn remove_worker(&self, id: WorkerId) -> Result<(), StoreError> {
        self.delete::<Entity>().filter(Column::Id.eq(id.0)).exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
