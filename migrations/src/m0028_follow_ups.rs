//! What follows up one broadcast or another belongs to one incident, which an all-clear ends as a whole; and danger in
//! several towns is served by turns.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{index, led};

#[derive(DeriveMigrationName)]
pub struct Migration;

const BY_INCIDENT: &str = "broadcasts_incident";
const BY_LANE: &str = "work_chunks_lane";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table("broadcasts").add_column(column).to_owned()).await?;
        }
        index(manager, BY_INCIDENT, "broadcasts", &led(&["incident_id"]), false).await?;
        // Whose danger is told next, while a million newsletters wait.
        index(manager, BY_LANE, "work_chunks", &["state", "lane", "municipality_id"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [(BY_LANE, "work_chunks"), (BY_INCIDENT, "broadcasts")] {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for column in ["ended_by", "incident_severity", "incident_id"] {
            manager.alter_table(Table::alter().table("broadcasts").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

fn columns() -> [ColumnDef; 3] {
    [
        // The broadcast with which the incident began, and how urgent that was; none for what follows up nothing.
        uuid_null("incident_id"),
        string_len_null("incident_severity", 16),
        // The all-clear since which nothing of it leaves any more.
        uuid_null("ended_by"),
    ]
}
