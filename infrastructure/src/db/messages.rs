//! What is told, as ids and codes.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    StoreError,
    broadcasts::{Broadcast, BroadcastState, port::BroadcastReads},
    deliveries::{NewMessage, Severity, Topic},
    ids::{MessageId, MunicipalityId},
    text::Slug,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Set, entity::prelude::*, sea_query::OnConflict};

use super::{Db, Stopped, corrupt, failed, municipalities};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub severity: String,
    pub kind: String,
    pub subject_id: Option<Uuid>,
    pub params: Json,
    pub expires_at: ChronoDateTimeUtc,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A message with the town hall that speaks.
#[derive(Clone, Debug)]
pub struct StoredMessage {
    /// The message.
    pub id: MessageId,
    /// The town hall.
    pub municipality: MunicipalityId,
    /// Its slug, which apps know it by.
    pub slug: Slug,
    /// Its name, which people know it by.
    pub town: String,
    /// Its time zone.
    pub zone: Tz,
    /// How urgent.
    pub severity: Severity,
    /// What it says.
    pub topic: Topic,
    /// After this it is worthless.
    pub expires_at: DateTime<Utc>,
    /// The broadcast it was made of, where it was.
    pub broadcast: Option<Box<Broadcast>>,
}

impl StoredMessage {
    /// By the consent to which it is sent.
    pub(super) fn consent(&self) -> Severity {
        self.sent_broadcast().map_or(self.severity, Broadcast::consent)
    }

    /// Why nothing of it leaves any more; none where it does.
    pub(super) fn stopped(&self) -> Option<Stopped> {
        let broadcast = self.sent_broadcast()?;
        if broadcast.state == BroadcastState::Cancelled {
            return Some(Stopped::CalledBack);
        }
        broadcast.ended_by.map(|_| Stopped::AllClear)
    }

    /// The broadcast that is sent by it; a test of one is none.
    fn sent_broadcast(&self) -> Option<&Broadcast> {
        self.broadcast.as_deref().filter(|_| matches!(self.topic, Topic::Broadcast { .. }))
    }
}

impl Db<DatabaseTransaction> {
    /// Stores a message without deliveries; one that is there already stays as it is.
    pub async fn store_message(&self, now: DateTime<Utc>, message: &NewMessage) -> Result<(), StoreError> {
        let params =
            serde_json::to_value(&message.topic).map_err(|_| corrupt("a topic without JSON form"))?;
        let row = ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(message.id.0),
            severity: Set(message.severity.to_string()),
            kind: Set(message.topic.kind().to_owned()),
            subject_id: Set(message.topic.subject()),
            params: Set(params),
            expires_at: Set(message.expires_at),
            created_at: Set(now),
        };
        let there = OnConflict::columns([Column::MunicipalityId, Column::Id]).do_nothing().to_owned();
        self.insert_later(vec![row], Some(there)).await
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// A message of the municipality in scope; none where it was deleted.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>, StoreError> {
        let Some(row) =
            self.rows::<Entity>().filter(Column::Id.eq(id.0)).one(self.connection()).await.map_err(failed)?
        else {
            return Ok(None);
        };
        let town = self
            .rows::<municipalities::Entity>()
            .filter(municipalities::Column::Id.eq(row.municipality_id))
            .one(self.connection())
            .await
            .map_err(failed)?
            .ok_or(corrupt("a message of no municipality"))?;
        let topic: Topic = serde_json::from_value(row.params).map_err(|_| corrupt("messages.params"))?;
        let broadcast = match &topic {
            Topic::Broadcast { broadcast, .. } | Topic::BroadcastTest { broadcast } => {
                self.broadcast(*broadcast).await?.map(Box::new)
            }
            _ => None,
        };
        Ok(Some(StoredMessage {
            broadcast,
            id,
            municipality: MunicipalityId(row.municipality_id),
            slug: Slug::parse(town.slug).map_err(|_| corrupt("municipalities.slug"))?,
            town: town.name,
            zone: town.time_zone.parse().map_err(|_| corrupt("municipalities.time_zone"))?,
            severity: row.severity.parse().map_err(|_| corrupt("messages.severity"))?,
            topic,
            expires_at: row.expires_at,
        }))
    }
}
