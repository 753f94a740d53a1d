//! What storage must do for the waste calendar, all of it in the municipality in scope.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::{Collection, DueReminder, MissingDates, Reminder, Section, WasteCalendar, WasteType, Window};
use crate::{
    StoreError,
    deliveries::Channel,
    ids::{ContactPointId, MunicipalityId, PersonId, WasteCalendarId, WasteTypeId},
    municipalities::{House, StreetEntry},
    page::{Page, PageRequest},
};

/// Somebody who lives at an address and is told of their own matters.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// Who.
    pub person: PersonId,
    /// The folded name of the street.
    pub street_key: String,
    /// The house.
    pub house: House,
    /// A way that leads to them.
    pub contact_point: ContactPointId,
    /// What it takes.
    pub channel: Channel,
}

/// Reading kinds of waste.
#[async_trait]
pub trait WasteTypeReads: Send + Sync {
    /// The kinds of waste in the town's order.
    async fn waste_types(&self) -> Result<Vec<WasteType>, StoreError>;
}

/// Writing kinds of waste.
#[async_trait]
pub trait WasteTypeWrites: Send + Sync {
    /// Adds a kind. `Duplicate` where its code is taken.
    async fn insert_waste_type(&self, now: DateTime<Utc>, kind: &WasteType) -> Result<(), StoreError>;
    /// Changes a kind at its version and raises it.
    async fn update_waste_type(&self, kind: &WasteType) -> Result<(), StoreError>;
    /// Removes a kind at that version. `Dependent` while collections or reminders are of it.
    async fn delete_waste_type(&self, id: WasteTypeId, version: i64) -> Result<(), StoreError>;
}

/// Reading calendars and whom they are for.
#[async_trait]
pub trait WasteCalendarReads: Send + Sync {
    /// The calendars by name.
    async fn waste_calendars(&self) -> Result<Vec<WasteCalendar>, StoreError>;
    /// One calendar.
    async fn waste_calendar(&self, id: WasteCalendarId) -> Result<Option<WasteCalendar>, StoreError>;
    /// The sections of a calendar by street.
    async fn sections_of(&self, calendar: WasteCalendarId) -> Result<Vec<Section>, StoreError>;
    /// The sections of streets by their folded names; of all streets where absent.
    async fn sections_in(&self, streets: Option<&[String]>) -> Result<Vec<Section>, StoreError>;
    /// Streets with sections by name, those whose folded name begins with `prefix`.
    async fn waste_streets(&self, prefix: &str, page: &PageRequest) -> Result<Page<StreetEntry>, StoreError>;
}

/// Writing calendars and whom they are for.
#[async_trait]
pub trait WasteCalendarWrites: Send + Sync {
    /// Adds a calendar. `Duplicate` where its name is taken.
    async fn insert_waste_calendar(
        &self,
        now: DateTime<Utc>,
        calendar: &WasteCalendar,
    ) -> Result<(), StoreError>;
    /// Changes a calendar's settings at its version and raises it.
    async fn update_waste_calendar(&self, calendar: &WasteCalendar) -> Result<(), StoreError>;
    /// The calendar, held until the end of the transaction: one import at a time.
    async fn hold_waste_calendar(&self, id: WasteCalendarId) -> Result<Option<WasteCalendar>, StoreError>;
    /// Writes when its source was read or asked in vain, and what it covers.
    async fn refresh_waste_calendar(&self, calendar: &WasteCalendar) -> Result<(), StoreError>;
    /// Removes a calendar at that version with its sections and collections.
    async fn delete_waste_calendar(&self, id: WasteCalendarId, version: i64) -> Result<(), StoreError>;
    /// Replaces the sections of a calendar that no file named.
    async fn put_sections(&self, calendar: WasteCalendarId, sections: &[Section]) -> Result<(), StoreError>;
    /// Adds sections that a file named.
    async fn add_sections(&self, sections: &[Section]) -> Result<(), StoreError>;
}

/// Reading collections.
#[async_trait]
pub trait CollectionReads: Send + Sync {
    /// Collections of calendars whose day lies in the window, cancelled ones too; of all calendars where
    /// absent. By day.
    async fn collections(
        &self,
        calendars: Option<&[WasteCalendarId]>,
        window: Window,
    ) -> Result<Vec<Collection>, StoreError>;
    /// Collections of a calendar whose day or regular day is `from` or later.
    async fn collections_from(
        &self,
        calendar: WasteCalendarId,
        from: NaiveDate,
    ) -> Result<Vec<Collection>, StoreError>;
}

/// Writing collections.
#[async_trait]
pub trait CollectionWrites: Send + Sync {
    /// Writes collections, over those of the same identifier.
    async fn put_collections(&self, collections: &[Collection]) -> Result<(), StoreError>;
}

/// Reading reminders, and who is told.
#[async_trait]
pub trait ReminderReads: Send + Sync {
    /// What a person wants to be reminded of.
    async fn reminders(&self, person: PersonId) -> Result<Vec<Reminder>, StoreError>;
    /// Reminders with an address and a way that is chosen for one's own matters, with times of day after
    /// the first and until the second; of the whole day where absent.
    async fn reminders_at(
        &self,
        times: Option<(NaiveTime, NaiveTime)>,
    ) -> Result<Vec<DueReminder>, StoreError>;
    /// Who lives in these streets, or anywhere in town where absent, and is told of their own matters, each
    /// by the ways of their first rung.
    async fn neighbours(&self, streets: Option<&[String]>) -> Result<Vec<Neighbour>, StoreError>;
    /// Up to when reminders were told, of every town hall of the installation that has any.
    async fn reminder_turns(&self) -> Result<Vec<(MunicipalityId, DateTime<Utc>)>, StoreError>;
}

/// Writing reminders.
#[async_trait]
pub trait ReminderWrites: Send + Sync {
    /// Replaces what a person wants to be reminded of, and forgets which gaps they were told of.
    async fn put_reminders(&self, person: PersonId, reminders: &[Reminder]) -> Result<(), StoreError>;
    /// Has reminders of the town hall told from now on, unless they are already.
    async fn begin_reminding(&self, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Writes down who is told of which gap. Answers those who were not told of it before.
    async fn note_missing(
        &self,
        now: DateTime<Utc>,
        missing: &[MissingDates],
    ) -> Result<Vec<MissingDates>, StoreError>;
    /// Takes the turn from one moment to the next; false where another has taken it.
    async fn take_reminder_turn(&self, from: DateTime<Utc>, until: DateTime<Utc>)
    -> Result<bool, StoreError>;
}
