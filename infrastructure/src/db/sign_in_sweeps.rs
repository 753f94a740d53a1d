//! Forgets what signing in leaves behind.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{StoreError, citizens::port::SignInSweeps, idempotency};
use sea_orm::{Condition, DatabaseTransaction, DeleteMany, entity::prelude::*};

use super::{
    Db, address_changes, codes, failed, idempotency as answers, rate_counters, scope::Scoped, sessions,
};

/// Codes are kept as long as somebody may ask why none arrived; changes of addresses longer than they can be
/// undone; counters as long as the longest window and a part of it.
const KEPT: TimeDelta = TimeDelta::hours(27);

/// Sessions that ended are kept to tell a copied token from an unknown one.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);

impl Db<DatabaseTransaction> {
    async fn forget_rows<E: Scoped>(
        &self,
        which: impl FnOnce(DeleteMany<E>) -> DeleteMany<E> + Send,
    ) -> Result<u64, StoreError> {
        let gone = which(self.delete::<E>()).exec(self.connection()).await.map_err(failed)?;
        Ok(gone.rows_affected)
    }
}

#[async_trait]
impl SignInSweeps for Db<DatabaseTransaction> {
    async fn sweep_sign_in(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let codes = self
            .forget_rows::<codes::Entity>(|rows| rows.filter(codes::Column::CreatedAt.lt(now - KEPT)))
            .await?;
        let changes = self
            .forget_rows::<address_changes::Entity>(|rows| {
                rows.filter(address_changes::Column::AskedAt.lt(now - KEPT))
            })
            .await?;
        let counters = self
            .forget_rows::<rate_counters::Entity>(|rows| {
                rows.filter(rate_counters::Column::WindowStart.lt(now - KEPT))
            })
            .await?;
        let answers = self
            .forget_rows::<answers::Entity>(|rows| {
                rows.filter(answers::Column::CreatedAt.lt(now - idempotency::KEPT))
            })
            .await?;
        let ended = now - SESSIONS_KEPT;
        let sessions = self
            .forget_rows::<sessions::Entity>(|rows| {
                let over = Condition::any()
                    .add(sessions::Column::ExpiresAt.lt(ended))
                    .add(sessions::Column::RevokedAt.lt(ended));
                rows.filter(over)
            })
            .await?;
        Ok(codes + changes + counters + answers + sessions)
    }
}
