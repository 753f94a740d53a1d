//! What is asked of one message while it is on its way is found by that message: what is left of it, and how each
//! person of it is reached. Without them a large broadcast's ladder looks at all of it for each person.

use sea_orm_migration::prelude::*;

use crate::table::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Replaced by the same with the message behind.
const BY_PERSON: (&str, &str) = ("deliveries_person", "deliveries");

const ADDED: [(&str, &str, &[&str]); 3] = [
    ("work_chunks_message", "work_chunks", &["municipality_id", "message_id"]),
    ("deliveries_person_message", "deliveries", &["municipality_id", "person_id", "message_id"]),
    (
        "shared_deliveries_message_person",
        "shared_deliveries",
        &["municipality_id", "message_id", "person_id", "contact_point_id"],
    ),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table, columns) in ADDED {
            index(manager, name, table, columns, false).await?;
        }
        let (name, table) = BY_PERSON;
        manager.drop_index(Index::drop().name(name).table(table).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (name, table) = BY_PERSON;
        index(manager, name, table, &["municipality_id", "person_id"], false).await?;
        for (name, table, _) in ADDED {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        Ok(())
    }
}
