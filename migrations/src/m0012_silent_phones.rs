//! Every minute a sweep looks for phones that have long been silent: by an index, not through all of them.

use sea_orm_migration::prelude::*;

const NAME: &str = "contact_points_silent";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index =
            Index::create().name(NAME).table("contact_points").col("kind").col("registered_at").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table("contact_points").to_owned()).await
    }
}
