//! Waste calendars and the houses they are for.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    Code, StoreError, Violation,
    ids::{WasteCalendarId, WasteSectionId},
    municipalities::{StreetEntry, street_key},
    page::{Page, PageRequest, Position},
    text::{Name, Street},
    waste::{
        Failure, HouseRange, Section, WasteCalendar, Window,
        port::{WasteCalendarReads, WasteCalendarWrites},
    },
};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, QueryOrder, QuerySelect, QueryTrait, Set,
    entity::prelude::*,
    sea_query::{Expr, Func},
};
use serde::{Deserialize, Serialize};

use super::{Db, corrupt, dialect, failed, municipalities::json, one_deleted, one_row};

/// Rows of one statement: seven values each, below SQLite's 32,766.
const SLICE: usize = 4_000;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "waste_calendars")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub municipality_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub origin: Json,
    pub holidays: String,
    pub whole_town: bool,
    pub stale_after_days: i16,
    pub covers_from: Option<Date>,
    pub covers_until: Option<Date>,
    pub coverage: Option<Json>,
    pub refreshed_at: Option<ChronoDateTimeUtc>,
    pub failed_at: Option<ChronoDateTimeUtc>,
    pub failure: Option<Json>,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The houses a calendar is for.
pub mod sections {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "waste_sections")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub calendar_id: Uuid,
        pub street: String,
        pub street_key: String,
        pub houses: String,
        pub named: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl TryFrom<Model> for WasteCalendar {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let covers = row.covers_from.zip(row.covers_until).map(|(from, until)| Window { from, until });
        let kinds = row.coverage.map(serde_json::from_value).transpose();
        Ok(Self {
            id: WasteCalendarId(row.id),
            name: Name::parse(row.name).map_err(|_| corrupt("waste_calendars.name"))?,
            origin: serde_json::from_value(row.origin).map_err(|_| corrupt("waste_calendars.origin"))?,
            holidays: row.holidays.parse().map_err(|_| corrupt("waste_calendars.holidays"))?,
            whole_town: row.whole_town,
            stale_after_days: u16::try_from(row.stale_after_days)
                .map_err(|_| corrupt("waste_calendars.stale_after_days"))?,
            covers,
            kinds: kinds.map_err(|_| corrupt("waste_calendars.coverage"))?.unwrap_or_default(),
            refreshed_at: row.refreshed_at,
            failed_at: row.failed_at,
            failure: row.failure.map(failure).transpose()?,
            version: row.version,
        })
    }
}

/// Why a source gave no dates, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    code: String,
    faults: Vec<(String, String)>,
}

fn failure(kept: Json) -> Result<Failure, StoreError> {
    let wrong = || corrupt("waste_calendars.failure");
    let code = |code: &str| code.parse::<Code>().map_err(|_| wrong());
    let Kept { code: why, faults } = serde_json::from_value(kept).map_err(|_| wrong())?;
    let fault = |(pointer, why): (String, String)| code(&why).map(|code| Violation::new(pointer, code));
    let faults: Result<Vec<Violation>, StoreError> = faults.into_iter().map(fault).collect();
    Ok(Failure { code: code(&why)?, faults: faults? })
}

fn kept(failure: &Failure) -> Result<Json, StoreError> {
    let fault = |fault: &Violation| (fault.pointer.clone(), fault.code.to_string());
    json(&Kept { code: failure.code.to_string(), faults: failure.faults.iter().map(fault).collect() })
}

impl TryFrom<sections::Model> for Section {
    type Error = StoreError;

    fn try_from(row: sections::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: WasteSectionId(row.id),
            calendar: WasteCalendarId(row.calendar_id),
            street: Street::parse(row.street).map_err(|_| corrupt("waste_sections.street"))?,
            houses: HouseRange::parse(&row.houses).map_err(|_| corrupt("waste_sections.houses"))?,
            named: row.named,
        })
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> WasteCalendarReads for Db<C> {
    async fn waste_calendars(&self) -> Result<Vec<WasteCalendar>, StoreError> {
        let rows = self.rows::<Entity>().order_by_asc(Column::Name).order_by_asc(Column::Id);
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(WasteCalendar::try_from).collect()
    }

    async fn waste_calendar(&self, id: WasteCalendarId) -> Result<Option<WasteCalendar>, StoreError> {
        let row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        row.one(self.connection()).await.map_err(failed)?.map(WasteCalendar::try_from).transpose()
    }

    async fn sections_of(&self, calendar: WasteCalendarId) -> Result<Vec<Section>, StoreError> {
        self.sections(Some(sections::Column::CalendarId.eq(calendar.0))).await
    }

    async fn sections_in(&self, streets: Option<&[String]>) -> Result<Vec<Section>, StoreError> {
        self.sections(streets.map(|streets| sections::Column::StreetKey.is_in(streets))).await
    }

    async fn waste_streets(&self, prefix: &str, page: &PageRequest) -> Result<Page<StreetEntry>, StoreError> {
        use sections::Column;
        let mut query = self.rows::<sections::Entity>().filter(Column::StreetKey.starts_with(prefix));
        if let Some(after) = &page.after {
            query = query.filter(Column::StreetKey.gt(after.key.as_str()));
        }
        let rows: Vec<(String, String)> = query
            .select_only()
            .column(Column::StreetKey)
            // One of its spellings, where sections have several.
            .column_as(Expr::expr(Func::min(Expr::col(Column::Street))), "street")
            .group_by(Column::StreetKey)
            .order_by_asc(Column::StreetKey)
            .limit(page.limit + 1)
            .into_tuple()
            .all(self.connection())
            .await
            .map_err(failed)?;
        let street = |(key, name)| {
            Ok(StreetEntry { key, name: Street::parse(name).map_err(|_| corrupt("waste_sections.street"))? })
        };
        let found = rows.into_iter().map(street).collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Page::cut(found, page, |street| Position { key: street.key.clone(), id: Uuid::nil() }))
    }
}

