//! The keys that sign access tokens; private halves sealed.

use chrono::{DateTime, Utc};
use domain::StoreError;
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr,
};

use super::{Db, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    pub sealed_private_key: String,
    pub public_key: String,
    pub created_at: ChronoDateTimeUtc,
    pub retired_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Keys that were not retired before `since`, the newest first.
    pub(crate) async fn signing_keys(&self, since: DateTime<Utc>) -> Result<Vec<Model>, StoreError> {
        self.rows::<Entity>()
            .filter(Condition::any().add(Column::RetiredAt.is_null()).add(Column::RetiredAt.gt(since)))
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Kid)
            .all(self.connection())
            .await
            .map_err(failed)
    }
}

impl Db<DatabaseTransaction> {
    /// Has every key that signs sign no more; until a while after `at` it still verifies.
    pub(crate) async fn retire_signing_keys(&self, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.update::<Entity>()
            .col_expr(Column::RetiredAt, Expr::val(at))
            .filter(Column::RetiredAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Adds a key.
    pub(crate) async fn insert_signing_key(&self, key: Model) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            kid: Set(key.kid),
            sealed_private_key: Set(key.sealed_private_key),
            public_key: Set(key.public_key),
            created_at: Set(key.created_at),
            retired_at: Set(key.retired_at),
        })
        .await
    }
}
