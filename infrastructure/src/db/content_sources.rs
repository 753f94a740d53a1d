//! Sources of content, and what was taken from them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError, Violation,
    content::{
        Content,
        sources::{
            ContentSource, Mark,
            import::Taken,
            port::{ContentSourceReads, ContentSourceWrites},
        },
    },
    ids::{AreaId, ContentId, ContentSourceId, DepartmentId, StaffId, TopicId},
    text::{Name, WebAddress},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{Db, content, corrupt, dialect, failed, municipalities::json, one_deleted, one_row};

/// Rows of one statement: at most thirteen values each, below SQLite's 32,766.
const SLICE: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content_sources")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub format: String,
    pub url: Option<String>,
    pub every_minutes: i16,
    pub publishes: bool,
    pub topic_id: Option<Uuid>,
    pub area_id: Option<Uuid>,
    pub department_id: Option<Uuid>,
    pub set_up_by: Uuid,
    pub etag: Option<String>,
    pub modified: Option<String>,
    pub asked_at: Option<ChronoDateTimeUtc>,
    pub read_at: Option<ChronoDateTimeUtc>,
    pub failed_at: Option<ChronoDateTimeUtc>,
    pub failure: Option<String>,
    pub faults: Option<Json>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was taken from a source.
pub mod taken {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "content_taken")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub source_key: String,
        pub content_id: Uuid,
        pub sheet: Json,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<Model> for ContentSource {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let url = row.url.as_deref().map(WebAddress::parse).transpose();
        let failure = row.failure.as_deref().map(str::parse).transpose();
        Ok(Self {
            id: ContentSourceId(row.id),
            name: Name::parse(row.name).map_err(|_| corrupt("content_sources.name"))?,
            format: row.format.parse().map_err(|_| corrupt("content_sources.format"))?,
            url: url.map_err(|_| corrupt("content_sources.url"))?,
            every_minutes: row
                .every_minutes
                .try_into()
                .map_err(|_| corrupt("content_sources.every_minutes"))?,
            publishes: row.publishes,
            topic: row.topic_id.map(TopicId),
            area: row.area_id.map(AreaId),
            office: row.department_id.map(DepartmentId),
            set_up_by: StaffId(row.set_up_by),
            mark: Mark { etag: row.etag, modified: row.modified },
            asked_at: row.asked_at,
            read_at: row.read_at,
            failed: row.failed_at.zip(failure.map_err(|_| corrupt("content_sources.failure"))?),
            faults: row.faults.map(faults).transpose()?.unwrap_or_default(),
            version: row.version,
        })
    }
}

/// `[["/9/dtstart", "required"]]`.
fn faults(kept: Json) -> Result<Vec<Violation>, StoreError> {
    let corrupt = || corrupt("content_sources.faults");
    let kept: Vec<(String, String)> = serde_json::from_value(kept).map_err(|_| corrupt())?;
    let fault = |(pointer, code): (String, String)| -> Result<_, StoreError> {
        Ok(Violation::new(pointer, code.parse().map_err(|_| corrupt())?))
    };
    kept.into_iter().map(fault).collect()
}

impl TryFrom<taken::Model> for Taken {
    type Error = StoreError;

    fn try_from(row: taken::Model) -> Result<Self, StoreError> {
        Ok(Self {
            key: row.source_key,
            content: ContentId(row.content_id),
            sheet: serde_json::from_value(row.sheet).map_err(|_| corrupt("content_taken.sheet"))?,
        })
    }
}

/// What staff set.
fn settings(source: &ContentSource) -> ActiveModel {
    ActiveModel {
        name: Set(source.name.to_string()),
        format: Set(source.format.to_string()),
        url: Set(source.url.as_ref().map(|url| url.as_str().to_owned())),
        every_minutes: Set(i16::try_from(source.every_minutes).unwrap_or(i16::MAX)),
        publishes: Set(source.publishes),
        topic_id: Set(source.topic.map(Uuid::from)),
        area_id: Set(source.area.map(Uuid::from)),
        department_id: Set(source.office.map(Uuid::from)),
        set_up_by: Set(source.set_up_by.0),
        etag: Set(source.mark.etag.clone()),
        modified: Set(source.mark.modified.clone()),
        ..Default::default()
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ContentSourceReads for Db<C> {
    async fn content_sources(&self) -> Result<Vec<ContentSource>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(ContentSource::try_from).collect()
    }

    async fn content_source(&self, id: ContentSourceId) -> Result<Option<ContentSource>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(ContentSource::try_from).transpose()
    }

    async fn taken_from(
        &self,
        source: ContentSourceId,
        keys: Option<&[String]>,
    ) -> Result<Vec<Taken>, StoreError> {
        let mut rows = self.rows::<taken::Entity>().filter(taken::Column::SourceId.eq(source.0));
        if let Some(keys) = keys {
            rows = rows.filter(taken::Column::SourceKey.is_in(keys));
        }
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Taken::try_from).collect()
    }

    async fn contents_of(&self, ids: &[ContentId]) -> Result<Vec<Content>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(SLICE) {
            let ids = ids.iter().map(|id| id.0);
            let rows = self.rows::<content::Entity>().filter(content::Column::Id.is_in(ids));
            let rows = rows.all(self.connection()).await.map_err(failed)?;
            found.extend(rows.into_iter().map(Content::try_from).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(found)
    }
}

