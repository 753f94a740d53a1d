//! Who of the staff told somebody what a broadcast says, where no channel did.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key, as for who wrote and approved.
        let column = uuid_null("informed_by");
        manager.alter_table(Table::alter().table("audience").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("audience").drop_column("informed_by").to_owned()).await
    }
}
