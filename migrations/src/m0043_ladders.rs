//! The ladder a broadcast began with: what the town decides afterwards does not change it.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // [{"channel": "sms", "wait": 300, "ends": "acknowledged"}, …]; none where nothing climbs.
        let column = json_binary_null("ladder");
        manager.alter_table(Table::alter().table("broadcasts").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("broadcasts").drop_column("ladder").to_owned()).await
    }
}
