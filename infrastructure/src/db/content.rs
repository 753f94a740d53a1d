//! Content, and what is remembered of removed content.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::Attachments,
    content::{
        Content, ContentFile, Kind, Named, Removal, Sheet, State,
        port::{ContentReads, ContentWrites},
    },
    ids::{ContentFileId, ContentId, MunicipalityId},
    page::{Page, PageRequest, Position},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Condition, ExprTrait},
};

use super::{
    Db, broadcasts, content_files, corrupt, failed,
    municipalities::{self, json},
    one_deleted, one_row,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub state: String,
    pub topic_id: Option<Uuid>,
    pub area_id: Option<Uuid>,
    pub department_id: Option<Uuid>,
    pub sheet: Json,
    pub published_at: Option<ChronoDateTimeUtc>,
    pub changed: i64,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was public and is gone for good.
pub mod removals {
    use super::{DeriveEntityModel, DeriveRelation, EnumIter};
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "content_removals")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub kind: String,
        pub changed: i64,
        pub removed_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<Model> for Content {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContentId(row.id),
            kind: row.kind.parse().map_err(|_| corrupt("contents.kind"))?,
            state: row.state.parse().map_err(|_| corrupt("contents.state"))?,
            sheet: serde_json::from_value(row.sheet).map_err(|_| corrupt("contents.sheet"))?,
            published_at: row.published_at,
            changed: row.changed,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// What changes of a piece with each change.
fn row(content: &Content, version: i64) -> Result<ActiveModel, StoreError> {
    let sheet = &content.sheet;
    Ok(ActiveModel {
        state: Set(content.state.to_string()),
        topic_id: Set(sheet.topic.map(Uuid::from)),
        area_id: Set(sheet.area.map(Uuid::from)),
        department_id: Set(sheet.office.map(Uuid::from)),
        sheet: Set(json(sheet)?),
        published_at: Set(content.published_at),
        changed: Set(content.changed),
        version: Set(version),
        updated_at: Set(content.updated_at),
        ..Default::default()
    })
}

/// All of a piece.
pub(super) fn whole(municipality: MunicipalityId, content: &Content) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        municipality_id: Set(municipality.0),
        id: Set(content.id.0),
        kind: Set(content.kind.to_string()),
        created_at: Set(content.created_at),
        ..row(content, content.version)?
    })
}

fn removal(id: Uuid, kind: &str, changed: i64) -> Result<Removal, StoreError> {
    Ok(Removal { id: ContentId(id), kind: kind.parse().map_err(|_| corrupt("a kind of content"))?, changed })
}

