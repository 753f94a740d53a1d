//! Templates of broadcasts, each with all its versions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    broadcasts::{
        Template, TemplateBody,
        port::{TemplateReads, TemplateWrites},
    },
    ids::{BroadcastTemplateId, StaffId},
    text::Name,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, municipalities::json, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcast_templates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub body: Json,
    pub version: i64,
    pub changed_at: ChronoDateTimeUtc,
    pub removed_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Every version a template ever had.
pub mod versions {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "broadcast_template_versions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub template_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub name: String,
        pub body: Json,
        pub changed_by: Uuid,
        pub changed_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn template(
    (id, version): (Uuid, i64),
    (name, body): (String, Json),
    changed_at: DateTime<Utc>,
) -> Result<Template, StoreError> {
    let body: TemplateBody = serde_json::from_value(body).map_err(|_| corrupt("broadcast_templates.body"))?;
    Ok(Template {
        id: BroadcastTemplateId(id),
        name: Name::parse(name).map_err(|_| corrupt("broadcast_templates.name"))?,
        body,
        version,
        changed_at,
    })
}

impl TryFrom<Model> for Template {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        template((row.id, row.version), (row.name, row.body), row.changed_at)
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> TemplateReads for Db<C> {
    async fn templates(&self) -> Result<Vec<Template>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::RemovedAt.is_null());
        let rows = rows.order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Template::try_from).collect()
    }

    async fn template(
        &self,
        id: BroadcastTemplateId,
        version: Option<i64>,
    ) -> Result<Option<Template>, StoreError> {
        if let Some(version) = version {
            use versions::Column;
            let row = self
                .rows::<versions::Entity>()
                .filter(Column::TemplateId.eq(id.0))
                .filter(Column::Version.eq(version));
            let row = row.one(self.connection()).await.map_err(failed)?;
            let read = |row: versions::Model| {
                template((row.template_id, row.version), (row.name, row.body), row.changed_at)
            };
            return row.map(read).transpose();
        }
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::RemovedAt.is_null());
        row.one(self.connection()).await.map_err(failed)?.map(Template::try_from).transpose()
    }
}

impl Db<DatabaseTransaction> {
    async fn keep_version(&self, by: StaffId, template: &Template, version: i64) -> Result<(), StoreError> {
        self.insert(versions::ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            template_id: Set(template.id.0),
            version: Set(version),
            name: Set(template.name.to_string()),
            body: Set(json(&template.body)?),
            changed_by: Set(by.0),
            changed_at: Set(template.changed_at),
        })
        .await
    }
}

#[async_trait]
impl TemplateWrites for Db<DatabaseTransaction> {
    async fn insert_template(&self, by: StaffId, template: &Template) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(template.id.0),
            name: Set(template.name.to_string()),
            body: Set(json(&template.body)?),
            version: Set(template.version),
            changed_at: Set(template.changed_at),
            removed_at: Set(None),
        })
        .await?;
        self.keep_version(by, template, template.version).await
    }

    async fn update_template(&self, by: StaffId, template: &Template) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                name: Set(template.name.to_string()),
                body: Set(json(&template.body)?),
                version: Set(template.version + 1),
                changed_at: Set(template.changed_at),
                ..Default::default()
            })
            .filter(Column::Id.eq(template.id.0))
            .filter(Column::Version.eq(template.version))
            .filter(Column::RemovedAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)?;
        self.keep_version(by, template, template.version + 1).await
    }

    async fn remove_template(
        &self,
        now: DateTime<Utc>,
        id: BroadcastTemplateId,
        version: i64,
    ) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::RemovedAt, Expr::val(now))
            .filter(Column::Id.eq(id.0))
            .filter(Column::Version.eq(version))
            .filter(Column::RemovedAt.is_null())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }
}
