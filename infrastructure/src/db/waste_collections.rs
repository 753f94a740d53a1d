//! Collections of waste.

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{
    StoreError,
    ids::{CollectionId, WasteCalendarId, WasteSectionId, WasteTypeId},
    text::Line,
    waste::{
        Collection, Stop, Window,
        port::{CollectionReads, CollectionWrites},
    },
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, Select, Set,
    entity::prelude::*,
    sea_query::{Condition, OnConflict},
};

use super::{Db, corrupt, failed};

/// Rows of one statement: fifteen values each, below SQLite's 32,766.
const SLICE: usize = 2_000;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waste_collections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub calendar_id: Uuid,
    pub section_id: Option<Uuid>,
    pub type_id: Uuid,
    pub regular_on: Date,
    pub on_date: Date,
    pub before_on: Option<Date>,
    pub status: String,
    pub reason: Option<String>,
    pub place: Option<String>,
    pub starts_at: Option<Time>,
    pub ends_at: Option<Time>,
    pub sequence: i32,
    pub changed_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Collection {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let stop = match row.place {
            None => None,
            Some(place) => Some(Stop {
                place: Line::parse(place).map_err(|_| corrupt("waste_collections.place"))?,
                starts: row.starts_at,
                ends: row.ends_at,
            }),
        };
        let reason = row.reason.map(|reason| reason.parse()).transpose();
        Ok(Self {
            id: CollectionId(row.id),
            calendar: WasteCalendarId(row.calendar_id),
            section: row.section_id.map(WasteSectionId),
            waste_type: WasteTypeId(row.type_id),
            regular: row.regular_on,
            date: row.on_date,
            before: row.before_on,
            status: row.status.parse().map_err(|_| corrupt("waste_collections.status"))?,
            reason: reason.map_err(|_| corrupt("waste_collections.reason"))?,
            stop,
            sequence: row.sequence,
            changed_at: row.changed_at,
        })
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    async fn by_day(&self, rows: Select<Entity>) -> Result<Vec<Collection>, StoreError> {
        let rows = rows.order_by_asc(Column::OnDate).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Collection::try_from).collect()
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> CollectionReads for Db<C> {
    async fn collections(
        &self,
        calendars: Option<&[WasteCalendarId]>,
        window: Window,
    ) -> Result<Vec<Collection>, StoreError> {
        let mut rows = self.rows::<Entity>().filter(Column::OnDate.between(window.from, window.until));
        if let Some(calendars) = calendars {
            rows = rows.filter(Column::CalendarId.is_in(calendars.iter().map(|calendar| calendar.0)));
        }
        self.by_day(rows).await
    }

    async fn collections_from(
        &self,
        calendar: WasteCalendarId,
        from: NaiveDate,
    ) -> Result<Vec<Collection>, StoreError> {
        let later = Condition::any().add(Column::OnDate.gte(from)).add(Column::RegularOn.gte(from));
        let rows = self.rows::<Entity>().filter(Column::CalendarId.eq(calendar.0)).filter(later);
        self.by_day(rows).await
    }
}

#[async_trait]
impl CollectionWrites for Db<DatabaseTransaction> {
    async fn put_collections(&self, collections: &[Collection]) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        let replace = OnConflict::columns([Column::MunicipalityId, Column::Id])
            .update_columns([
                Column::RegularOn,
                Column::OnDate,
                Column::BeforeOn,
                Column::Status,
                Column::Reason,
                Column::Sequence,
                Column::ChangedAt,
            ])
            .to_owned();
        for slice in collections.chunks(SLICE) {
            Entity::insert_many(slice.iter().map(|collection| row(municipality, collection)))
                .on_conflict(replace.clone())
                .exec_without_returning(self.connection())
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}

fn row(municipality: Uuid, collection: &Collection) -> ActiveModel {
    let stop = collection.stop.as_ref();
    ActiveModel {
        municipality_id: Set(municipality),
        id: Set(collection.id.0),
        calendar_id: Set(collection.calendar.0),
        section_id: Set(collection.section.map(Uuid::from)),
        type_id: Set(collection.waste_type.0),
        regular_on: Set(collection.regular),
        on_date: Set(collection.date),
        before_on: Set(collection.before),
        status: Set(collection.status.to_string()),
        reason: Set(collection.reason.map(|reason| reason.to_string())),
        place: Set(stop.map(|stop| stop.place.to_string())),
        starts_at: Set(stop.and_then(|stop| stop.starts)),
        ends_at: Set(stop.and_then(|stop| stop.ends)),
        sequence: Set(collection.sequence),
        changed_at: Set(collection.changed_at),
    }
}
