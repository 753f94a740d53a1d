//! Votes on the polls of broadcasts.

use async_trait::async_trait;
use domain::{
    StoreError,
    broadcasts::{
        Broadcast, Vote,
        port::{PollReads, PollWrites},
    },
    ids::{DeviceId, MessageId, PersonId},
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};

use super::{Db, audience, broadcasts, contact_points::devices, corrupt, failed};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_votes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    pub device_id: Option<Uuid>,
    pub choice: i16,
    pub voted_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

fn option(choice: i16) -> Result<u16, StoreError> {
    u16::try_from(choice).map_err(|_| corrupt("poll_votes.choice"))
}

#[async_trait]
impl<C: ConnectionTrait + Send> PollReads for Db<C> {
    async fn votes(&self, id: MessageId) -> Result<Vec<(u16, u64)>, StoreError> {
        let counted: Vec<(i16, i64)> = self
            .rows::<Entity>()
            .select_only()
            .column(Column::Choice)
            .column_as(Column::PersonId.count(), "votes")
            .filter(Column::MessageId.eq(id.0))
            .group_by(Column::Choice)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let vote =
            |(choice, many): (i16, i64)| Ok((option(choice)?, u64::try_from(many).unwrap_or_default()));
        counted.into_iter().map(vote).collect()
    }

    async fn vote_of(&self, id: MessageId, person: PersonId) -> Result<Option<Vote>, StoreError> {
        let row =
            self.rows::<Entity>().filter(Column::MessageId.eq(id.0)).filter(Column::PersonId.eq(person.0));
        let Some(row) = row.one(self.connection()).await.map_err(failed)? else { return Ok(None) };
        Ok(Some(Vote {
            message: id,
            person,
            device: row.device_id.map(DeviceId),
            option: option(row.choice)?,
            at: row.voted_at,
        }))
    }

    async fn device_of(&self, person: PersonId) -> Result<Option<DeviceId>, StoreError> {
        let device: Option<Uuid> = self
            .rows::<devices::Entity>()
            .select_only()
            .column(devices::Column::Id)
            .filter(devices::Column::PersonId.eq(person.0))
            .order_by_asc(devices::Column::Id)
            .limit(1)
            .into_tuple()
            .one(self.connection())
            .await
            .map_err(failed)?;
        Ok(device.map(DeviceId))
    }

    async fn told_one(&self, id: MessageId, person: PersonId) -> Result<Option<Broadcast>, StoreError> {
        let told = Query::select()
            .column(audience::Column::MessageId)
            .from(audience::Entity)
            .and_where(audience::Column::MunicipalityId.eq(self.municipality()?.0))
            .and_where(audience::Column::MessageId.eq(id.0))
            .and_where(audience::Column::PersonId.eq(person.0))
            .take();
        let row = self
            .rows::<broadcasts::Entity>()
            .filter(broadcasts::Column::Id.eq(id.0))
            .filter(broadcasts::Column::Id.in_subquery(told));
        let found = row.one(self.connection()).await.map_err(failed)?.map(Broadcast::try_from).transpose()?;
        Ok(found.filter(Broadcast::is_shown))
    }
}

#[async_trait]
impl PollWrites for Db<DatabaseTransaction> {
    async fn insert_vote(&self, vote: &Vote) -> Result<bool, StoreError> {
        let row = ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            message_id: Set(vote.message.0),
            person_id: Set(vote.person.0),
            device_id: Set(vote.device.map(|device| device.0)),
            choice: Set(i16::try_from(vote.option).map_err(|_| corrupt("poll_votes.choice"))?),
            voted_at: Set(vote.at),
        };
        // A second vote at the same moment waits for this one, and finds it.
        let written = Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(self.connection())
            .await
            .map_err(failed)?;
        Ok(written == 1)
    }
}