#[async_trait]
impl<C: ConnectionTrait + Send> ContentReads for Db<C> {
    async fn content(&self, id: ContentId) -> Result<Option<Content>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Content::try_from).transpose()
    }

    async fn contents(
        &self,
        kind: Option<Kind>,
        state: Option<State>,
        page: &PageRequest,
    ) -> Result<Page<Content>, StoreError> {
        let mut query = self.rows::<Entity>();
        if let Some(kind) = kind {
            query = query.filter(Column::Kind.eq(kind.to_string()));
        }
        if let Some(state) = state {
            query = query.filter(Column::State.eq(state.to_string()));
        }
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.id));
        }
        // Identifiers begin with the moment they were made.
        let rows = query.order_by_desc(Column::Id).limit(page.limit + 1);
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        let contents = rows.into_iter().map(Content::try_from).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(contents, page, |content| Position { key: String::new(), id: content.id.0 }))
    }

    async fn published_contents(&self) -> Result<Vec<Content>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::State.eq(State::Published.to_string()));
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Content::try_from).collect()
    }

    async fn live_contents(&self) -> Result<u64, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::State.ne(State::Archived.to_string()));
        rows.count(self.connection()).await.map_err(failed)
    }

    async fn withdrawn_contents(&self, since: DateTime<Utc>) -> Result<Vec<Removal>, StoreError> {
        let withdrawn: Vec<(Uuid, String, i64)> = self
            .rows::<Entity>()
            .select_only()
            .columns([Column::Id, Column::Kind, Column::Changed])
            .filter(Column::State.ne(State::Published.to_string()))
            .filter(Column::PublishedAt.is_not_null())
            .filter(Column::UpdatedAt.gt(since))
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let gone = self.rows::<removals::Entity>().filter(removals::Column::RemovedAt.gt(since));
        let gone = gone.all(self.connection()).await.map_err(failed)?;
        let gone = gone.iter().map(|row| removal(row.id, &row.kind, row.changed));
        withdrawn.iter().map(|(id, kind, changed)| removal(*id, kind, *changed)).chain(gone).collect()
    }

    async fn content_files(&self) -> Result<Vec<ContentFile>, StoreError> {
        let rows = self.rows::<content_files::Entity>().all(self.connection()).await.map_err(failed)?;
        rows.into_iter().map(ContentFile::try_from).collect()
    }

    async fn named_files(&self) -> Result<Vec<ContentFileId>, StoreError> {
        let sheets = self.rows::<Entity>().select_only().column(Column::Sheet).into_tuple();
        let sheets: Vec<Json> = sheets.all(self.connection()).await.map_err(failed)?;
        let mut named = Vec::new();
        for sheet in sheets {
            let sheet: Sheet = serde_json::from_value(sheet).map_err(|_| corrupt("contents.sheet"))?;
            named.extend(sheet.files().into_iter().map(|(id, ..)| id));
        }
        named.extend(self.attached(Condition::all()).await?);
        Ok(named)
    }

    async fn told_files(&self) -> Result<Vec<ContentFileId>, StoreError> {
        use broadcasts::Column;
        let shown = Condition::all().add(Column::SendingAt.is_not_null()).add(Column::Drill.eq(false));
        self.attached(shown).await
    }

    async fn content_files_of(&self, ids: &[ContentFileId]) -> Result<Vec<ContentFile>, StoreError> {
        let ids = ids.iter().map(|id| id.0);
        let rows = self.rows::<content_files::Entity>().filter(content_files::Column::Id.is_in(ids));
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(ContentFile::try_from).collect()
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// The files of these broadcasts.
    async fn attached(&self, which: Condition) -> Result<Vec<ContentFileId>, StoreError> {
        use broadcasts::Column;
        let rows = self.rows::<broadcasts::Entity>().select_only().column(Column::Attachments);
        let rows = rows.filter(Column::Attachments.is_not_null()).filter(which).into_tuple::<Json>();
        let mut named = Vec::new();
        for row in rows.all(self.connection()).await.map_err(failed)? {
            let attachments: Attachments =
                serde_json::from_value(row).map_err(|_| corrupt("broadcasts.attachments"))?;
            named.extend(attachments.files().into_iter().map(|(id, ..)| id));
        }
        Ok(named)
    }
}

#[async_trait]
impl ContentWrites for Db<DatabaseTransaction> {
    async fn count_content_change(&self) -> Result<i64, StoreError> {
        let town = self.municipality()?.0;
        let counted = self
            .update::<municipalities::Entity>()
            .col_expr(
                municipalities::Column::ContentVersion,
                Expr::col(municipalities::Column::ContentVersion).add(1),
            )
            .filter(municipalities::Column::Id.eq(town))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&counted)?;
        self.change.note();
        let number = self
            .rows::<municipalities::Entity>()
            .select_only()
            .column(municipalities::Column::ContentVersion)
            .filter(municipalities::Column::Id.eq(town))
            .into_tuple()
            .one(self.connection())
            .await
            .map_err(failed)?;
        number.ok_or(corrupt("a municipality that is not there"))
    }

    async fn insert_content(&self, content: &Content) -> Result<(), StoreError> {
        self.insert(whole(self.municipality()?, content)?).await
    }

    async fn update_content(&self, content: &Content) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(row(content, content.version + 1)?)
            .filter(Column::Id.eq(content.id.0))
            .filter(Column::Version.eq(content.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn renumber_contents(&self, named: Named, changed: i64) -> Result<(), StoreError> {
        let naming = match named {
            Named::Area(id) => Column::AreaId.eq(id.0),
            Named::Office(id) => Column::DepartmentId.eq(id.0),
        };
        self.update::<Entity>()
            .col_expr(Column::Changed, Expr::val(changed))
            .filter(Column::State.eq(State::Published.to_string()))
            .filter(naming)
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn delete_content(&self, id: ContentId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn insert_removal(
        &self,
        now: DateTime<Utc>,
        removal: &Removal,
        forgotten: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let old = self.delete::<removals::Entity>().filter(removals::Column::RemovedAt.lt(forgotten));
        old.exec(self.connection()).await.map_err(failed)?;
        self.insert(removals::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(removal.id.0),
            kind: Set(removal.kind.to_string()),
            changed: Set(removal.changed),
            removed_at: Set(now),
        })
        .await
    }

    async fn insert_content_file(&self, file: &ContentFile) -> Result<(), StoreError> {
        self.insert(content_files::row(self.municipality()?.0, file)).await
    }

    async fn delete_content_files(&self, ids: &[ContentFileId]) -> Result<(), StoreError> {
        let ids = ids.iter().map(|id| id.0);
        let rows = self.delete::<content_files::Entity>().filter(content_files::Column::Id.is_in(ids));
        rows.exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
