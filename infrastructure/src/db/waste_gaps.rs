//! Who was told that a waste calendar's dates are missing.

use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    ids::{PersonId, WasteCalendarId},
    waste::MissingDates,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, FromQueryResult,
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};

use super::{Db, corrupt, failed};

/// Rows of one statement: five values each, below SQLite's 32,766.
const SLICE: usize = 4_000;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waste_gaps_told")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub calendar_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub since_on: Date,
    pub told_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Db<DatabaseTransaction> {
    /// Writes down who is told of which gap. Answers those who were not told of it before.
    pub(super) async fn write_missing(
        &self,
        now: DateTime<Utc>,
        missing: &[MissingDates],
    ) -> Result<Vec<MissingDates>, StoreError> {
        let municipality = self.municipality()?.0;
        let key = [Column::MunicipalityId, Column::PersonId, Column::CalendarId, Column::SinceOn];
        let mut new = Vec::new();
        for slice in missing.chunks(SLICE) {
            let mut insert = Query::insert();
            insert.into_table(Entity).columns(key.into_iter().chain([Column::ToldAt]));
            for MissingDates { person, calendar, since } in slice {
                let row = [
                    Expr::val(municipality),
                    Expr::val(person.0),
                    Expr::val(calendar.0),
                    Expr::val(*since),
                    Expr::val(now),
                ];
                insert.values(row).map_err(|_| corrupt("columns and values differ in number"))?;
            }
            insert.on_conflict(OnConflict::columns(key).do_nothing().to_owned()).returning_all();
            for row in self.connection().query_all(&insert).await.map_err(failed)? {
                let row = Model::from_query_result(&row, "").map_err(failed)?;
                new.push(MissingDates {
                    person: PersonId(row.person_id),
                    calendar: WasteCalendarId(row.calendar_id),
                    since: row.since_on,
                });
            }
        }
        Ok(new)
    }

    /// Forgets what a person was told.
    pub(super) async fn forget_missing(&self, person: PersonId) -> Result<(), StoreError> {
        let theirs = self.delete::<Entity>().filter(Column::PersonId.eq(person.0));
        theirs.exec(self.connection()).await.map(drop).map_err(failed)
    }
}
