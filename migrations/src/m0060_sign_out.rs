//! In which session a phone was registered, so that it is told nothing more once that one is ended; and
//! whose a one-time code is that goes to an address nobody signs in with yet.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // None for a phone that was registered before: the app does it again at its next start. No foreign
        // key: sessions that ran out are forgotten, and their phones are still told of a crisis.
        add(manager, "devices", uuid_null("session_id")).await?;
        index(manager, "devices_session", "devices", &["session_id"], false).await?;
        // None where the code goes to whoever has the address. No foreign key: codes are gone in a day.
        add(manager, "one_time_codes", uuid_null("account_id")).await?;
        index(manager, "one_time_codes_account", "one_time_codes", &["account_id"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, name) in [
            ("one_time_codes", "account_id", "one_time_codes_account"),
            ("devices", "session_id", "devices_session"),
        ] {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
