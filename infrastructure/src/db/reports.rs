//! What providers report about deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{Report, Tried, port::ReportWrites},
    ids::ContactPointId,
};
use sea_orm::{DatabaseTransaction, QuerySelect, entity::prelude::*, sea_query::Expr};

use super::{
    Db, corrupt,
    deliveries::{Column, Entity},
    failed,
};

#[async_trait]
impl ReportWrites for Db<DatabaseTransaction> {
    async fn report(&self, now: DateTime<Utc>, tried: Tried, report: Report) -> Result<bool, StoreError> {
        let left_at = if report.dead { self.left_at(tried).await? } else { None };
        let mut update = self
            .update::<Entity>()
            .col_expr(Column::State, Expr::val(report.state.to_string()))
            .col_expr(Column::Reason, Expr::val(report.reason.map(str::to_owned)))
            .col_expr(Column::UpdatedAt, Expr::val(now))
            .filter(Column::MessageId.eq(tried.message.0))
            .filter(Column::ContactPointId.eq(tried.contact_point.0))
            .filter(Column::State.is_in(report.state.sources().map(|state| state.to_string())));
        if !report.state.is_proof() {
            let generation = i32::try_from(tried.generation).map_err(|_| corrupt("a generation"))?;
            update = update.filter(Column::Generation.eq(generation));
        }
        let changed = update.exec(self.connection()).await.map_err(failed)?.rows_affected > 0;
        if let (true, Some(left_at)) = (changed, left_at) {
            self.forget(tried.contact_point, left_at).await?;
        }
        Ok(changed)
    }

    async fn drop_contact_point(
        &self,
        contact_point: ContactPointId,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.forget(contact_point, since).await
    }
}

impl Db<DatabaseTransaction> {
    /// When a delivery left, as far as anything is noted about it; none where it is not there.
    async fn left_at(&self, tried: Tried) -> Result<Option<DateTime<Utc>>, StoreError> {
        let noted = self
            .rows::<Entity>()
            .select_only()
            .column(Column::UpdatedAt)
            .filter(Column::MessageId.eq(tried.message.0))
            .filter(Column::ContactPointId.eq(tried.contact_point.0));
        noted.into_tuple().one(self.connection()).await.map_err(failed)
    }
}
