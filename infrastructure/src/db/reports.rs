//! What providers report about deliveries.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{Report, port::ReportWrites},
    ids::{ContactPointId, MessageId},
};
use sea_orm::{DatabaseTransaction, entity::prelude::*, sea_query::Expr};

use super::{
    Db,
    deliveries::{Column, Entity},
    failed,
};

#[async_trait]
impl ReportWrites for Db<DatabaseTransaction> {
    async fn report(
        &self,
        now: DateTime<Utc>,
        message: MessageId,
        contact_point: ContactPointId,
        report: Report,
    ) -> Result<bool, StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::State, Expr::val(report.state.to_string()))
            .col_expr(Column::Reason, Expr::val(report.reason.map(str::to_owned)))
            .col_expr(Column::UpdatedAt, Expr::val(now))
            .filter(Column::MessageId.eq(message.0))
            .filter(Column::ContactPointId.eq(contact_point.0))
            .filter(Column::State.is_in(report.state.sources().map(|state| state.to_string())))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(result.rows_affected > 0)
    }

    async fn drop_contact_point(
        &self,
        contact_point: ContactPointId,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.forget(contact_point, since).await
    }
}
