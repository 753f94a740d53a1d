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
    ConnectionTrait, DatabaseTransaction, QueryOrder, QueryTrait, Set, entity::prelude::*, sea_query::Expr,
};

use super::{Db, corrupt, dialect, failed, follows, one_row};

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
        self.tie_bare(now, person, municipality).await
    }

    async fn merge_person(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError> {
        self.hold_person(guest).await?;
        let ties = self.rows::<follows::Entity>().filter(follows::Column::PersonId.eq(guest.0));
        let ties = ties.all(self.connection()).await.map_err(failed)?;
        let towns: Vec<_> = ties.iter().map(|tie| MunicipalityId(tie.municipality_id)).collect();
        for (municipality, tie) in towns.iter().zip(ties) {
            self.hand_over(*municipality, guest, into).await?;
            self.merge_follow(tie, into).await?;
        }
        self.move_devices(guest, into).await?;
        self.move_contacts(guest, into).await?;
        self.write_reach_anew(into).await?;
        self.remove_person(guest).await?;
        for municipality in towns {
            self.forget_consents(municipality, guest).await?;
        }
        Ok(())
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
