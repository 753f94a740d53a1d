//! How often a delivery was made due again after it had left, so that a late report on an earlier time does not end
//! the one that is still to come.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Names of deliveries that providers were given before carry none: they are of the first.
        let column = integer("generation").default(0).to_owned();
        manager.alter_table(Table::alter().table("deliveries").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("deliveries").drop_column("generation").to_owned()).await
    }
}
