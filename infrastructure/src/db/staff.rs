//! Staff of one town hall, with the account each signs in with.

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError,
    ids::{AccountId, CategoryId, DepartmentId, StaffId},
    staff::{
        Member,
        port::{StaffReads, StaffWrites},
    },
    text::{EmailAddress, Name},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryOrder, Set, entity::prelude::*, sea_query::Expr};

use super::{Db, accounts, corrupt, dialect, failed, one_deleted, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: String,
    pub role: String,
    pub active: bool,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub last_used_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which departments somebody works in.
pub mod departments {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_departments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub department_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which kinds of complaints somebody is limited to.
pub mod categories {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_categories")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub category_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Fills in address, departments and kinds of complaints of some members with one query each.
    async fn members(&self, rows: Vec<Model>) -> Result<Vec<Member>, StoreError> {
        let account_ids = rows.iter().map(|row| row.account_id);
        let accounts = self
            .rows::<accounts::Entity>()
            .filter(accounts::Column::Id.is_in(account_ids))
            .all(self.connection())
            .await
            .map_err(failed)?;
        let emails: HashMap<Uuid, Option<String>> =
            accounts.into_iter().map(|row| (row.id, row.email)).collect();
        let mut serves: HashMap<Uuid, Vec<DepartmentId>> = HashMap::new();
        for row in self
            .rows::<departments::Entity>()
            .filter(departments::Column::StaffId.is_in(rows.iter().map(|row| row.id)))
            .all(self.connection())
            .await
            .map_err(failed)?
        {
            serves.entry(row.staff_id).or_default().push(DepartmentId(row.department_id));
        }
        let mut limits: HashMap<Uuid, Vec<CategoryId>> = HashMap::new();
        for row in self
            .rows::<categories::Entity>()
            .filter(categories::Column::StaffId.is_in(rows.iter().map(|row| row.id)))
            .all(self.connection())
            .await
            .map_err(failed)?
        {
            limits.entry(row.staff_id).or_default().push(CategoryId(row.category_id));
        }
        rows.into_iter()
            .map(|row| {
                let email = emails.get(&row.account_id).cloned().flatten();
                Ok(Member {
                    id: StaffId(row.id),
                    account: AccountId(row.account_id),
                    name: Name::parse(row.name).map_err(|_| corrupt("staff.name"))?,
                    email: email
                        .and_then(|email| EmailAddress::parse(&email).ok())
                        .ok_or(corrupt("a member of staff without an e-mail address"))?,
                    role: row.role.parse().map_err(|_| corrupt("staff.role"))?,
                    departments: serves.remove(&row.id).unwrap_or_default(),
                    categories: limits.remove(&row.id).unwrap_or_default(),
                    active: row.active,
                    last_used_at: row.last_used_at,
                    version: row.version,
                })
            })
            .collect()
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> StaffReads for Db<C> {
    async fn staff(&self) -> Result<Vec<Member>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        self.members(rows.all(self.connection()).await.map_err(failed)?).await
    }

    async fn member(&self, id: StaffId) -> Result<Option<Member>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        Ok(self.members(rows.all(self.connection()).await.map_err(failed)?).await?.pop())
    }

    async fn member_of_account(&self, account: AccountId) -> Result<Option<Member>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::AccountId.eq(account.0));
        Ok(self.members(rows.all(self.connection()).await.map_err(failed)?).await?.pop())
    }
}

impl Db<DatabaseTransaction> {
    async fn set_limits(&self, member: &Member) -> Result<(), StoreError> {
        self.set_departments(member).await?;
        self.delete::<categories::Entity>()
            .filter(categories::Column::StaffId.eq(member.id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        for category in &member.categories {
            self.insert(categories::ActiveModel {
                municipality_id: Set(self.municipality()?.0),
                staff_id: Set(member.id.0),
                category_id: Set(category.0),
            })
            .await?;
        }
        Ok(())
    }

    async fn set_departments(&self, member: &Member) -> Result<(), StoreError> {
        self.delete::<departments::Entity>()
            .filter(departments::Column::StaffId.eq(member.id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        for department in &member.departments {
            self.insert(departments::ActiveModel {
                municipality_id: Set(self.municipality()?.0),
                staff_id: Set(member.id.0),
                department_id: Set(department.0),
            })
            .await?;
        }
        Ok(())
    }
}

#[async_trait]
impl StaffWrites for Db<DatabaseTransaction> {
    async fn insert_member(&self, now: ChronoDateTimeUtc, member: &Member) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(member.id.0),
            account_id: Set(member.account.0),
            name: Set(member.name.to_string()),
            role: Set(member.role.to_string()),
            active: Set(member.active),
            version: Set(member.version),
            created_at: Set(now),
            last_used_at: Set(member.last_used_at),
        })
        .await?;
        self.set_limits(member).await
    }

    async fn update_member(&self, member: &Member) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::Name, Expr::val(member.name.as_str()))
            .col_expr(Column::Role, Expr::val(member.role.to_string()))
            .col_expr(Column::Active, Expr::val(member.active))
            .col_expr(Column::Version, Expr::val(member.version + 1))
            .filter(Column::Id.eq(member.id.0))
            .filter(Column::Version.eq(member.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)?;
        self.set_limits(member).await
    }

    async fn note_member_use(&self, now: ChronoDateTimeUtc, id: StaffId) -> Result<(), StoreError> {
        self.update::<Entity>()
            .col_expr(Column::LastUsedAt, Expr::val(now))
            .filter(Column::Id.eq(id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn works_elsewhere(&self, account: AccountId) -> Result<bool, StoreError> {
        let here = self.municipality()?;
        let [account, own] = [account.0, here.0].map(|id| dialect::uuid_literal(self.backend(), id));
        let sql = format!(
            "SELECT 1 AS there FROM staff WHERE account_id = {account} AND municipality_id <> {own} AND active"
        );
        let mut found = false;
        // Town hall by town hall where the database keeps them apart: somebody leaves seldom.
        for town in self.passes(None).await? {
            if let Some(town) = town {
                self.enter(town).await?;
            }
            found = !self.query(sql.clone()).await?.is_empty();
            if found {
                break;
            }
        }
        self.enter(here).await?;
        Ok(found)
    }

    async fn delete_member(&self, id: StaffId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }
}
