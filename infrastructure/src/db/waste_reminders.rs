//! Who is reminded of what, and who lives where something changed.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Timelike, Utc};
use domain::{
    StoreError,
    deliveries::{Channel, Severity},
    ids::{ContactPointId, MunicipalityId, PersonId, WasteTypeId},
    municipalities::House,
    waste::{
        DueReminder, MissingDates, Reminder,
        port::{Neighbour, ReminderReads, ReminderWrites},
    },
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, FromQueryResult, JoinType, QueryOrder, QuerySelect, Set,
    entity::prelude::*,
    sea_query::{OnConflict, Query},
};

use super::{Db, corrupt, failed, follows, reach};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waste_reminders")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i16,
    pub type_id: Option<Uuid>,
    pub days_before: i16,
    pub minute: i16,
    pub channel: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Up to when reminders were told.
pub mod turns {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "waste_reminder_turns")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        pub told_until: ChronoDateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A reminder's columns as they are kept.
fn reminder(
    (type_id, days_before, minute): (Option<Uuid>, i16, i16),
    channel: &str,
) -> Result<Reminder, StoreError> {
    let seconds = u32::try_from(minute).ok().and_then(|minute| minute.checked_mul(60));
    let time = seconds.and_then(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0));
    Ok(Reminder {
        waste_type: type_id.map(WasteTypeId),
        days_before: u8::try_from(days_before).map_err(|_| corrupt("waste_reminders.days_before"))?,
        time: time.ok_or(corrupt("waste_reminders.minute"))?,
        channel: channel.parse().map_err(|_| corrupt("waste_reminders.channel"))?,
    })
}

/// Minutes since midnight.
fn minute(time: NaiveTime) -> i16 {
    i16::try_from(time.num_seconds_from_midnight() / 60).unwrap_or(i16::MAX)
}

#[derive(FromQueryResult)]
struct DueRow {
    person_id: Uuid,
    type_id: Option<Uuid>,
    days_before: i16,
    minute: i16,
    channel: String,
    street_key: String,
    house_number: i32,
    house_suffix: Option<String>,
    contact_point_id: Uuid,
}

#[derive(FromQueryResult)]
struct NeighbourRow {
    person_id: Uuid,
    contact_point_id: Uuid,
    channel: String,
    position: i32,
    street_key: String,
    house_number: i32,
    house_suffix: Option<String>,
}

fn house(number: i32, suffix: Option<String>) -> Result<House, StoreError> {
    let number = number.try_into().map_err(|_| corrupt("follows.house_number"))?;
    Ok(House { number, suffix: suffix.unwrap_or_default() })
}

/// Where a reminder's person lives.
fn home() -> RelationDef {
    Entity::belongs_to(follows::Entity)
        .from((Column::MunicipalityId, Column::PersonId))
        .to((follows::Column::MunicipalityId, follows::Column::PersonId))
        .into()
}

/// How a reminder's person is reached by the reminder's channel.
fn way() -> RelationDef {
    Entity::belongs_to(reach::Entity)
        .from((Column::MunicipalityId, Column::PersonId, Column::Channel))
        .to((reach::Column::MunicipalityId, reach::Column::PersonId, reach::Column::Channel))
        .into()
}

/// Where somebody who is reached lives.
fn home_of_reached() -> RelationDef {
    reach::Entity::belongs_to(follows::Entity)
        .from((reach::Column::MunicipalityId, reach::Column::PersonId))
        .to((follows::Column::MunicipalityId, follows::Column::PersonId))
        .into()
}

#[async_trait]
impl<C: ConnectionTrait + Send> ReminderReads for Db<C> {
    async fn reminders(&self, person: PersonId) -> Result<Vec<Reminder>, StoreError> {
        let rows = self.rows::<Entity>().filter(Column::PersonId.eq(person.0)).order_by_asc(Column::Position);
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        let kept = rows.into_iter();
        kept.map(|row| reminder((row.type_id, row.days_before, row.minute), &row.channel)).collect()
    }

    async fn reminders_at(
        &self,
        times: Option<(NaiveTime, NaiveTime)>,
    ) -> Result<Vec<DueReminder>, StoreError> {
        let mut rows = self
            .rows::<Entity>()
            .select_only()
            .columns([Column::PersonId, Column::TypeId, Column::DaysBefore, Column::Minute, Column::Channel])
            .columns([follows::Column::StreetKey, follows::Column::HouseNumber, follows::Column::HouseSuffix])
            .column(reach::Column::ContactPointId)
            .join(JoinType::InnerJoin, home())
            .join(JoinType::InnerJoin, way())
            .filter(follows::Column::ChosenAt.is_not_null())
            .filter(follows::Column::StreetKey.is_not_null())
            .filter(reach::Column::Active.eq(true))
            .filter(Expr::cust(reach::is_first("reach")))
            .filter(reach::wanted(Severity::Notice).eq(true))
            .order_by_asc(Column::PersonId)
            .order_by_asc(Column::Position);
        if let Some((after, until)) = times {
            rows = rows.filter(Column::Minute.gt(minute(after))).filter(Column::Minute.lte(minute(until)));
        }
        let rows: Vec<DueRow> = rows.into_model().all(self.connection()).await.map_err(failed)?;
        let due = |row: DueRow| {
            Ok(DueReminder {
                person: PersonId(row.person_id),
                reminder: reminder((row.type_id, row.days_before, row.minute), &row.channel)?,
                street_key: row.street_key,
                house: house(row.house_number, row.house_suffix)?,
                contact_point: ContactPointId(row.contact_point_id),
            })
        };
        rows.into_iter().map(due).collect()
    }

