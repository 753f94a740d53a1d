//! Second factors of accounts.

use async_trait::async_trait;
use domain::{
    StoreError,
    ids::AccountId,
    staff::{
        SecondFactor,
        port::{SecondFactorReads, SecondFactorWrites},
    },
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Set, entity::prelude::*, sea_query::Expr};

use super::{Db, corrupt, failed, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    pub sealed_secret: String,
    pub confirmed_at: Option<ChronoDateTimeUtc>,
    pub last_step: i64,
    pub recovery_hashes: Json,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn hashes(factor: &SecondFactor) -> Json {
    factor.recovery_hashes.iter().map(String::as_str).collect()
}

#[async_trait]
impl<C: ConnectionTrait + Send> SecondFactorReads for Db<C> {
    async fn second_factor(&self, account: AccountId) -> Result<Option<SecondFactor>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::AccountId.eq(account.0));
        let Some(row) = row.one(self.connection()).await.map_err(failed)? else { return Ok(None) };
        Ok(Some(SecondFactor {
            account,
            sealed_secret: row.sealed_secret,
            confirmed_at: row.confirmed_at,
            last_step: row.last_step,
            recovery_hashes: serde_json::from_value(row.recovery_hashes)
                .map_err(|_| corrupt("second_factors.recovery_hashes"))?,
            version: row.version,
            created_at: row.created_at,
        }))
    }
}

#[async_trait]
impl SecondFactorWrites for Db<DatabaseTransaction> {
    async fn insert_second_factor(&self, factor: &SecondFactor) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            account_id: Set(factor.account.0),
            sealed_secret: Set(factor.sealed_secret.clone()),
            confirmed_at: Set(factor.confirmed_at),
            last_step: Set(factor.last_step),
            recovery_hashes: Set(hashes(factor)),
            version: Set(factor.version),
            created_at: Set(factor.created_at),
        })
        .await
    }

    async fn update_second_factor(&self, factor: &SecondFactor) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::ConfirmedAt, Expr::val(factor.confirmed_at))
            .col_expr(Column::LastStep, Expr::val(factor.last_step))
            .col_expr(Column::RecoveryHashes, Expr::val(hashes(factor)))
            .col_expr(Column::Version, Expr::val(factor.version + 1))
            .filter(Column::AccountId.eq(factor.account.0))
            .filter(Column::Version.eq(factor.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_second_factor(&self, account: AccountId) -> Result<(), StoreError> {
        let row = self.delete::<Entity>().filter(Column::AccountId.eq(account.0));
        row.exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
