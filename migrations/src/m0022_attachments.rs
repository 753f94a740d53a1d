//! What broadcasts carry besides their words.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // {"pictures": [{"id": …, "alternatives": […]}], "documents": [{"id": …, "label": …}]}; none where there
        // are none, so that whoever looks for files reads no others.
        let column = json_binary_null("attachments");
        manager.alter_table(Table::alter().table("broadcasts").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("broadcasts").drop_column("attachments").to_owned()).await
    }
}
