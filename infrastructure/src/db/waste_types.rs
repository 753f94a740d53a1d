//! Kinds of waste.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::WasteTypeId,
    text::Slug,
    waste::{
        WasteType,
        port::{WasteTypeReads, WasteTypeWrites},
    },
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, municipalities::json, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waste_types")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub names: Json,
    pub words: Json,
    pub position: i32,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for WasteType {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: WasteTypeId(row.id),
            code: Slug::parse(row.code).map_err(|_| corrupt("waste_types.code"))?,
            names: serde_json::from_value(row.names).map_err(|_| corrupt("waste_types.names"))?,
            words: serde_json::from_value(row.words).map_err(|_| corrupt("waste_types.words"))?,
            position: row.position,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> WasteTypeReads for Db<C> {
    async fn waste_types(&self) -> Result<Vec<WasteType>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Position).order_by_asc(Column::Code);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(WasteType::try_from).collect()
    }
}

#[async_trait]
impl WasteTypeWrites for Db<DatabaseTransaction> {
    async fn insert_waste_type(&self, now: DateTime<Utc>, kind: &WasteType) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(kind.id.0),
            code: Set(kind.code.to_string()),
            names: Set(json(&kind.names)?),
            words: Set(json(&kind.words)?),
            position: Set(kind.position),
            version: Set(kind.version),
            created_at: Set(now),
        })
        .await
    }

    async fn update_waste_type(&self, kind: &WasteType) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                names: Set(json(&kind.names)?),
                words: Set(json(&kind.words)?),
                position: Set(kind.position),
                version: Set(kind.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(kind.id.0))
            .filter(Column::Version.eq(kind.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_waste_type(&self, id: WasteTypeId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
