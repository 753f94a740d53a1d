//! What was wrong in a source of content when it failed last.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "content_sources";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // [["/9/dtstart", "required"]]: where, and the code of a problem.
        let faults = json_binary_null("faults");
        manager.alter_table(Table::alter().table(TABLE).add_column(faults).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(TABLE).drop_column("faults").to_owned()).await
    }
}
