//! News, places, tours, contacts, events and gazettes, with their pictures and documents.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 3] = ["contents", "content_removals", "content_files"];

/// The number of the town's last change of content. Its row is locked while content changes, so that
/// numbers come in the order of commits.
fn counter() -> ColumnDef {
    let mut column = big_integer("content_version");
    column.default(0);
    column
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("municipalities").add_column(counter()).to_owned()).await?;
        let mut contents = municipal(
            "contents",
            &["id"],
            vec![
                uuid("id"),
                string_len("kind", 16),
                string_len("state", 16),
                // What it refers to stands in the sheet as well; here the database holds it.
                uuid_null("topic_id"),
                uuid_null("area_id"),
                uuid_null("department_id"),
                // All that staff wrote.
                json_binary("sheet"),
                // When it was published first; none for what never was.
                timestamp_with_time_zone_null("published_at"),
                // The number of the change that made it what it is.
                big_integer("changed"),
                big_integer("version"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone("updated_at"),
            ],
        );
        belongs(&mut contents, "topic_id", "topics", ForeignKeyAction::NoAction);
        belongs(&mut contents, "area_id", "areas", ForeignKeyAction::NoAction);
        belongs(&mut contents, "department_id", "departments", ForeignKeyAction::NoAction);
        create_guarded(manager, "contents", contents).await?;
        index(manager, "contents_state", "contents", &led(&["state", "updated_at"]), false).await?;
        index(manager, "contents_topic", "contents", &led(&["topic_id"]), false).await?;
        index(manager, "contents_area", "contents", &led(&["area_id"]), false).await?;
        index(manager, "contents_department", "contents", &led(&["department_id"]), false).await?;

        // What was public and is gone for good: who keeps a copy is told.
        let removals = municipal(
            "content_removals",
            &["id"],
            vec![
                uuid("id"),
                string_len("kind", 16),
                big_integer("changed"),
                timestamp_with_time_zone("removed_at"),
            ],
        );
        create_guarded(manager, "content_removals", removals).await?;
        index(manager, "content_removals_removed", "content_removals", &led(&["removed_at"]), false).await?;

        let files = municipal(
            "content_files",
            &["id"],
            vec![
                uuid("id"),
                string_len("kind", 16),
                // SHA-256 of the bytes as they came in.
                string_len("content_hash", 64),
                integer("width"),
                integer("height"),
                integer("bytes"),
                timestamp_with_time_zone("created_at"),
            ],
        );
        create_guarded(manager, "content_files", files).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await?;
        let column = counter().get_column_name();
        manager.alter_table(Table::alter().table("municipalities").drop_column(column).to_owned()).await
    }
}
