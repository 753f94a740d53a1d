//! Who looked at what, sealed; what was erased and let expire; and what the law asks a town hall to say.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::table::{create_guarded, drop_all, index, installation, led, municipal};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 8] = [
    "audit_entries",
    "audit_queue",
    "audit_blocks",
    "erasures",
    "photo_removals",
    "retention_runs",
    "legal_facts",
    "testers",
];

/// What is written once and stays. On PostgreSQL the serving role gets no right to change them.
pub const WRITTEN_ONCE: [&str; 2] = ["audit_entries", "audit_blocks"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        audit(manager).await?;
        expiry(manager).await?;
        legal(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table("complaints").drop_column("deidentified").to_owned())
            .await?;
        drop_all(manager, &TABLES).await
    }
}

async fn audit(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(installation(
            "audit_entries",
            &["id"],
            vec![
                uuid("id"),
                timestamp_with_time_zone("at"),
                uuid_null("municipality_id"),
                string_len("actor_kind", 16),
                uuid_null("actor_id"),
                string_len("deed", 16),
                string_len("subject_kind", 24),
                uuid_null("subject_id"),
            ],
        ))
        .await?;
    index(manager, "audit_entries_subject", "audit_entries", &["subject_id", "at"], false).await?;
    // What no block holds yet.
    manager.create_table(installation("audit_queue", &["entry_id"], vec![uuid("entry_id")])).await?;
    manager
        .create_table(installation(
            "audit_blocks",
            &["number"],
            vec![
                big_integer("number"),
                string_len("previous_hash", 64),
                string_len("hash", 64),
                timestamp_with_time_zone("sealed_at"),
                // Identifier and hash of each entry, 32 bytes each, in order.
                blob("entries"),
            ],
        ))
        .await?;
    if manager.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    for table in WRITTEN_ONCE {
        for change in ["UPDATE", "DELETE"] {
            let trigger = format!(
                "CREATE TRIGGER {table}_no_{} BEFORE {change} ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'what was audited stays as it is'); END",
                change.to_lowercase(),
            );
            manager.get_connection().execute_unprepared(&trigger).await?;
        }
    }
    Ok(())
}

async fn expiry(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(installation(
            "erasures",
            &["person_id"],
            vec![
                uuid("person_id"),
                timestamp_with_time_zone("erased_at"),
                // Whether it is noted beside the photos as well, where a restored backup finds it.
                boolean("noted"),
            ],
        ))
        .await?;
    manager
        .create_table(installation(
            "photo_removals",
            &["municipality_id", "photo_id"],
            vec![uuid("municipality_id"), uuid("photo_id")],
        ))
        .await?;
    let runs = municipal(
        "retention_runs",
        &["ran_at", "class"],
        vec![timestamp_with_time_zone("ran_at"), string_len("class", 16), big_integer("removed")],
    );
    create_guarded(manager, "retention_runs", runs).await?;
    manager
        .alter_table(
            Table::alter().table("complaints").add_column(boolean("deidentified").default(false)).to_owned(),
        )
        .await
}

async fn legal(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let facts = municipal(
        "legal_facts",
        &[],
        vec![json_binary("facts"), big_integer("version"), timestamp_with_time_zone("updated_at")],
    );
    create_guarded(manager, "legal_facts", facts).await?;
    let testers = municipal(
        "testers",
        &["id"],
        vec![uuid("id"), string_len("email", 254), timestamp_with_time_zone("created_at")],
    );
    create_guarded(manager, "testers", testers).await?;
    index(manager, "testers_email", "testers", &led(&["email"]), true).await
}