    async fn neighbours(&self, streets: Option<&[String]>) -> Result<Vec<Neighbour>, StoreError> {
        if streets.is_some_and(<[String]>::is_empty) {
            return Ok(Vec::new());
        }
        let mut rows = self
            .rows::<reach::Entity>()
            .select_only()
            .columns([
                reach::Column::PersonId,
                reach::Column::ContactPointId,
                reach::Column::Channel,
                reach::Column::Position,
            ])
            .columns([follows::Column::StreetKey, follows::Column::HouseNumber, follows::Column::HouseSuffix])
            .join(JoinType::InnerJoin, home_of_reached())
            .filter(follows::Column::ChosenAt.is_not_null())
            .filter(follows::Column::StreetKey.is_not_null())
            .filter(reach::Column::Active.eq(true))
            .filter(Expr::cust(reach::is_first("reach")))
            .filter(reach::wanted(Severity::Notice).eq(true));
        if let Some(streets) = streets {
            rows = rows.filter(follows::Column::StreetKey.is_in(streets));
        }
        let rows: Vec<NeighbourRow> = rows.into_model().all(self.connection()).await.map_err(failed)?;
        let mut first: BTreeMap<Uuid, i32> = BTreeMap::new();
        for row in &rows {
            let rung = first.entry(row.person_id).or_insert(row.position);
            *rung = std::cmp::Ord::min(row.position, *rung);
        }
        let neighbour = |row: NeighbourRow| {
            Ok(Neighbour {
                person: PersonId(row.person_id),
                street_key: row.street_key,
                house: house(row.house_number, row.house_suffix)?,
                contact_point: ContactPointId(row.contact_point_id),
                channel: row.channel.parse::<Channel>().map_err(|_| corrupt("reach.channel"))?,
            })
        };
        let chosen = rows.into_iter().filter(|row| first.get(&row.person_id) == Some(&row.position));
        chosen.map(neighbour).collect()
    }

    async fn reminder_turns(&self) -> Result<Vec<(MunicipalityId, DateTime<Utc>)>, StoreError> {
        let rows = self.rows::<turns::Entity>().order_by_asc(turns::Column::MunicipalityId);
        let rows = rows.all(self.connection()).await.map_err(failed)?;
        Ok(rows.into_iter().map(|row| (MunicipalityId(row.municipality_id), row.told_until)).collect())
    }
}

#[async_trait]
impl ReminderWrites for Db<DatabaseTransaction> {
    async fn put_reminders(&self, person: PersonId, reminders: &[Reminder]) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        let old = self.delete::<Entity>().filter(Column::PersonId.eq(person.0));
        old.exec(self.connection()).await.map_err(failed)?;
        self.forget_missing(person).await?;
        let rows = (0..).zip(reminders).map(|(position, reminder)| ActiveModel {
            municipality_id: Set(municipality),
            person_id: Set(person.0),
            position: Set(position),
            type_id: Set(reminder.waste_type.map(Uuid::from)),
            days_before: Set(reminder.days_before.into()),
            minute: Set(minute(reminder.time)),
            channel: Set(reminder.channel.to_string()),
        });
        self.insert_later::<Entity, _>(rows.collect(), None).await
    }

    async fn begin_reminding(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let there = OnConflict::column(turns::Column::MunicipalityId).do_nothing().to_owned();
        let row = turns::ActiveModel { municipality_id: Set(self.municipality()?.0), told_until: Set(now) };
        self.insert_later::<turns::Entity, _>(vec![row], Some(there)).await
    }

    async fn take_reminder_turn(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let taken = self
            .update::<turns::Entity>()
            .col_expr(turns::Column::ToldUntil, Expr::val(until))
            .filter(turns::Column::MunicipalityId.eq(self.municipality()?.0))
            .filter(turns::Column::ToldUntil.eq(from))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        Ok(taken.rows_affected == 1)
    }

    async fn note_missing(
        &self,
        now: DateTime<Utc>,
        missing: &[MissingDates],
    ) -> Result<Vec<MissingDates>, StoreError> {
        self.write_missing(now, missing).await
    }
}

impl Db<DatabaseTransaction> {
    /// Has somebody reminded of what somebody else was, where they have no reminders of their own.
    pub(super) async fn copy_reminders(
        &self,
        municipality: MunicipalityId,
        from: PersonId,
        to: PersonId,
    ) -> Result<(), StoreError> {
        let theirs = |person: PersonId| {
            Expr::col(Column::MunicipalityId).eq(municipality.0).and(Expr::col(Column::PersonId).eq(person.0))
        };
        let own = Query::select().expr(Expr::val(1)).from(Entity).and_where(theirs(to)).take();
        if self.connection().query_one(&own).await.map_err(failed)?.is_some() {
            return Ok(());
        }
        let columns = [
            Column::MunicipalityId,
            Column::Position,
            Column::TypeId,
            Column::DaysBefore,
            Column::Minute,
            Column::Channel,
        ];
        let chosen = Query::select()
            .columns(columns)
            .expr(Expr::val(to.0))
            .from(Entity)
            .and_where(theirs(from))
            .take();
        let mut insert = Query::insert();
        insert
            .into_table(Entity)
            .columns(columns.into_iter().chain([Column::PersonId]))
            .select_from(chosen)
            .map_err(|_| corrupt("columns and values differ in number"))?;
        self.connection().execute(&insert).await.map_err(failed)?;
        Ok(())
    }
}
