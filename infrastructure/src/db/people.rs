//! People and their ties to municipalities.

use async_trait::async_trait;
use domain::{
    StoreError,
    citizens::{
        Person,
        port::{PeopleReads, PeopleWrites},
    },
    ids::{MunicipalityId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, QueryOrder, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use super::{Db, corrupt, dialect, failed, one_row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "people")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub locale: String,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Who is tied to which municipality.
pub mod follows {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "follows")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        pub role: String,
        pub created_at: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The role of a tie that came about by filing a complaint.
const GUEST: &str = "guest";

fn person(row: Model) -> Result<Person, StoreError> {
    Ok(Person {
        id: PersonId(row.id),
        kind: row.kind.parse().map_err(|_| corrupt("people.kind"))?,
        locale: row.locale.parse().map_err(|_| corrupt("people.locale"))?,
        version: row.version,
        created_at: row.created_at,
    })
}

#[async_trait]
impl<C: ConnectionTrait + Send> PeopleReads for Db<C> {
    async fn person(&self, id: PersonId) -> Result<Option<Person>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await;
        row.map_err(failed)?.map(person).transpose()
    }

    async fn followed(&self, id: PersonId) -> Result<Vec<MunicipalityId>, StoreError> {
        let rows = self
            .rows::<follows::Entity>()
            .filter(follows::Column::PersonId.eq(id.0))
            .order_by_asc(follows::Column::CreatedAt)
            .order_by_asc(follows::Column::MunicipalityId)
            .all(self.connection())
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(|row| MunicipalityId(row.municipality_id)).collect())
    }
}

impl Db<DatabaseTransaction> {
    async fn tie(&self, row: follows::Model) -> Result<(), StoreError> {
        let key = [follows::Column::PersonId, follows::Column::MunicipalityId];
        let there = OnConflict::columns(key).do_nothing().to_owned();
        let row = follows::ActiveModel {
            person_id: Set(row.person_id),
            municipality_id: Set(row.municipality_id),
            role: Set(row.role),
            created_at: Set(row.created_at),
        };
        self.insert_later(vec![row], Some(there)).await
    }
}

#[async_trait]
impl PeopleWrites for Db<DatabaseTransaction> {
    async fn insert_person(&self, person: &Person) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            id: Set(person.id.0),
            kind: Set(person.kind.to_string()),
            locale: Set(person.locale.to_string()),
            version: Set(person.version),
            created_at: Set(person.created_at),
        })
        .await
    }

    async fn update_person(&self, person: &Person) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .col_expr(Column::Kind, Expr::val(person.kind.to_string()))
            .col_expr(Column::Locale, Expr::val(person.locale.to_string()))
            .col_expr(Column::Version, Expr::val(person.version + 1))
            .filter(Column::Id.eq(person.id.0))
            .filter(Column::Version.eq(person.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn follow(
        &self,
        now: ChronoDateTimeUtc,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<(), StoreError> {
        self.tie(follows::Model {
            person_id: person.0,
            municipality_id: municipality.0,
            role: GUEST.to_owned(),
            created_at: now,
        })
        .await
    }

    async fn merge_person(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError> {
        self.hold_person(guest).await?;
        let ties = self.rows::<follows::Entity>().filter(follows::Column::PersonId.eq(guest.0));
        for tie in ties.all(self.connection()).await.map_err(failed)? {
            self.hand_over(MunicipalityId(tie.municipality_id), guest, into).await?;
            self.tie(follows::Model { person_id: into.0, ..tie }).await?;
        }
        self.move_devices(guest, into).await?;
        self.remove_person(guest).await
    }

    async fn erase_person(&self, now: ChronoDateTimeUtc, id: PersonId) -> Result<(), StoreError> {
        self.hold_person(id).await?;
        self.erase(now, id).await
    }
}

impl Db<DatabaseTransaction> {
    /// Waits for what is being filed in this person's name and lets nothing more begin: what is read
    /// from now on is everything that is theirs.
    async fn hold_person(&self, id: PersonId) -> Result<(), StoreError> {
        let mut row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?;
        Ok(())
    }

    /// Sessions, ties and devices go with the person.
    async fn remove_person(&self, id: PersonId) -> Result<(), StoreError> {
        self.delete::<Entity>().filter(Column::Id.eq(id.0)).exec(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}
