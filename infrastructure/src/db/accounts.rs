//! Accounts: the sign-ins of citizens and of staff, with the passwords of the latter.

use async_trait::async_trait;
use domain::{
    StoreError,
    citizens::{
        Account,
        port::{AccountReads, AccountWrites},
    },
    ids::{AccountId, PersonId},
    phone::Phone,
    text::{EmailAddress, Name},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{Db, corrupt, failed, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Option<Uuid>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub name: Option<String>,
    pub disabled_at: Option<ChronoDateTimeUtc>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an account proves itself with.
pub mod credentials {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "credentials")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        pub secret: String,
        pub updated_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The password for the staff's side.
const PASSWORD: &str = "password";
/// The password as a citizen.
const CITIZEN_PASSWORD: &str = "citizen_password";

fn account(row: Model) -> Result<Account, StoreError> {
    let email = row.email.map(|email| EmailAddress::parse(&email)).transpose();
    let phone = row.phone.map(Phone::stored).transpose();
    let name = row.name.map(Name::parse).transpose();
    Ok(Account {
        id: AccountId(row.id),
        person: row.person_id.map(PersonId),
        email: email.map_err(|_| corrupt("accounts.email"))?,
        phone: phone.map_err(|_| corrupt("accounts.phone"))?,
        name: name.map_err(|_| corrupt("accounts.name"))?,
        disabled_at: row.disabled_at,
        version: row.version,
        created_at: row.created_at,
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> AccountReads for Db<C> {
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await;
        row.map_err(failed)?.map(account).transpose()
    }

    async fn account_of_email(&self, email: &EmailAddress) -> Result<Option<Account>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Email.eq(email.as_str())).one(self.connection()).await;
        row.map_err(failed)?.map(account).transpose()
    }

    async fn account_of_phone(&self, phone: &Phone) -> Result<Option<Account>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Phone.eq(phone.as_str())).one(self.connection()).await;
        row.map_err(failed)?.map(account).transpose()
    }

    async fn password_hash(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        self.secret(account, PASSWORD).await
    }

    async fn citizen_password_hash(&self, account: AccountId) -> Result<Option<String>, StoreError> {
        self.secret(account, CITIZEN_PASSWORD).await
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    async fn secret(&self, account: AccountId, kind: &str) -> Result<Option<String>, StoreError> {
        let row = self
            .rows::<credentials::Entity>()
            .filter(credentials::Column::AccountId.eq(account.0))
            .filter(credentials::Column::Kind.eq(kind))
            .one(self.connection())
            .await
            .map_err(failed)?;
        Ok(row.map(|row| row.secret))
    }
}

impl Db<DatabaseTransaction> {
    async fn keep_secret(
        &self,
        now: ChronoDateTimeUtc,
        account: AccountId,
        (kind, secret): (&str, &str),
    ) -> Result<(), StoreError> {
        let newer = OnConflict::columns([credentials::Column::AccountId, credentials::Column::Kind])
            .update_columns([credentials::Column::Secret, credentials::Column::UpdatedAt])
            .to_owned();
        credentials::Entity::insert(credentials::ActiveModel {
            account_id: Set(account.0),
            kind: Set(kind.to_owned()),
            secret: Set(secret.to_owned()),
            updated_at: Set(now),
        })
        .on_conflict(newer)
        .exec_without_returning(self.connection())
        .await
        .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl AccountWrites for Db<DatabaseTransaction> {
    async fn insert_account(&self, account: &Account) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(account.id.0),
            person_id: Set(account.person.map(|person| person.0)),
            email: Set(account.email.clone().map(String::from)),
            phone: Set(account.phone.clone().map(String::from)),
            name: Set(account.name.clone().map(String::from)),
            disabled_at: Set(account.disabled_at),
            version: Set(account.version),
            created_at: Set(account.created_at),
        })
        .await
    }

    async fn update_account(&self, account: &Account) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::PersonId, Expr::val(account.person.map(|person| person.0)))
            .col_expr(Column::Email, Expr::val(account.email.clone().map(String::from)))
            .col_expr(Column::Phone, Expr::val(account.phone.clone().map(String::from)))
            .col_expr(Column::Name, Expr::val(account.name.clone().map(String::from)))
            .col_expr(Column::DisabledAt, Expr::val(account.disabled_at))
            .col_expr(Column::Version, Expr::val(account.version + 1))
            .filter(Column::Id.eq(account.id.0))
            .filter(Column::Version.eq(account.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_account(&self, id: AccountId) -> Result<(), StoreError> {
        self.delete::<Entity>().filter(Column::Id.eq(id.0)).exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }

    async fn set_password_hash(
        &self,
        now: ChronoDateTimeUtc,
        account: AccountId,
        hash: &str,
    ) -> Result<(), StoreError> {
        self.keep_secret(now, account, (PASSWORD, hash)).await
    }

    async fn forget_passwords(&self, account: AccountId) -> Result<(), StoreError> {
        self.delete::<credentials::Entity>()
            .filter(credentials::Column::AccountId.eq(account.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn set_citizen_password_hash(
        &self,
        now: ChronoDateTimeUtc,
        account: AccountId,
        hash: Option<&str>,
    ) -> Result<(), StoreError> {
        if let Some(hash) = hash {
            return self.keep_secret(now, account, (CITIZEN_PASSWORD, hash)).await;
        }
        self.delete::<credentials::Entity>()
            .filter(credentials::Column::AccountId.eq(account.0))
            .filter(credentials::Column::Kind.eq(CITIZEN_PASSWORD))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