#[async_trait]
impl ContentSourceWrites for Db<DatabaseTransaction> {
    async fn insert_content_source(
        &self,
        now: DateTime<Utc>,
        source: &ContentSource,
    ) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(source.id.0),
            version: Set(source.version),
            created_at: Set(now),
            ..settings(source)
        })
        .await
    }

    async fn update_content_source(&self, source: &ContentSource) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel { version: Set(source.version + 1), ..settings(source) })
            .filter(Column::Id.eq(source.id.0))
            .filter(Column::Version.eq(source.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn hold_content_source(&self, id: ContentSourceId) -> Result<Option<ContentSource>, StoreError> {
        let mut row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?.map(ContentSource::try_from).transpose()
    }

    async fn refresh_content_source(&self, source: &ContentSource) -> Result<(), StoreError> {
        let (failed_at, failure) = source.failed.unzip();
        let faults = source.faults.iter().map(|fault| (&fault.pointer, fault.code.to_string()));
        let faults: Vec<_> = faults.collect();
        let result = self
            .update::<Entity>()
            .col_expr(Column::Etag, Expr::val(source.mark.etag.clone()))
            .col_expr(Column::Modified, Expr::val(source.mark.modified.clone()))
            .col_expr(Column::AskedAt, Expr::val(source.asked_at))
            .col_expr(Column::ReadAt, Expr::val(source.read_at))
            .col_expr(Column::FailedAt, Expr::val(failed_at))
            .col_expr(Column::Failure, Expr::val(failure.map(|code| code.to_string())))
            .col_expr(Column::Faults, Expr::val(json(&faults)?))
            .filter(Column::Id.eq(source.id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_content_source(&self, id: ContentSourceId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn put_contents(&self, contents: &[Content]) -> Result<(), StoreError> {
        use content::Column;
        let municipality = self.municipality()?;
        let over = OnConflict::columns([Column::MunicipalityId, Column::Id])
            .update_columns([
                Column::State,
                Column::TopicId,
                Column::AreaId,
                Column::DepartmentId,
                Column::Sheet,
                Column::PublishedAt,
                Column::Changed,
                Column::Version,
                Column::UpdatedAt,
            ])
            .to_owned();
        for slice in contents.chunks(SLICE) {
            let rows = slice.iter().map(|content| content::whole(municipality, content));
            content::Entity::insert_many(rows.collect::<Result<Vec<_>, _>>()?)
                .on_conflict(over.clone())
                .exec_without_returning(self.connection())
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn put_taken(&self, source: ContentSourceId, taken: &[Taken]) -> Result<(), StoreError> {
        use taken::Column;
        let municipality = self.municipality()?.0;
        let over = OnConflict::columns([Column::MunicipalityId, Column::SourceId, Column::SourceKey])
            .update_columns([Column::ContentId, Column::Sheet])
            .to_owned();
        for slice in taken.chunks(SLICE) {
            let row = |taken: &Taken| {
                Ok(taken::ActiveModel {
                    municipality_id: Set(municipality),
                    source_id: Set(source.0),
                    source_key: Set(taken.key.clone()),
                    content_id: Set(taken.content.0),
                    sheet: Set(json(&taken.sheet)?),
                })
            };
            taken::Entity::insert_many(slice.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?)
                .on_conflict(over.clone())
                .exec_without_returning(self.connection())
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    async fn forget_taken(&self, source: ContentSourceId, keys: &[String]) -> Result<(), StoreError> {
        for keys in keys.chunks(SLICE) {
            let rows = self.delete::<taken::Entity>().filter(taken::Column::SourceId.eq(source.0));
            let rows = rows.filter(taken::Column::SourceKey.is_in(keys));
            rows.exec(self.connection()).await.map_err(failed)?;
        }
        Ok(())
    }
}
