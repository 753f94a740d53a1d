//! Messages on their way: one row for each contact point, planned where the thing they tell about is
//! written.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    StoreError,
    deliveries::{
        Channel, DeliveryState, NewMessage, Recipients, Topic,
        port::{DeliveryReads, Outbox},
    },
    ids::{ContactPointId, MessageId, MunicipalityId, PersonId},
    text::EmailAddress,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Set,
    entity::prelude::*,
    sea_query::{OnConflict, Order, Query, SelectStatement},
};

use super::{
    Db,
    chunks::{self, ROWS},
    contact_points::{self, devices},
    corrupt, failed,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_point_id: Uuid,
    pub person_id: Option<Uuid>,
    pub channel: String,
    pub state: String,
    pub chunk_id: Uuid,
    pub due_at: ChronoDateTimeUtc,
    pub attempts: i32,
    pub reason: Option<String>,
    pub provider_id: Option<String>,
    pub updated_at: ChronoDateTimeUtc,
    pub generation: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What was tried.
pub mod attempts {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attempts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub message_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub contact_point_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub at: ChronoDateTimeUtc,
        pub outcome: String,
        pub reason: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[async_trait]
impl<C: ConnectionTrait + Send> DeliveryReads for Db<C> {
    async fn topic_of(&self, message: MessageId) -> Result<Option<Topic>, StoreError> {
        Ok(self.message(message).await?.map(|message| message.topic))
    }

    /// Town by town, by the index that each one's chunks have.
    async fn sender_of(&self, message: MessageId) -> Result<Option<MunicipalityId>, StoreError> {
        let sql = "SELECT m.id FROM municipalities m JOIN work_chunks c ON c.municipality_id = m.id \
                   AND c.message_id = $1 LIMIT 1";
        let rows = self.many(sql.to_owned(), vec![message.0.into()]).await?;
        rows.first().map(|row| row.try_get("", "id").map(MunicipalityId).map_err(failed)).transpose()
    }
}

/// When deliveries are planned, and from when on they are made.
#[derive(Clone, Copy)]
struct Times {
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
}

impl Times {
    fn at_once(now: DateTime<Utc>) -> Self {
        Self { now, due_at: now }
    }
}

#[async_trait]
impl Outbox for Db<DatabaseTransaction> {
    async fn enqueue(&self, now: DateTime<Utc>, message: &NewMessage) -> Result<u64, StoreError> {
        self.enqueue_at(Times::at_once(now), message).await
    }

    async fn enqueue_new(&self, now: DateTime<Utc>, message: &NewMessage) -> Result<(), StoreError> {
        self.enqueue_new_at(Times::at_once(now), message).await
    }

    async fn enqueue_later(
        &self,
        now: DateTime<Utc>,
        not_before: DateTime<Utc>,
        message: &NewMessage,
    ) -> Result<(), StoreError> {
        self.enqueue_new_at(Times { now, due_at: std::cmp::Ord::max(now, not_before) }, message).await
    }
}

impl Db<DatabaseTransaction> {
    async fn enqueue_at(&self, times: Times, message: &NewMessage) -> Result<u64, StoreError> {
        self.store_message(times.now, message).await?;
        if let Recipients::Ways(channel, ways) = &message.to {
            return self.plan_ways(times, message, (*channel, ways)).await;
        }
        let channel = channel(&message.to);
        let Some(reached) = self.reached(times.now, message).await? else { return Ok(0) };
        let planned = self.plan(times, message, channel, reached).await?;
        if planned > 0 {
            self.hand_to_workers(times, message, channel, planned).await?;
        }
        Ok(planned)
    }

    async fn enqueue_new_at(&self, times: Times, message: &NewMessage) -> Result<(), StoreError> {
        let Recipients::Mailboxes(addresses) = &message.to else {
            return self.enqueue_at(times, message).await.map(drop);
        };
        self.store_message(times.now, message).await?;
        self.plan_letters(times, message, addresses).await
    }

    /// Has workers lease what was planned, from the time on when it is due.
    async fn hand_to_workers(
        &self,
        times: Times,
        message: &NewMessage,
        channel: Channel,
        planned: u64,
    ) -> Result<(), StoreError> {
        chunks::plan(self, (times.now, times.due_at), message, channel, planned).await?;
        self.ring();
        Ok(())
    }

    /// Contact points and people a message reaches, both by id; none for an empty list of mailboxes.
    async fn reached(
        &self,
        now: DateTime<Utc>,
        message: &NewMessage,
    ) -> Result<Option<SelectStatement>, StoreError> {
        use contact_points::Column as Point;
        use devices::Column as Device;
        let mut reached = Query::select();
        match &message.to {
            Recipients::Devices(person) => reached
                .column((devices::Entity, Device::ContactPointId))
                .column((devices::Entity, Device::PersonId))
                .from(devices::Entity)
                .and_where(Expr::col((devices::Entity, Device::PersonId)).eq(person.0))
                // Whoever registers more phones than fit into one chunk hears it on the latest.
                .order_by((devices::Entity, Device::RegisteredAt), Order::Desc)
                .limit(ROWS),
            Recipients::Contact(contact_point, _, person) => reached
                .column((contact_points::Entity, Point::Id))
                .expr(Expr::val(person.0))
                .from(contact_points::Entity)
                .and_where(Expr::col((contact_points::Entity, Point::Id)).eq(contact_point.0)),
            // Planned from their own list.
            Recipients::Ways(..) => return Ok(None),
            Recipients::Device(contact_point) | Recipients::Telephone(contact_point, _) => reached
                .column((contact_points::Entity, Point::Id))
                .column((devices::Entity, Device::PersonId))
                .from(contact_points::Entity)
                .left_join(
                    devices::Entity,
                    Expr::col((devices::Entity, Device::ContactPointId))
                        .equals((contact_points::Entity, Point::Id)),
                )
                .and_where(Expr::col((contact_points::Entity, Point::Id)).eq(contact_point.0)),
            Recipients::Mailboxes(addresses) if addresses.is_empty() => return Ok(None),
            Recipients::Mailboxes(addresses) => {
                let hashes = self.know_mailboxes(now, addresses).await?;
                reached
                    .column((contact_points::Entity, Point::Id))
                    .expr(Expr::val(None::<Uuid>))
                    .from(contact_points::Entity)
                    .and_where(
                        Expr::col((contact_points::Entity, Point::Kind)).eq(Channel::Email.to_string()),
                    )
                    .and_where(Expr::col((contact_points::Entity, Point::AddressHash)).is_in(hashes))
                    .limit(ROWS)
            }
        };
        Ok(Some(reached))
    }

    /// Makes a pending delivery of each contact point; those that are there already stay as they are.
    async fn plan(
        &self,
        times: Times,
        message: &NewMessage,
        channel: Channel,
        mut reached: SelectStatement,
    ) -> Result<u64, StoreError> {
        for value in [
            Expr::val(self.municipality()?.0),
            Expr::val(message.id.0),
            Expr::val(channel.to_string()),
            Expr::val(DeliveryState::Pending.to_string()),
            Expr::val(chunks::id(message.id, channel)),
            Expr::val(times.due_at),
            Expr::val(0_i32),
            Expr::val(times.now),
        ] {
            reached.expr(value);
        }
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns([
                Column::ContactPointId,
                Column::PersonId,
                Column::MunicipalityId,
                Column::MessageId,
                Column::Channel,
                Column::State,
                Column::ChunkId,
                Column::DueAt,
                Column::Attempts,
                Column::UpdatedAt,
            ])
            .select_from(reached)
            .map_err(|_| corrupt("columns and values differ in number"))?
            .on_conflict(
                OnConflict::columns([Column::MunicipalityId, Column::MessageId, Column::ContactPointId])
                    .do_nothing()
                    .to_owned(),
            );
        let result = self.connection().execute(&insert).await.map_err(failed)?;
        Ok(result.rows_affected())
    }

    /// Makes a pending delivery of each of these ways; those that are there already stay as they are.
    async fn plan_ways(
        &self,
        times: Times,
        message: &NewMessage,
        (channel, ways): (Channel, &[(ContactPointId, PersonId)]),
    ) -> Result<u64, StoreError> {
        if ways.is_empty() {
            return Ok(0);
        }
        let municipality = self.municipality()?.0;
        let rows = ways.iter().map(|(contact_point, person)| ActiveModel {
            municipality_id: Set(municipality),
            message_id: Set(message.id.0),
            contact_point_id: Set(contact_point.0),
            person_id: Set(Some(person.0)),
            channel: Set(channel.to_string()),
            state: Set(DeliveryState::Pending.to_string()),
            chunk_id: Set(chunks::id(message.id, channel)),
            due_at: Set(times.due_at),
            attempts: Set(0),
            updated_at: Set(times.now),
            ..Default::default()
        });
        let there = OnConflict::columns([Column::MunicipalityId, Column::MessageId, Column::ContactPointId])
            .do_nothing()
            .to_owned();
        let planned = Entity::insert_many(rows)
            .on_conflict(there)
            .exec_without_returning(self.connection())
            .await
            .map_err(failed)?;
        if planned > 0 {
            self.hand_to_workers(times, message, channel, planned).await?;
        }
        Ok(planned)
    }

    /// Makes a pending delivery of each mailbox for a message that has none yet.
    async fn plan_letters(
        &self,
        times: Times,
        message: &NewMessage,
        addresses: &[EmailAddress],
    ) -> Result<(), StoreError> {
        let hashes = self.know_mailboxes(times.now, addresses).await?;
        if hashes.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([
            Column::MunicipalityId,
            Column::MessageId,
            Column::ContactPointId,
            Column::Channel,
            Column::State,
            Column::ChunkId,
            Column::DueAt,
            Column::Attempts,
            Column::UpdatedAt,
        ]);
        for hash in &hashes {
            let row = [
                Expr::val(self.municipality()?.0),
                Expr::val(message.id.0),
                contact_points::known_mailbox(hash),
                Expr::val(Channel::Email.to_string()),
                Expr::val(DeliveryState::Pending.to_string()),
                Expr::val(chunks::id(message.id, Channel::Email)),
                Expr::val(times.due_at),
                Expr::val(0_i32),
                Expr::val(times.now),
            ];
            insert.values(row).map_err(|_| corrupt("columns and values differ in number"))?;
        }
        self.connection().add(insert).await.map_err(failed)?;
        let planned = u64::try_from(hashes.len()).map_err(|_| corrupt("too many mailboxes"))?;
        self.hand_to_workers(times, message, Channel::Email, planned).await
    }
}

fn channel(to: &Recipients) -> Channel {
    match to {
        Recipients::Devices(_) | Recipients::Device(_) => Channel::Push,
        Recipients::Telephone(_, channel)
        | Recipients::Contact(_, channel, _)
        | Recipients::Ways(channel, _) => *channel,
        Recipients::Mailboxes(_) => Channel::Email,
    }
}
