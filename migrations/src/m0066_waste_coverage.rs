//! Which days a waste calendar covers for each kind of waste, why its source gave no dates, where a collection
//! was moved from, and who was told that dates are missing.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 1] = ["waste_gaps_told"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // {"<kind>": [{"from": …, "until": …}]}; none where `covers_from` and `covers_until` hold for all kinds.
        add(manager, "waste_calendars", json_binary_null("coverage")).await?;
        // {"code": …, "faults": [["/4/date", "wrong_type"]]}
        add(manager, "waste_calendars", json_binary_null("failure")).await?;
        // The day it was before its source said another.
        add(manager, "waste_collections", date_null("before_on")).await?;
        let mut told = municipal(
            "waste_gaps_told",
            &["person_id", "calendar_id", "since_on"],
            vec![
                uuid("person_id"),
                uuid("calendar_id"),
                // The first day about which nothing is known.
                date("since_on"),
                timestamp_with_time_zone("told_at"),
            ],
        );
        references(&mut told, "person_id", "people", ForeignKeyAction::Cascade);
        belongs(&mut told, "calendar_id", "waste_calendars", ForeignKeyAction::Cascade);
        create_guarded(manager, "waste_gaps_told", told).await?;
        index(manager, "waste_gaps_told_calendar", "waste_gaps_told", &led(&["calendar_id"]), false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await?;
        for (table, column) in [
            ("waste_collections", "before_on"),
            ("waste_calendars", "failure"),
            ("waste_calendars", "coverage"),
        ] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
