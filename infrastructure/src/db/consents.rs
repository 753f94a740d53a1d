//! The ledger of consents. The database refuses to change an entry.

use async_trait::async_trait;
use domain::{
    StoreError,
    consents::{
        By, Entry, TextVersion,
        port::{ConsentReads, ConsentWrites},
    },
    deliveries::Channel,
    ids::{ContactPointId, MunicipalityId, PersonId, StaffId},
    page::{Page, PageRequest, Position},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{Expr, Query},
};

use super::{Db, contacts, corrupt, failed, follows};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub channel: String,
    pub purpose: String,
    pub given: bool,
    pub text_version: String,
    pub at: ChronoDateTimeUtc,
    pub means: String,
    pub proof: Option<String>,
    pub by_kind: String,
    pub by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Entry {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let by = match (row.by_kind.as_str(), row.by_id) {
            ("person", _) => By::Person,
            ("proxy", Some(id)) => By::Proxy(PersonId(id)),
            ("staff", Some(id)) => By::Staff(StaffId(id)),
            ("system", _) => By::System,
            _ => return Err(corrupt("consents.by_kind")),
        };
        Ok(Self {
            channel: row.channel.parse().map_err(|_| corrupt("consents.channel"))?,
            purpose: row.purpose.parse().map_err(|_| corrupt("consents.purpose"))?,
            given: row.given,
            text_version: TextVersion::parse(&row.text_version)
                .map_err(|_| corrupt("consents.text_version"))?,
            at: row.at,
            means: row.means.parse().map_err(|_| corrupt("consents.means"))?,
            proof: row.proof,
            by,
        })
    }
}

/// Whose entry it is, as columns.
fn by(by: By) -> (&'static str, Option<Uuid>) {
    match by {
        By::Person => ("person", None),
        By::Proxy(id) => ("proxy", Some(id.0)),
        By::Staff(id) => ("staff", Some(id.0)),
        By::System => ("system", None),
    }
}

/// Entries are read in the order they were made.
fn position((number, _): &(u64, Entry)) -> Position {
    Position { key: format!("{number:020}"), id: Uuid::nil() }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ConsentReads for Db<C> {
    async fn consents(&self, person: PersonId, page: &PageRequest) -> Result<Page<(u64, Entry)>, StoreError> {
        let mut query = self.rows::<Entity>().filter(Column::PersonId.eq(person.0));
        if let Some(after) = &page.after {
            let number: i64 = after.key.parse().map_err(|_| corrupt("a position in the ledger"))?;
            query = query.filter(Column::Number.gt(number));
        }
        let rows = query
            .order_by_asc(Column::Number)
            .limit(page.limit + 1)
            .all(self.connection())
            .await
            .map_err(failed)?;
        let numbered = |row: Model| {
            let number = u64::try_from(row.number).map_err(|_| corrupt("consents.number"))?;
            Ok((number, Entry::try_from(row)?))
        };
        let rows = rows.into_iter().map(numbered).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page::cut(rows, page, position))
    }

    async fn reached_by(
        &self,
        contact_point: ContactPointId,
    ) -> Result<Vec<(PersonId, MunicipalityId)>, StoreError> {
        let people = Query::select()
            .column(contacts::Column::PersonId)
            .from(contacts::Entity)
            .and_where(Expr::col(contacts::Column::ContactPointId).eq(contact_point.0))
            .take();
        let rows = self
            .rows::<follows::Entity>()
            .filter(follows::Column::PersonId.in_subquery(people))
            .all(self.connection())
            .await
            .map_err(failed)?;
        Ok(rows
            .into_iter()
            .map(|row| (PersonId(row.person_id), MunicipalityId(row.municipality_id)))
            .collect())
    }

    async fn contact_point(
        &self,
        channel: Channel,
        address: &str,
    ) -> Result<Option<ContactPointId>, StoreError> {
        self.point_of(channel, address).await
    }
}

impl Db<DatabaseTransaction> {
    /// Adds entries after the last. Whoever writes holds the person's tie, so numbers follow each other.
    pub(super) async fn write_consents(
        &self,
        municipality: MunicipalityId,
        person: PersonId,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        let last = Query::select()
            .expr_as(Expr::col(Column::Number).max(), "last")
            .from(Entity)
            .and_where(Expr::col(Column::MunicipalityId).eq(municipality.0))
            .and_where(Expr::col(Column::PersonId).eq(person.0))
            .take();
        let last = self.connection().query_one(&last).await.map_err(failed)?;
        let last: Option<i64> = match last {
            Some(row) => row.try_get("", "last").map_err(failed)?,
            None => None,
        };
        let rows = (last.unwrap_or(0) + 1..).zip(entries).map(|(number, entry)| {
            let (by_kind, by_id) = by(entry.by);
            ActiveModel {
                municipality_id: Set(municipality.0),
                person_id: Set(person.0),
                number: Set(number),
                channel: Set(entry.channel.to_string()),
                purpose: Set(entry.purpose.to_string()),
                given: Set(entry.given),
                text_version: Set(entry.text_version.as_str().to_owned()),
                at: Set(entry.at),
                means: Set(entry.means.to_string()),
                proof: Set(entry.proof.clone()),
                by_kind: Set(by_kind.to_owned()),
                by_id: Set(by_id),
            }
        });
        let insert = Entity::insert_many(rows);
        insert.exec_without_returning(self.connection()).await.map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl ConsentWrites for Db<DatabaseTransaction> {
    async fn add_consents(&self, person: PersonId, entries: &[Entry]) -> Result<(), StoreError> {
        self.write_consents(self.municipality()?, person, entries).await
    }
}
