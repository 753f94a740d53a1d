//! Areas.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::AreaId,
    municipalities::{
        Area,
        port::{AreaReads, AreaWrites},
    },
    text::{Name, Slug},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{
    Db, corrupt, failed,
    municipalities::{json, polygons},
    one_deleted, one_row,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "areas")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub kind: String,
    pub geometry: Json,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Area {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AreaId(row.id),
            code: Slug::parse(row.code).map_err(|_| corrupt("areas.code"))?,
            name: Name::parse(row.name).map_err(|_| corrupt("areas.name"))?,
            kind: row.kind.parse().map_err(|_| corrupt("areas.kind"))?,
            geometry: polygons(row.geometry)?,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> AreaReads for Db<C> {
    async fn areas(&self) -> Result<Vec<Area>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Area::try_from).collect()
    }

    async fn area(&self, id: AreaId) -> Result<Option<Area>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Area::try_from).transpose()
    }
}

#[async_trait]
impl AreaWrites for Db<DatabaseTransaction> {
    async fn insert_area(&self, now: DateTime<Utc>, area: &Area) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(area.id.0),
            code: Set(area.code.to_string()),
            name: Set(area.name.to_string()),
            kind: Set(area.kind.to_string()),
            geometry: Set(json(area.geometry.geometry())?),
            version: Set(area.version),
            created_at: Set(now),
        })
        .await
    }

    async fn update_area(&self, area: &Area) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                name: Set(area.name.to_string()),
                kind: Set(area.kind.to_string()),
                geometry: Set(json(area.geometry.geometry())?),
                version: Set(area.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(area.id.0))
            .filter(Column::Version.eq(area.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_area(&self, id: AreaId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