impl<C: ConnectionTrait + Send> Db<C> {
    /// Sections by street.
    async fn sections(&self, which: Option<Expr>) -> Result<Vec<Section>, StoreError> {
        use sections::Column;
        let mut rows =
            self.rows::<sections::Entity>().order_by_asc(Column::StreetKey).order_by_asc(Column::Id);
        if let Some(which) = which {
            rows = rows.filter(which);
        }
        rows.all(self.connection()).await.map_err(failed)?.into_iter().map(Section::try_from).collect()
    }
}

#[async_trait]
impl WasteCalendarWrites for Db<DatabaseTransaction> {
    async fn insert_waste_calendar(
        &self,
        now: DateTime<Utc>,
        calendar: &WasteCalendar,
    ) -> Result<(), StoreError> {
        self.insert(ActiveModel {
            municipality_id: Set(self.municipality()?.0),
            id: Set(calendar.id.0),
            version: Set(calendar.version),
            created_at: Set(now),
            ..settings(calendar)?
        })
        .await
    }

    async fn update_waste_calendar(&self, calendar: &WasteCalendar) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel { version: Set(calendar.version + 1), ..settings(calendar)? })
            .filter(Column::Id.eq(calendar.id.0))
            .filter(Column::Version.eq(calendar.version))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn hold_waste_calendar(&self, id: WasteCalendarId) -> Result<Option<WasteCalendar>, StoreError> {
        let mut row = self.rows::<Entity>().filter(Column::Id.eq(id.0));
        dialect::hold(self.backend(), QueryTrait::query(&mut row));
        row.one(self.connection()).await.map_err(failed)?.map(WasteCalendar::try_from).transpose()
    }

    async fn refresh_waste_calendar(&self, calendar: &WasteCalendar) -> Result<(), StoreError> {
        let result = self
            .update::<Entity>()
            .set(ActiveModel {
                covers_from: Set(calendar.covers.map(|covers| covers.from)),
                covers_until: Set(calendar.covers.map(|covers| covers.until)),
                coverage: Set((!calendar.kinds.is_empty()).then(|| json(&calendar.kinds)).transpose()?),
                refreshed_at: Set(calendar.refreshed_at),
                failed_at: Set(calendar.failed_at),
                failure: Set(calendar.failure.as_ref().map(kept).transpose()?),
                ..Default::default()
            })
            .filter(Column::Id.eq(calendar.id.0))
            .exec(self.connection())
            .await
            .map_err(failed)?;
        one_row(&result)
    }

    async fn delete_waste_calendar(&self, id: WasteCalendarId, version: i64) -> Result<(), StoreError> {
        let rows = self.delete::<Entity>().filter(Column::Id.eq(id.0)).filter(Column::Version.eq(version));
        one_deleted(&rows.exec(self.connection()).await.map_err(failed)?)
    }

    async fn put_sections(&self, calendar: WasteCalendarId, sections: &[Section]) -> Result<(), StoreError> {
        let old = self
            .delete::<sections::Entity>()
            .filter(sections::Column::CalendarId.eq(calendar.0))
            .filter(sections::Column::Named.eq(false));
        old.exec(self.connection()).await.map_err(failed)?;
        self.add_sections(sections).await
    }

    async fn add_sections(&self, sections: &[Section]) -> Result<(), StoreError> {
        let municipality = self.municipality()?.0;
        for slice in sections.chunks(SLICE) {
            let rows = slice.iter().map(|section| sections::ActiveModel {
                municipality_id: Set(municipality),
                id: Set(section.id.0),
                calendar_id: Set(section.calendar.0),
                street: Set(section.street.to_string()),
                street_key: Set(street_key(section.street.as_str())),
                houses: Set(section.houses.to_string()),
                named: Set(section.named),
            });
            sections::Entity::insert_many(rows)
                .exec_without_returning(self.connection())
                .await
                .map_err(failed)?;
        }
        Ok(())
    }
}

fn settings(calendar: &WasteCalendar) -> Result<ActiveModel, StoreError> {
    Ok(ActiveModel {
        name: Set(calendar.name.to_string()),
        origin: Set(json(&calendar.origin)?),
        holidays: Set(calendar.holidays.to_string()),
        whole_town: Set(calendar.whole_town),
        stale_after_days: Set(i16::try_from(calendar.stale_after_days).unwrap_or(i16::MAX)),
        ..Default::default()
    })
}
