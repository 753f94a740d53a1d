//! Sources of content, and what was taken from them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 2] = ["content_sources", "content_taken"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut sources = municipal(
            "content_sources",
            &["id"],
            vec![
                uuid("id"),
                string_len("name", 80),
                string_len("format", 16),
                // None where staff hand in files.
                string_len_null("url", 200),
                small_integer("every_minutes"),
                boolean("publishes"),
                uuid_null("topic_id"),
                uuid_null("area_id"),
                uuid_null("department_id"),
                // A member of the staff, by their place in this town hall.
                uuid("set_up_by"),
                // What the server said of the state of its last answer.
                string_len_null("etag", 200),
                string_len_null("modified", 200),
                timestamp_with_time_zone_null("asked_at"),
                timestamp_with_time_zone_null("read_at"),
                timestamp_with_time_zone_null("failed_at"),
                string_len_null("failure", 40),
                big_integer("version"),
                timestamp_with_time_zone("created_at"),
            ],
        );
        belongs(&mut sources, "topic_id", "topics", ForeignKeyAction::NoAction);
        belongs(&mut sources, "area_id", "areas", ForeignKeyAction::NoAction);
        belongs(&mut sources, "department_id", "departments", ForeignKeyAction::NoAction);
        create_guarded(manager, "content_sources", sources).await?;
        index(manager, "content_sources_name", "content_sources", &led(&["name"]), true).await?;
        index(manager, "content_sources_topic", "content_sources", &led(&["topic_id"]), false).await?;
        index(manager, "content_sources_area", "content_sources", &led(&["area_id"]), false).await?;
        let by_department = led(&["department_id"]);
        index(manager, "content_sources_department", "content_sources", &by_department, false).await?;

        let mut taken = municipal(
            "content_taken",
            &["source_id", "source_key"],
            vec![
                uuid("source_id"),
                // What makes a piece the same one each time, as the source says.
                string_len("source_key", 200),
                // The piece made of it. No foreign key: what staff removed does not come back.
                uuid("content_id"),
                // What the source said.
                json_binary("sheet"),
            ],
        );
        belongs(&mut taken, "source_id", "content_sources", ForeignKeyAction::Cascade);
        create_guarded(manager, "content_taken", taken).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}
