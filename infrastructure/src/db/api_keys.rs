//! Keys for programs.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::{ApiKeyId, StaffId},
    integrations::{
        ApiKey, KeyScope,
        port::{ApiKeyReads, ApiKeyWrites},
    },
    text::Name,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr};

use super::{Db, corrupt, failed, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub mode: String,
    pub scopes: Json,
    pub secret_hash: String,
    pub made_by: Uuid,
    pub created_at: ChronoDateTimeUtc,
    pub expires_at: ChronoDateTimeUtc,
    pub last_used_at: Option<ChronoDateTimeUtc>,
    pub revoked_at: Option<ChronoDateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for ApiKey {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let scopes: Vec<KeyScope> =
            serde_json::from_value(row.scopes).map_err(|_| corrupt("api_keys.scopes"))?;
        Ok(Self {
            id: ApiKeyId(row.id),
            name: Name::parse(row.name).map_err(|_| corrupt("api_keys.name"))?,
            mode: row.mode.parse().map_err(|_| corrupt("api_keys.mode"))?,
            scopes,
            secret_hash: row.secret_hash,
            made_by: StaffId(row.made_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ApiKeyReads for Db<C> {
    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(ApiKey::try_from).collect()
    }

    async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(ApiKey::try_from).transpose()
    }
}

#[async_trait]
impl ApiKeyWrites for Db<DatabaseTransaction> {
    async fn insert_api_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(key.id.0),
            name: Set(key.name.to_string()),
            mode: Set(key.mode.to_string()),
            scopes: Set(serde_json::to_value(&key.scopes).map_err(|_| corrupt("api_keys.scopes"))?),
            secret_hash: Set(key.secret_hash.clone()),
            made_by: Set(key.made_by.0),
            created_at: Set(key.created_at),
            expires_at: Set(key.expires_at),
            last_used_at: Set(key.last_used_at),
            revoked_at: Set(key.revoked_at),
            version: Set(key.version),
        })
        .await
    }

    async fn revoke_api_key(&self, now: DateTime<Utc>, id: ApiKeyId, version: i64) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::RevokedAt, Expr::val(now))
            .col_expr(Column::Version, Expr::val(version + 1))
            .filter(Column::Id.eq(id.0))
            .filter(Column::Version.eq(version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn note_api_key_use(&self, now: DateTime<Utc>, id: ApiKeyId) -> Result<(), StoreError> {
        self.update::<Entity>()
            .col_expr(Column::LastUsedAt, Expr::val(now))
            .filter(Column::Id.eq(id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
