//! After a restore: what was on its way is given up, so that no old alert is sent again.

use chrono::{DateTime, Utc};
use domain::{StoreError, deliveries::DeliveryState};
use sea_orm::{DatabaseTransaction, entity::prelude::*, sea_query::Expr};

use super::{Db, chunks, codes, deliveries, failed};

/// Why a delivery is undecided.
const RESTORED: &str = "restored_from_backup";

impl Db<DatabaseTransaction> {
    /// Marks every delivery of the municipality in scope that is on its way as undecided, and closes
    /// its chunks. Answers how many deliveries.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn give_up_sending(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let open = [DeliveryState::Pending, DeliveryState::Waiting].map(|state| state.to_string());
        let given_up = self
            .update::<deliveries::Entity>()
            .col_expr(deliveries::Column::State, Expr::val(DeliveryState::Unknown.to_string()))
            .col_expr(deliveries::Column::Reason, Expr::val(RESTORED))
            .col_expr(deliveries::Column::UpdatedAt, Expr::val(now))
            .filter(deliveries::Column::State.is_in(open))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        self.update::<chunks::Entity>()
            .col_expr(chunks::Column::State, Expr::val(chunks::DONE))
            .filter(chunks::Column::MunicipalityId.eq(self.municipality()?.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(given_up.rows_affected)
    }

    /// Forgets codes that were on their way: whoever waits for one asks for another.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn give_up_codes(&self) -> Result<(), StoreError> {
        self.delete::<codes::Entity>()
            .filter(codes::Column::SendAt.is_not_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
