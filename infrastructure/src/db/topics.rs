//! Topics.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::TopicId,
    municipalities::{
        Topic,
        port::{TopicReads, TopicWrites},
    },
    text::Slug,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, municipalities::json, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "topics")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub names: Json,
    pub position: i32,
    pub active: bool,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Topic {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: TopicId(row.id),
            code: Slug::parse(row.code).map_err(|_| corrupt("topics.code"))?,
            names: serde_json::from_value(row.names).map_err(|_| corrupt("topics.names"))?,
            position: row.position,
            active: row.active,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> TopicReads for Db<C> {
    async fn topics(&self) -> Result<Vec<Topic>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Position).order_by_asc(Column::Code);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Topic::try_from).collect()
    }

    async fn topic(&self, id: TopicId) -> Result<Option<Topic>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Topic::try_from).transpose()
    }
}

#[async_trait]
impl TopicWrites for Db<DatabaseTransaction> {
    async fn insert_topic(&self, now: DateTime<Utc>, topic: &Topic) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(topic.id.0),
            code: Set(topic.code.to_string()),
            names: Set(json(&topic.names)?),
            position: Set(topic.position),
            active: Set(topic.active),
            version: Set(topic.version),
            created_at: Set(now),
        })
        .await
    }

    async fn update_topic(&self, topic: &Topic) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                names: Set(json(&topic.names)?),
                position: Set(topic.position),
                active: Set(topic.active),
                version: Set(topic.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(topic.id.0))
            .filter(Column::Version.eq(topic.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_topic(&self, id: TopicId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
