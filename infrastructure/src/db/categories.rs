//! Categories.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    categories::{
        Category,
        port::{CategoryReads, CategoryWrites},
    },
    complaints::promise::Promise,
    ids::CategoryId,
    text::Slug,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, municipalities::json, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "categories")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub names: Json,
    pub position: i32,
    pub first_answer_days: i32,
    pub solution_days: i32,
    pub is_public: bool,
    pub accepts_guests: bool,
    pub accepts_anonymous: bool,
    pub duplicate_radius_m: i32,
    pub active: bool,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Category {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let days = |days: i32| u16::try_from(days).map_err(|_| corrupt("categories.days"));
        Ok(Self {
            id: CategoryId(row.id),
            code: Slug::parse(row.code).map_err(|_| corrupt("categories.code"))?,
            names: serde_json::from_value(row.names).map_err(|_| corrupt("categories.names"))?,
            position: row.position,
            promise: Promise::parse(days(row.first_answer_days)?, days(row.solution_days)?)
                .map_err(|_| corrupt("categories.days"))?,
            is_public: row.is_public,
            accepts_guests: row.accepts_guests,
            accepts_anonymous: row.accepts_anonymous,
            duplicate_radius_m: row
                .duplicate_radius_m
                .try_into()
                .map_err(|_| corrupt("categories.radius"))?,
            active: row.active,
            version: row.version,
        })
    }
}

/// The columns that may change.
fn changed(category: &Category, version: i64) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        names: Set(json(&category.names)?),
        position: Set(category.position),
        first_answer_days: Set(category.promise.first_answer_days.into()),
        solution_days: Set(category.promise.solution_days.into()),
        is_public: Set(category.is_public),
        accepts_guests: Set(category.accepts_guests),
        accepts_anonymous: Set(category.accepts_anonymous),
        duplicate_radius_m: Set(i32::try_from(category.duplicate_radius_m).unwrap_or(i32::MAX)),
        active: Set(category.active),
        version: Set(version),
        ..Default::default()
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> CategoryReads for Db<C> {
    async fn categories(&self) -> Result<Vec<Category>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Position).order_by_asc(Column::Code);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Category::try_from).collect()
    }

    async fn category(&self, id: CategoryId) -> Result<Option<Category>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Category::try_from).transpose()
    }

    async fn category_by_code(&self, code: &Slug) -> Result<Option<Category>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Code.eq(code.as_str()));
        row.one(self.connection()).await.map_err(failed)?.map(Category::try_from).transpose()
    }
}

#[async_trait]
impl CategoryWrites for Db<DatabaseTransaction> {
    async fn insert_category(&self, now: DateTime<Utc>, category: &Category) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(category.id.0),
            code: Set(category.code.to_string()),
            created_at: Set(now),
            ..changed(category, category.version)?
        })
        .await
    }

    async fn update_category(&self, category: &Category) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(changed(category, category.version + 1)?)
            .filter(Column::Id.eq(category.id.0))
            .filter(Column::Version.eq(category.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_category(&self, id: CategoryId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
