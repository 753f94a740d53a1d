//! The delivery engine: messages, their deliveries, and what was tried.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 4] = ["messages", "deliveries", "attempts", "send_batches"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let messages = municipal(
            "messages",
            &["id"],
            vec![
                uuid("id"),
                string_len("severity", 16),
                // What the text is made from when it is sent, such as `complaint_status`.
                string_len("kind", 32),
                // What it is about: the complaint of a notice.
                uuid_null("subject_id"),
                json_binary("params"),
                timestamp_with_time_zone("expires_at"),
                timestamp_with_time_zone("created_at"),
            ],
        );
        create_guarded(manager, "messages", messages).await?;
        index(manager, "messages_subject", "messages", &led(&["subject_id"]), false).await?;

        let mut deliveries = municipal(
            "deliveries",
            &["message_id", "contact_point_id"],
            vec![
                uuid("message_id"),
                // No foreign key: a removed contact point leaves the record of what it was sent.
                uuid("contact_point_id"),
                uuid_null("person_id"),
                string_len("channel", 16),
                string_len("state", 16),
                uuid("chunk_id"),
                timestamp_with_time_zone("due_at"),
                integer("attempts"),
                string_len_null("reason", 60),
                string_len_null("provider_id", 120),
                timestamp_with_time_zone("updated_at"),
            ],
        );
        belongs(&mut deliveries, "message_id", "messages", ForeignKeyAction::Cascade);
        create_guarded(manager, "deliveries", deliveries).await?;
        index(manager, "deliveries_chunk", "deliveries", &led(&["chunk_id", "state"]), false).await?;
        index(manager, "deliveries_person", "deliveries", &led(&["person_id"]), false).await?;

        let mut attempts = municipal(
            "attempts",
            &["message_id", "contact_point_id", "number"],
            vec![
                uuid("message_id"),
                uuid("contact_point_id"),
                integer("number"),
                timestamp_with_time_zone("at"),
                string_len("outcome", 24),
                string_len_null("reason", 60),
            ],
        );
        belongs(&mut attempts, "message_id", "messages", ForeignKeyAction::Cascade);
        create_guarded(manager, "attempts", attempts).await?;

        // Written before the network call: rows still pending inside a dead epoch's batch may or may
        // not have reached the provider.
        let batches = municipal(
            "send_batches",
            &["chunk_id", "epoch", "from_contact_point"],
            vec![
                uuid("chunk_id"),
                big_integer("epoch"),
                uuid("from_contact_point"),
                uuid("to_contact_point"),
                timestamp_with_time_zone("created_at"),
            ],
        );
        create_guarded(manager, "send_batches", batches).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}
