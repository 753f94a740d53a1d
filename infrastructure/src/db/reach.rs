//! How people are reached in a municipality.

use domain::{
    StoreError,
    deliveries::{Channel, Severity},
    follows::{Reach, Way, reach},
    ids::{ContactPointId, MunicipalityId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait,
    entity::prelude::*,
    sea_query::{Expr, OnConflict, Query},
};

use super::{Db, corrupt, failed, follows};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reach")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_point_id: Uuid,
    pub channel: String,
    pub position: i32,
    pub crisis: bool,
    pub important: bool,
    pub information: bool,
    pub notice: bool,
    pub active: bool,
    pub place: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The column that says whether a severity is wanted.
pub(super) fn wanted(severity: Severity) -> Column {
    match severity {
        Severity::Crisis => Column::Crisis,
        Severity::Important => Column::Important,
        Severity::Information => Column::Information,
        Severity::Notice => Column::Notice,
    }
}

/// Whether a row of the table, under this name, is the first in the order of its person's numbers on its channel:
/// none before it is in use. Without further numbers that is seen at once.
pub(super) fn is_first(name: &str) -> String {
    format!(
        "({name}.place = 0 OR NOT EXISTS (SELECT 1 FROM reach e WHERE e.municipality_id = {name}.municipality_id \
         AND e.person_id = {name}.person_id AND e.channel = {name}.channel AND e.place < {name}.place AND e.active))"
    )
}

impl Db<DatabaseTransaction> {
    /// Replaces how a person is reached. Names the municipality: this also happens in a transaction that
    /// goes through several of them.
    pub(super) async fn write_reach(
        &self,
        municipality: MunicipalityId,
        person: PersonId,
        rows: &[Reach],
    ) -> Result<(), StoreError> {
        let old = Query::delete()
            .from_table(Entity)
            .and_where(Expr::col(Column::MunicipalityId).eq(municipality.0))
            .and_where(Expr::col(Column::PersonId).eq(person.0))
            .take();
        self.connection().execute(&old).await.map_err(failed)?;
        self.add_reach(municipality, person, rows).await
    }

    /// Adds ways; those that are there stay as they are.
    async fn add_reach(
        &self,
        municipality: MunicipalityId,
        person: PersonId,
        rows: &[Reach],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::MunicipalityId,
            Column::PersonId,
            Column::ContactPointId,
            Column::Channel,
            Column::Position,
            Column::Crisis,
            Column::Important,
            Column::Information,
            Column::Notice,
            Column::Active,
            Column::Place,
        ]);
        for row in rows {
            let values = [
                Expr::val(municipality.0),
                Expr::val(person.0),
                Expr::val(row.way.contact_point.0),
                Expr::val(row.way.channel.to_string()),
                Expr::val(row.position),
                Expr::val(row.crisis),
                Expr::val(row.important),
                Expr::val(row.information),
                Expr::val(row.notice),
                Expr::val(row.active),
                Expr::val(row.way.place),
            ];
            insert.values(values).map_err(|_| corrupt("columns and values differ in number"))?;
        }
        let key = [Column::MunicipalityId, Column::PersonId, Column::ContactPointId];
        insert.on_conflict(OnConflict::columns(key).do_nothing().to_owned());
        self.connection().add(insert).await.map_err(failed)
    }

    /// Has a phone that is new reached wherever its person chose push messages.
    pub(super) async fn reach_phone(
        &self,
        person: PersonId,
        phone: ContactPointId,
    ) -> Result<(), StoreError> {
        let way = Way::first(phone, Channel::Push);
        for (municipality, follow) in self.ties_of(person).await? {
            let rows = reach::rows(&follow.channels, &[way], follow.agreed());
            if !rows.is_empty() {
                self.enter(municipality).await?;
                self.add_reach(municipality, person, &rows).await?;
            }
        }
        Ok(())
    }

    /// Reaches a person anew wherever they follow: their ways are others than before.
    pub(super) async fn write_reach_anew(&self, person: PersonId) -> Result<(), StoreError> {
        let ways = self.ways_of(person).await?;
        for (municipality, follow) in self.ties_of(person).await? {
            self.enter(municipality).await?;
            let rows = reach::rows(&follow.channels, &ways, follow.agreed());
            self.write_reach(municipality, person, &rows).await?;
        }
        Ok(())
    }

    /// What a person chose or was asked, wherever.
    async fn ties_of(
        &self,
        person: PersonId,
    ) -> Result<Vec<(MunicipalityId, domain::follows::Follow)>, StoreError> {
        let rows = self.rows::<follows::Entity>().filter(follows::Column::PersonId.eq(person.0));
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        let tie = |row: follows::Model| {
            let municipality = MunicipalityId(row.municipality_id);
            follows::follow(row).map(|follow| follow.map(|follow| (municipality, follow)))
        };
        rows.into_iter().filter_map(|row| tie(row).transpose()).collect()
    }
}
