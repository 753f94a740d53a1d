//! Changes of the address somebody signs in with, as long as they can be called off or undone.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index, installation, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 1] = ["address_changes"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut changes = installation(
            "address_changes",
            &["id"],
            vec![
                // That of the code that confirms it, which is forgotten about as soon.
                uuid("id"),
                uuid("account_id"),
                string_len("kind", 8),
                string_len("state", 16),
                // None where the account had none of the kind, and before the change is confirmed.
                string_len_null("address_before", 254),
                timestamp_with_time_zone("asked_at"),
                timestamp_with_time_zone_null("confirmed_at"),
            ],
        );
        references(&mut changes, "account_id", "accounts", ForeignKeyAction::Cascade);
        manager.create_table(changes).await?;
        index(manager, "address_changes_account", "address_changes", &["account_id"], false).await?;
        index(manager, "address_changes_asked", "address_changes", &["asked_at"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}
