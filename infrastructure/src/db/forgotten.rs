//! What is still to be done for those who were erased: their pictures' files, and a note outside the
//! database that a restored backup finds.

use domain::{
    StoreError,
    ids::{MunicipalityId, PersonId, PhotoId},
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QuerySelect, entity::prelude::*, sea_query::Expr};

use super::{Db, failed, people};

/// Rows looked at once.
const SLICE: u64 = 500;

/// People who were erased.
pub mod erasures {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "erasures")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub erased_at: ChronoDateTimeUtc,
        pub noted: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Pictures whose files are still to go.
pub mod removals {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "photo_removals")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub photo_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Some pictures whose files are still to go.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn photo_removals(&self) -> Result<Vec<(MunicipalityId, PhotoId)>, StoreError> {
        let rows = self.rows::<removals::Entity>().limit(SLICE).all(self.connection()).await;
        let rows = rows.map_err(failed)?.into_iter();
        Ok(rows.map(|row| (MunicipalityId(row.municipality_id), PhotoId(row.photo_id))).collect())
    }

    /// Some people whose erasure is not noted outside the database yet.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn unnoted_erasures(&self) -> Result<Vec<PersonId>, StoreError> {
        let rows = self
            .rows::<erasures::Entity>()
            .filter(erasures::Column::Noted.eq(false))
            .limit(SLICE)
            .all(self.connection())
            .await;
        Ok(rows.map_err(failed)?.into_iter().map(|row| PersonId(row.person_id)).collect())
    }

    /// Everybody who was erased.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn all_erasures(&self) -> Result<Vec<PersonId>, StoreError> {
        let rows = self.rows::<erasures::Entity>().all(self.connection()).await;
        Ok(rows.map_err(failed)?.into_iter().map(|row| PersonId(row.person_id)).collect())
    }

    /// Which of these people are here.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn still_here(&self, people: &[PersonId]) -> Result<Vec<PersonId>, StoreError> {
        let mut here = Vec::new();
        for slice in people.chunks(usize::try_from(SLICE).unwrap_or(1)) {
            let rows: Vec<Uuid> = self
                .rows::<people::Entity>()
                .select_only()
                .column(people::Column::Id)
                .filter(people::Column::Id.is_in(slice.iter().map(|person| person.0)))
                .into_tuple()
                .all(self.connection())
                .await
                .map_err(failed)?;
            here.extend(rows.into_iter().map(PersonId));
        }
        Ok(here)
    }
}

impl Db<DatabaseTransaction> {
    /// The files of a picture are gone.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn photo_removed(&self, town: MunicipalityId, photo: PhotoId) -> Result<(), StoreError> {
        self.delete::<removals::Entity>()
            .filter(removals::Column::MunicipalityId.eq(town.0))
            .filter(removals::Column::PhotoId.eq(photo.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// These erasures are noted outside the database.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn erasures_noted(&self, people: &[PersonId]) -> Result<(), StoreError> {
        self.update::<erasures::Entity>()
            .col_expr(erasures::Column::Noted, Expr::val(true))
            .filter(erasures::Column::PersonId.is_in(people.iter().map(|person| person.0)))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
