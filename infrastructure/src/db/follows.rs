//! What people chose in municipalities: the ties themselves, which are the installation's, and topics and
//! streets, which are the municipality's.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    Locale, StoreError,
    deliveries::Channel,
    follows::{
        Channels, Follow, Home, Reach, Way,
        follow::Interests,
        port::{FollowReads, FollowWrites},
    },
    geo::Point,
    ids::{AreaId, ContactPointId, MunicipalityId, PersonId, TopicId},
    municipalities::{House, street_key},
    text::Street,
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QueryTrait, Select, Set, entity::prelude::*,
    sea_query::OnConflict,
};

use super::{Db, contacts::Tie, corrupt, dialect, failed, municipalities::json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "follows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    pub role: String,
    pub created_at: ChronoDateTimeUtc,
    pub chosen_at: Option<ChronoDateTimeUtc>,
    pub street: Option<String>,
    pub street_key: Option<String>,
    pub house_number: Option<i32>,
    pub house_suffix: Option<String>,
    pub area_id: Option<Uuid>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    pub age_group: Option<String>,
    pub locale: Option<String>,
    pub channels: Option<Json>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which topics somebody chose.
pub mod topics {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "follow_topics")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub topic_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which streets somebody watches.
pub mod streets {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "watched_streets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub street_key: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub street: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The role of a tie that came about by filing a complaint.
const GUEST: &str = "guest";

fn home(row: &Model) -> Result<Option<Home>, StoreError> {
    let (Some(street), Some(number)) = (&row.street, row.house_number) else { return Ok(None) };
    Ok(Some(Home {
        street: Street::parse(street.as_str()).map_err(|_| corrupt("follows.street"))?,
        house: House {
            number: number.try_into().map_err(|_| corrupt("follows.house_number"))?,
            suffix: row.house_suffix.clone().unwrap_or_default(),
        },
        area: row.area_id.map(AreaId),
        point: row.lat.zip(row.lon).map(|(lat, lon)| Point { lat, lon }),
    }))
}

/// What was chosen; none for a bare tie.
pub(super) fn follow(row: Model) -> Result<Option<Follow>, StoreError> {
    let home = home(&row)?;
    let Some(channels) = row.channels else { return Ok(None) };
    let locale =
        row.locale.map(|locale| locale.parse().map_err(|_| corrupt("follows.locale"))).transpose()?;
    let age_group = row.age_group.map(|age| age.parse().map_err(|_| corrupt("follows.age_group")));
    Ok(Some(Follow {
        person: PersonId(row.person_id),
        municipality: MunicipalityId(row.municipality_id),
        role: row.role.parse().map_err(|_| corrupt("follows.role"))?,
        chosen_at: row.chosen_at,
        home,
        age_group: age_group.transpose()?,
        locale: locale.unwrap_or_default(),
        channels: serde_json::from_value::<Channels>(channels).map_err(|_| corrupt("follows.channels"))?,
    }))
}

/// The columns somebody chooses.
pub(super) fn chosen(follow: &Follow) -> Result<ActiveModel, StoreError> {
    let home = follow.home.as_ref();
    let point = home.and_then(|home| home.point);
    Ok(ActiveModel {
        role: Set(follow.role.to_string()),
        chosen_at: Set(follow.chosen_at),
        street: Set(home.map(|home| home.street.to_string())),
        street_key: Set(home.map(|home| street_key(home.street.as_str()))),
        house_number: Set(home.map(|home| home.house.number.into())),
        house_suffix: Set(home.map(|home| home.house.suffix.clone())),
        area_id: Set(home.and_then(|home| home.area).map(Uuid::from)),
        lat: Set(point.map(|point| point.lat)),
        lon: Set(point.map(|point| point.lon)),
        age_group: Set(follow.age_group.map(|age| age.to_string())),
        locale: Set(Some(follow.locale.to_string())),
        channels: Set(Some(json(&follow.channels)?)),
        ..Default::default()
    })
}

/// A tie of which nothing is left but that it is there.
pub(super) fn bare() -> ActiveModel {
    ActiveModel {
        role: Set(GUEST.to_owned()),
        chosen_at: Set(None),
        street: Set(None),
        street_key: Set(None),
        house_number: Set(None),
        house_suffix: Set(None),
        area_id: Set(None),
        lat: Set(None),
        lon: Set(None),
        age_group: Set(None),
        locale: Set(None),
        channels: Set(None),
        ..Default::default()
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    fn tie(&self, person: PersonId, municipality: MunicipalityId) -> Select<Entity> {
        self.rows::<Entity>()
            .filter(Column::PersonId.eq(person.0))
            .filter(Column::MunicipalityId.eq(municipality.0))
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> FollowReads for Db<C> {
    async fn follow_of(
        &self,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<Option<Follow>, StoreError> {
        let row = self.tie(person, municipality).one(self.connection()).await.map_err(failed)?;
        Ok(row.map(follow).transpose()?.flatten())
    }

    async fn follows(&self, person: PersonId) -> Result<Vec<Follow>, StoreError> {
        let rows = self
            .rows::<Entity>()
            .filter(Column::PersonId.eq(person.0))
            .filter(Column::ChosenAt.is_not_null())
            .order_by_asc(Column::ChosenAt)
            .order_by_asc(Column::MunicipalityId)
            .all(self.connection())
            .await
            .map_err(failed)?;
        rows.into_iter().filter_map(|row| follow(row).transpose()).collect()
    }

    async fn interests(&self, person: PersonId) -> Result<Interests, StoreError> {
        let topics = self.rows::<topics::Entity>().filter(topics::Column::PersonId.eq(person.0));
        let streets = self
            .rows::<streets::Entity>()
            .filter(streets::Column::PersonId.eq(person.0))
            .order_by_asc(streets::Column::Street);
        let topics = topics.all(self.connection()).await.map_err(failed)?;
        let streets = streets.all(self.connection()).await.map_err(failed)?;
        let street =
            |row: streets::Model| Street::parse(row.street).map_err(|_| corrupt("watched_streets.street"));
        Ok(Interests {
            topics: topics.into_iter().map(|row| TopicId(row.topic_id)).collect(),
            streets: streets.into_iter().map(street).collect::<Result<_, _>>()?,
        })
    }

    async fn ways(&self, person: PersonId) -> Result<Vec<Way>, StoreError> {
        self.ways_of(person).await
    }
}

impl Db<DatabaseTransaction> {
    /// Makes a tie that says nothing, unless there is one.
    pub(super) async fn tie_bare(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<(), StoreError> {
        let there = OnConflict::columns([Column::PersonId, Column::MunicipalityId]).do_nothing().to_owned();
        let row = ActiveModel {
            person_id: Set(person.0),
            municipality_id: Set(municipality.0),
            created_at: Set(now),
            role: Set(GUEST.to_owned()),
            ..Default::default()
        };
        self.insert_later(vec![row], Some(there)).await
    }

    /// Writes columns of a tie that is there.
    pub(super) async fn change_tie(
        &self,
        person: PersonId,
        municipality: MunicipalityId,
        columns: ActiveModel,
    ) -> Result<(), StoreError> {
        self.update::<Entity>()
            .set(columns)
            .filter(Column::PersonId.eq(person.0))
            .filter(Column::MunicipalityId.eq(municipality.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl FollowWrites for Db<DatabaseTransaction> {
    async fn hold_follow(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        municipality: MunicipalityId,
    ) -> Result<(), StoreError> {
        self.tie_bare(now, person, municipality).await?;
        let mut row = self.tie(person, municipality);
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?;
        Ok(())
    }

    async fn put_follow(&self, follow: &Follow) -> Result<(), StoreError> {
        self.change_tie(follow.person, follow.municipality, chosen(follow)?).await
    }

    async fn clear_follow(&self, person: PersonId, municipality: MunicipalityId) -> Result<(), StoreError> {
        self.change_tie(person, municipality, bare()).await
    }

    async fn put_interests(&self, person: PersonId, interests: &Interests) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        let old = self.delete::<topics::Entity>().filter(topics::Column::PersonId.eq(person.0));
        old.exec(self.connection()).await.map_err(failed)?;
        let old = self.delete::<streets::Entity>().filter(streets::Column::PersonId.eq(person.0));
        old.exec(self.connection()).await.map_err(failed)?;
        let topics = interests.topics.iter().map(|topic| topics::ActiveModel {
            municipality_id: Set(municipality),
            topic_id: Set(topic.0),
            person_id: Set(person.0),
        });
        self.insert_later(topics.collect(), None).await?;
        let streets = interests.streets.iter().map(|street| streets::ActiveModel {
            municipality_id: Set(municipality),
            street_key: Set(street_key(street.as_str())),
            person_id: Set(person.0),
            street: Set(street.to_string()),
        });
        self.insert_later(streets.collect(), None).await
    }

    async fn put_reach(&self, person: PersonId, rows: &[Reach]) -> Result<(), StoreError> {
        self.write_reach(self.municipality()?, person, rows).await
    }

    async fn put_contact(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        address: &str,
        locale: Locale,
    ) -> Result<ContactPointId, StoreError> {
        let tie = Tie { place: 0, locale, agreed: true };
        let points = self.make_contacts(now, person, channel, &[(address, tie)]).await?;
        points.into_iter().next().ok_or(corrupt("contacts"))
    }

    async fn use_contact(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        address: &str,
        locale: Locale,
    ) -> Result<ContactPointId, StoreError> {
        self.use_address(now, person, channel, (address, locale)).await
    }

    async fn put_contacts(
        &self,
        now: DateTime<Utc>,
        person: PersonId,
        channel: Channel,
        addresses: &[(i32, &str)],
        locale: Locale,
        agreed: bool,
    ) -> Result<(), StoreError> {
        let tied = addresses.iter().map(|(place, address)| (*address, Tie { place: *place, locale, agreed }));
        self.make_contacts(now, person, channel, &tied.collect::<Vec<_>>()).await.map(drop)
    }

    async fn agree_contact(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError> {
        self.note_agreed(person, at).await
    }

    async fn refuse_contact(&self, person: PersonId, at: ContactPointId) -> Result<bool, StoreError> {
        self.leave_asked(person, at).await
    }

    async fn reach_anew(&self, person: PersonId) -> Result<(), StoreError> {
        self.write_reach_anew(person).await
    }

    async fn drop_contacts(&self, person: PersonId, channel: Channel) -> Result<(), StoreError> {
        self.leave_contacts(person, channel).await
    }
}
