//! Mailboxes and telephones of people. One may be several people's: a household has one number.

use chrono::{DateTime, Utc};
use domain::{
    Locale, StoreError,
    deliveries::Channel,
    follows::Way,
    ids::{ContactPointId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict, Query, SelectStatement, UnionType},
};

use super::{
    Db,
    contact_points::{self, address_hash, derived_id},
    corrupt, failed,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contacts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_point_id: Uuid,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Whether a tie is to a contact point of a kind. By the tie's own key: there are as many contact points as
/// people.
fn is_of(channel: Channel) -> Expr {
    use contact_points::Column as Point;
    let point = Query::select()
        .expr(Expr::val(1_i32))
        .from(contact_points::Entity)
        .and_where(Expr::col((contact_points::Entity, Point::Id)).equals((Entity, Column::ContactPointId)))
        .and_where(Expr::col((contact_points::Entity, Point::Kind)).eq(channel.to_string()))
        .take();
    Expr::exists(point)
}

/// Ids of a person's contact points in a table that ties them.
fn tied(table: &'static str, person: PersonId) -> SelectStatement {
    Query::select()
        .column("contact_point_id")
        .from(table)
        .and_where(Expr::col("person_id").eq(person.0))
        .take()
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Every way to reach a person.
    pub(super) async fn ways_of(&self, person: PersonId) -> Result<Vec<Way>, StoreError> {
        use contact_points::Column as Point;
        let mut theirs = tied("contacts", person);
        theirs.union(UnionType::All, tied("devices", person));
        let rows = self.rows::<contact_points::Entity>().filter(Point::Id.in_subquery(theirs));
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        rows.into_iter()
            .map(|row| {
                let channel = row.kind.parse().map_err(|_| corrupt("contact_points.kind"))?;
                Ok(Way { contact_point: ContactPointId(row.id), channel })
            })
            .collect()
    }

    /// The contact point of an address on a channel.
    pub(super) async fn point_of(
        &self,
        channel: Channel,
        address: &str,
    ) -> Result<Option<ContactPointId>, StoreError> {
        use contact_points::Column as Point;
        let row = self
            .rows::<contact_points::Entity>()
            .filter(Point::Kind.eq(channel.to_string()))
            .filter(Point::AddressHash.eq(address_hash(address)))
            .one(self.connection())
            .await
            .map_err(failed)?;
        Ok(row.map(|row| ContactPointId(row.id)))
    }
}

impl Db<DatabaseTransaction> {
    /// Makes an address a way to reach a person, in the place of those they had on the channel.
    pub(super) async fn make_contact(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        (address, locale): (&str, Locale),
    ) -> Result<ContactPointId, StoreError> {
        use contact_points::Column as Point;
        let hash = address_hash(address);
        let known = self.point_of(channel, address).await?;
        // Whoever makes it at the same moment makes the same.
        let id = known.map_or_else(|| derived_id([&channel.to_string(), hash.as_str()].concat()), Uuid::from);
        if known.is_none() {
            let row = contact_points::ActiveModel {
                id: Set(id),
                kind: Set(channel.to_string()),
                address: Set(address.to_owned()),
                address_hash: Set(hash),
                locale: Set(locale.to_string()),
                verified_at: Set(None),
                registered_at: Set(now),
                ..Default::default()
            };
            let there = OnConflict::new().do_nothing().to_owned();
            self.insert_later(vec![row], Some(there)).await?;
        } else {
            self.update::<contact_points::Entity>()
                .col_expr(Point::Locale, Expr::val(locale.to_string()))
                .filter(Point::Id.eq(id))
                .exec(self.connection())
                .await
                .map_err(failed)?;
        }
        self.leave_contacts(person, Some(channel), Some(id)).await?;
        let row = ActiveModel { person_id: Set(person.0), contact_point_id: Set(id), created_at: Set(now) };
        let there = OnConflict::columns([Column::PersonId, Column::ContactPointId]).do_nothing().to_owned();
        self.insert_later(vec![row], Some(there)).await?;
        Ok(ContactPointId(id))
    }

    /// Takes ways from a person, all of them or those on a channel, but for the one to `keep`. What then
    /// is nobody's is removed, and with it what was to be sent there.
    pub(super) async fn leave_contacts(
        &self,
        person: PersonId,
        channel: Option<Channel>,
        keep: Option<Uuid>,
    ) -> Result<(), StoreError> {
        let mut rows = self.rows::<Entity>().filter(Column::PersonId.eq(person.0));
        if let Some(channel) = channel {
            rows = rows.filter(is_of(channel));
        }
        if let Some(keep) = keep {
            rows = rows.filter(Column::ContactPointId.ne(keep));
        }
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        let left: Vec<Uuid> = rows.into_iter().map(|row| row.contact_point_id).collect();
        if left.is_empty() {
            return Ok(());
        }
        self.delete::<Entity>()
            .filter(Column::PersonId.eq(person.0))
            .filter(Column::ContactPointId.is_in(left.clone()))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        let point = (contact_points::Entity, contact_points::Column::Id);
        let others = Query::select()
            .expr(Expr::val(1_i32))
            .from(Entity)
            .and_where(Expr::col((Entity, Column::ContactPointId)).equals(point))
            .take();
        self.delete::<contact_points::Entity>()
            .filter(contact_points::Column::Id.is_in(left))
            .filter(Expr::exists(others).not())
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Gives a guest's mailboxes and telephones to a citizen.
    pub(super) async fn move_contacts(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError> {
        let theirs = tied("contacts", into);
        self.update::<Entity>()
            .col_expr(Column::PersonId, Expr::val(into.0))
            .filter(Column::PersonId.eq(guest.0))
            .filter(Column::ContactPointId.not_in_subquery(theirs))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}
