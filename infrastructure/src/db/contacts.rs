//! Mailboxes and telephones of people. One may be several people's: a household has one number.

use chrono::{DateTime, Utc};
use domain::{
    Locale, StoreError,
    deliveries::Channel,
    follows::Way,
    ids::{ContactPointId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, QueryResult, Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict, Query},
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
    pub place: i32,
    pub agreed: bool,
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

impl<C: ConnectionTrait + Send> Db<C> {
    /// Every way to reach a person.
    pub(super) async fn ways_of(&self, person: PersonId) -> Result<Vec<Way>, StoreError> {
        let sql = "SELECT k.id, k.kind, t.place, t.agreed FROM (SELECT contact_point_id, place, agreed FROM contacts \
                   WHERE person_id = $1 UNION ALL SELECT contact_point_id, 0, true FROM devices WHERE person_id = $1) \
                   AS t JOIN contact_points k ON k.id = t.contact_point_id ORDER BY t.place, k.kind, k.id";
        let way = |row: &QueryResult| {
            let kind: String = row.try_get("", "kind").map_err(failed)?;
            Ok(Way {
                contact_point: ContactPointId(row.try_get("", "id").map_err(failed)?),
                channel: kind.parse().map_err(|_| corrupt("contact_points.kind"))?,
                place: row.try_get("", "place").map_err(failed)?,
                agreed: row.try_get("", "agreed").map_err(failed)?,
            })
        };
        self.many(sql.to_owned(), vec![person.0.into()]).await?.iter().map(way).collect()
    }

    /// Every mailbox and number of a person, in their order.
    pub(super) async fn addresses_of(&self, person: PersonId) -> Result<Vec<(Channel, String)>, StoreError> {
        let sql = "SELECT k.kind, k.address FROM contacts c JOIN contact_points k ON k.id = c.contact_point_id \
                   WHERE c.person_id = $1 ORDER BY c.place, k.kind, k.id";
        let address = |row: &QueryResult| {
            let kind: String = row.try_get("", "kind").map_err(failed)?;
            let channel = kind.parse().map_err(|_| corrupt("contact_points.kind"))?;
            Ok((channel, row.try_get("", "address").map_err(failed)?))
        };
        self.many(sql.to_owned(), vec![person.0.into()]).await?.iter().map(address).collect()
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

/// How somebody is reached by an address.
#[derive(Clone, Copy)]
pub(super) struct Tie {
    /// Its place in the order of their numbers.
    pub place: i32,
    /// The language they are spoken to in there.
    pub locale: Locale,
    /// Whether whoever answers there agreed. One that is there already never loses that.
    pub agreed: bool,
}

impl Db<DatabaseTransaction> {
    /// Makes addresses the ways to reach a person on a channel, in the place of those they had there.
    pub(super) async fn make_contacts(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        addresses: &[(&str, Tie)],
    ) -> Result<Vec<ContactPointId>, StoreError> {
        let mut points = Vec::with_capacity(addresses.len());
        for (address, tie) in addresses {
            points.push(self.know_address(now, channel, address, tie.locale).await?);
        }
        let left = self.contacts_on(person, channel).await?.into_iter().map(|row| row.contact_point_id);
        let left = left.filter(|id| !points.contains(&ContactPointId(*id))).collect();
        self.untie(person, left).await?;
        let rows = points.iter().zip(addresses).map(|(point, (_, tie))| ActiveModel {
            person_id: Set(person.0),
            contact_point_id: Set(point.0),
            created_at: Set(now),
            place: Set(tie.place),
            agreed: Set(tie.agreed),
        });
        let there = OnConflict::columns([Column::PersonId, Column::ContactPointId])
            .update_column(Column::Place)
            .value(Column::Agreed, Expr::cust("contacts.agreed OR excluded.agreed"))
            .to_owned();
        self.insert_later(rows.collect(), Some(there)).await?;
        Ok(points)
    }

    /// Makes an address a way to reach a person, in the place of those they had on the channel, unless it is one of
    /// them.
    pub(super) async fn use_address(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        (address, locale): (&str, Locale),
    ) -> Result<ContactPointId, StoreError> {
        let point = self.know_address(now, channel, address, locale).await?;
        let had = self.contacts_on(person, channel).await?;
        match had.iter().find(|row| row.contact_point_id == point.0) {
            Some(known) if known.agreed => {}
            Some(_) => drop(self.note_agreed(person, point).await?),
            None => {
                self.untie(person, had.into_iter().map(|row| row.contact_point_id).collect()).await?;
                let row = ActiveModel {
                    person_id: Set(person.0),
                    contact_point_id: Set(point.0),
                    created_at: Set(now),
                    place: Set(0),
                    agreed: Set(true),
                };
                let there =
                    OnConflict::columns([Column::PersonId, Column::ContactPointId]).do_nothing().to_owned();
                self.insert_later(vec![row], Some(there)).await?;
            }
        }
        Ok(point)
    }

    /// The contact point of an address on a channel, which speaks this language from now on.
    async fn know_address(
        &self,
        now: DateTime<Utc>,
        channel: Channel,
        address: &str,
        locale: Locale,
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
        Ok(ContactPointId(id))
    }

    /// Takes the ways on a channel from a person.
    pub(super) async fn leave_contacts(&self, person: PersonId, channel: Channel) -> Result<(), StoreError> {
        let left = self.contacts_on(person, channel).await?;
        self.untie(person, left.into_iter().map(|row| row.contact_point_id).collect()).await
    }

    async fn contacts_on(&self, person: PersonId, channel: Channel) -> Result<Vec<Model>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::PersonId.eq(person.0)).filter(is_of(channel));
        rows.all(self.connection()).await.map_err(failed)
    }

    /// Takes ways from a person. What then is nobody's is removed, and with it what was to be sent there.
    async fn untie(&self, person: PersonId, left: Vec<Uuid>) -> Result<(), StoreError> {
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

    /// Notes that whoever answers at the address of a contact point agreed; false where there is nothing to note.
    pub(super) async fn note_agreed(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError> {
        let sql = "UPDATE contacts SET agreed = true WHERE person_id = $1 AND NOT agreed AND EXISTS \
                   (SELECT 1 FROM contact_points k JOIN contact_points s ON s.address_hash = k.address_hash \
                   WHERE k.id = contacts.contact_point_id AND s.id = $2)";
        Ok(self.run_sql(sql.to_owned(), vec![person.0.into(), at.0.into()]).await? > 0)
    }

    /// Takes the address of a contact point that was only asked from somebody of whom another one agreed; false
    /// where it is not so.
    pub(super) async fn leave_asked(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError> {
        let address = |id: &str| format!("(SELECT k.address_hash FROM contact_points k WHERE k.id = {id})");
        let sql = format!(
            "SELECT c.contact_point_id FROM contacts c WHERE c.person_id = $1 AND NOT c.agreed AND {} = {} \
             AND EXISTS (SELECT 1 FROM contacts o WHERE o.person_id = $1 AND o.agreed)",
            address("c.contact_point_id"),
            address("$2")
        );
        let rows = self.many(sql, vec![person.0.into(), at.0.into()]).await?;
        let asked = rows.iter().map(|row| row.try_get::<Uuid>("", "contact_point_id").map_err(failed));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let any = !asked.is_empty();
        self.untie(person, asked).await?;
        Ok(any)
    }

    /// Gives a guest's mailboxes and telephones to a citizen.
    pub(super) async fn move_contacts(&self, guest: PersonId, into: PersonId) -> Result<(), StoreError> {
        let theirs = Query::select()
            .column(Column::ContactPointId)
            .from(Entity)
            .and_where(Expr::col(Column::PersonId).eq(into.0))
            .take();
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
