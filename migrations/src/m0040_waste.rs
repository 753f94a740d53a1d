//! The waste calendar: kinds, calendars with their sections and collections, and who is reminded of what.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, installation, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 6] = [
    "waste_types",
    "waste_calendars",
    "waste_sections",
    "waste_collections",
    "waste_reminders",
    "waste_reminder_turns",
];
const FOLLOWS_BY_STREET: &str = "follows_street";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        calendars(manager).await?;
        collections(manager).await?;
        reminders(manager).await?;
        // Who lives in a street whose dates changed.
        index(manager, FOLLOWS_BY_STREET, "follows", &["municipality_id", "street_key"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(FOLLOWS_BY_STREET).table("follows").to_owned()).await?;
        drop_all(manager, &TABLES).await
    }
}

async fn calendars(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let types = municipal(
        "waste_types",
        &["id"],
        vec![
            uuid("id"),
            string_len("code", 60),
            // {"de": …, "en": …}
            json_binary("names"),
            // What sources call it: ["Restmüll", …]
            json_binary("words"),
            integer("position"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "waste_types", types).await?;
    index(manager, "waste_types_code", "waste_types", &led(&["code"]), true).await?;

    let calendars = municipal(
        "waste_calendars",
        &["id"],
        vec![
            uuid("id"),
            string_len("name", 80),
            // Where its dates come from, and how to ask for them.
            json_binary("origin"),
            string_len("holidays", 16),
            boolean("whole_town"),
            small_integer("stale_after_days"),
            // The days it says everything about.
            date_null("covers_from"),
            date_null("covers_until"),
            timestamp_with_time_zone_null("refreshed_at"),
            timestamp_with_time_zone_null("failed_at"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "waste_calendars", calendars).await?;
    index(manager, "waste_calendars_name", "waste_calendars", &led(&["name"]), true).await?;

    let mut sections = municipal(
        "waste_sections",
        &["id"],
        vec![
            uuid("id"),
            uuid("calendar_id"),
            string_len("street", 120),
            string_len("street_key", 120),
            // `2-8 even`, `12a`, `all`
            string_len("houses", 40),
            // Whether a file named it on its lines.
            boolean("named"),
        ],
    );
    belongs(&mut sections, "calendar_id", "waste_calendars", ForeignKeyAction::Cascade);
    create_guarded(manager, "waste_sections", sections).await?;
    index(manager, "waste_sections_street", "waste_sections", &led(&["street_key"]), false).await?;
    index(manager, "waste_sections_calendar", "waste_sections", &led(&["calendar_id"]), false).await
}

async fn collections(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut collections = municipal(
        "waste_collections",
        &["id"],
        vec![
            uuid("id"),
            uuid("calendar_id"),
            // None where it is for all of the calendar.
            uuid_null("section_id"),
            uuid("type_id"),
            // The day the source says, and the day it is.
            date("regular_on"),
            date("on_date"),
            string_len("status", 16),
            string_len_null("reason", 16),
            // Of what people bring themselves.
            string_len_null("place", 160),
            time_null("starts_at"),
            time_null("ends_at"),
            integer("sequence"),
            timestamp_with_time_zone("changed_at"),
        ],
    );
    belongs(&mut collections, "calendar_id", "waste_calendars", ForeignKeyAction::Cascade);
    belongs(&mut collections, "section_id", "waste_sections", ForeignKeyAction::Cascade);
    belongs(&mut collections, "type_id", "waste_types", ForeignKeyAction::NoAction);
    create_guarded(manager, "waste_collections", collections).await?;
    let by_day = led(&["calendar_id", "on_date"]);
    index(manager, "waste_collections_day", "waste_collections", &by_day, false).await?;
    index(manager, "waste_collections_date", "waste_collections", &led(&["on_date"]), false).await?;
    index(manager, "waste_collections_type", "waste_collections", &led(&["type_id"]), false).await
}

async fn reminders(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut reminders = municipal(
        "waste_reminders",
        &["person_id", "position"],
        vec![
            uuid("person_id"),
            small_integer("position"),
            // None for every kind.
            uuid_null("type_id"),
            small_integer("days_before"),
            // Minutes since midnight on the town's clocks.
            small_integer("minute"),
            string_len("channel", 16),
        ],
    );
    references(&mut reminders, "person_id", "people", ForeignKeyAction::Cascade);
    belongs(&mut reminders, "type_id", "waste_types", ForeignKeyAction::NoAction);
    create_guarded(manager, "waste_reminders", reminders).await?;
    index(manager, "waste_reminders_minute", "waste_reminders", &led(&["minute"]), false).await?;

    let mut turns = installation(
        "waste_reminder_turns",
        &["municipality_id"],
        vec![
            uuid("municipality_id"),
            // What fell due until then has been told.
            timestamp_with_time_zone("told_until"),
        ],
    );
    references(&mut turns, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    manager.create_table(turns).await
}
