//! What broadcasts are written with: polls, templates and saved audiences.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["broadcast_templates", "broadcast_template_versions", "segments", "poll_votes"];

const WITHOUT_RECEIPT: &str = "CREATE INDEX deliveries_without_receipt ON deliveries (municipality_id, updated_at) \
    WHERE state = 'sent' AND channel IN ('sms', 'voice')";

/// What a broadcast gains.
fn columns() -> Vec<ColumnDef> {
    vec![
        // {"question": {"de": …}, "options": [{"de": …}, …]}
        json_binary_null("poll"),
        // No foreign key: what was sent names its template whatever becomes of it.
        uuid_null("template_id"),
        big_integer_null("template_version"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table("broadcasts").add_column(column).to_owned()).await?;
        }
        // The sweep looks every minute for what nobody reported on: by an index of no more than that.
        manager.get_connection().execute_unprepared(WITHOUT_RECEIPT).await?;
        templates(manager).await?;
        segments(manager).await?;
        votes(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await?;
        manager.get_connection().execute_unprepared("DROP INDEX deliveries_without_receipt").await?;
        for column in ["template_version", "template_id", "poll"] {
            manager.alter_table(Table::alter().table("broadcasts").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

async fn templates(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let templates = municipal(
        "broadcast_templates",
        &["id"],
        vec![
            uuid("id"),
            string_len("name", 80),
            // {"severity": …, "sender": …, "texts": …, "placeholders": […]}
            json_binary("body"),
            big_integer("version"),
            timestamp_with_time_zone("changed_at"),
            timestamp_with_time_zone_null("removed_at"),
        ],
    );
    create_guarded(manager, "broadcast_templates", templates).await?;
    let mut versions = municipal(
        "broadcast_template_versions",
        &["template_id", "version"],
        vec![
            uuid("template_id"),
            big_integer("version"),
            string_len("name", 80),
            json_binary("body"),
            // A member of the staff, by their place in this town hall.
            uuid("changed_by"),
            timestamp_with_time_zone("changed_at"),
        ],
    );
    belongs(&mut versions, "template_id", "broadcast_templates", ForeignKeyAction::Cascade);
    create_guarded(manager, "broadcast_template_versions", versions).await
}

async fn segments(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let segments = municipal(
        "segments",
        &["id"],
        vec![
            uuid("id"),
            string_len("name", 80),
            // A filter tree.
            json_binary("audience"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "segments", segments).await?;
    index(manager, "segments_name", "segments", &led(&["name"]), true).await
}

async fn votes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut votes = municipal(
        "poll_votes",
        &["message_id", "person_id"],
        vec![
            uuid("message_id"),
            uuid("person_id"),
            // A guest's phone, named by the app; none for citizens.
            uuid_null("device_id"),
            // Which answer, from 0.
            small_integer("choice"),
            timestamp_with_time_zone("voted_at"),
        ],
    );
    belongs(&mut votes, "message_id", "broadcasts", ForeignKeyAction::Cascade);
    references(&mut votes, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "poll_votes", votes).await?;
    index(manager, "poll_votes_device", "poll_votes", &led(&["message_id", "device_id"]), true).await?;
    index(manager, "poll_votes_person", "poll_votes", &led(&["person_id"]), false).await
}
