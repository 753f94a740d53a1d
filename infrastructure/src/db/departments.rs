//! Departments.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::DepartmentId,
    municipalities::{
        Department,
        port::{DepartmentReads, DepartmentWrites},
    },
    text::{EmailAddress, Name},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*};

use super::{Db, corrupt, failed, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "departments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub email: Option<String>,
    pub lead_email: Option<String>,
    pub is_default: bool,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Department {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let mailbox = |address: Option<String>| {
            address
                .map(|address| EmailAddress::parse(&address))
                .transpose()
                .map_err(|_| corrupt("departments.email"))
        };
        Ok(Self {
            id: DepartmentId(row.id),
            name: Name::parse(row.name).map_err(|_| corrupt("departments.name"))?,
            email: mailbox(row.email)?,
            lead_email: mailbox(row.lead_email)?,
            is_default: row.is_default,
            version: row.version,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> DepartmentReads for Db<C> {
    async fn departments(&self) -> Result<Vec<Department>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Department::try_from).collect()
    }

    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(Department::try_from).transpose()
    }

    async fn default_department(&self) -> Result<Department, StoreError> {
        let row = self.rows::<Entity>().filter(Column::IsDefault.eq(true));
        row.one(self.connection())
            .await
            .map_err(failed)?
            .ok_or(corrupt("a municipality without a default department"))?
            .try_into()
    }
}

#[async_trait]
impl DepartmentWrites for Db<DatabaseTransaction> {
    async fn insert_department(&self, now: DateTime<Utc>, department: &Department) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(department.id.0),
            name: Set(department.name.to_string()),
            email: Set(department.email.clone().map(String::from)),
            lead_email: Set(department.lead_email.clone().map(String::from)),
            is_default: Set(department.is_default),
            version: Set(department.version),
            created_at: Set(now),
        })
        .await
    }

    async fn update_department(&self, department: &Department) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                name: Set(department.name.to_string()),
                email: Set(department.email.clone().map(String::from)),
                lead_email: Set(department.lead_email.clone().map(String::from)),
                is_default: Set(department.is_default),
                version: Set(department.version + 1),
                ..Default::default()
            })
            .filter(Column::Id.eq(department.id.0))
            .filter(Column::Version.eq(department.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_department(&self, id: DepartmentId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
