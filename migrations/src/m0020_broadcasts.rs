//! Broadcasts: what the town hall tells many, whom it was for, and how far it has come.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, installation, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 3] = ["broadcasts", "audience", "broadcast_turns"];
const FOLLOWS_BY_TOWN: &str = "follows_municipality";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        broadcasts(manager).await?;
        audience(manager).await?;
        turns(manager).await?;
        // An audience is resolved in slices of people of one town hall.
        index(manager, FOLLOWS_BY_TOWN, "follows", &["municipality_id", "person_id"], false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(FOLLOWS_BY_TOWN).table("follows").to_owned()).await?;
        drop_all(manager, &TABLES).await
    }
}

async fn broadcasts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut broadcasts = municipal(
        "broadcasts",
        &["id"],
        vec![
            // The message that is made of it has the same.
            uuid("id"),
            string_len("state", 16),
            string_len("severity", 16),
            uuid_null("topic_id"),
            // The office that speaks.
            string_len("sender", 80),
            // {"de": {"title": …, "body": …}, "en": …}
            json_binary("texts"),
            json_binary("links"),
            // A filter tree; none where it goes to those an earlier one reached.
            json_binary_null("audience"),
            // The first broadcast, and what this one says about it.
            uuid_null("first_id"),
            string_len_null("follow_up", 16),
            // A drill takes every step and reaches nobody.
            boolean("drill"),
            timestamp_with_time_zone_null("send_at"),
            timestamp_with_time_zone("expires_at"),
            // Members of the staff, by their place in this town hall.
            uuid("created_by"),
            uuid_null("submitted_by"),
            uuid_null("approved_by"),
            timestamp_with_time_zone_null("submitted_at"),
            timestamp_with_time_zone_null("approved_at"),
            // Why nobody else approved it.
            text_null("glass_broken"),
            timestamp_with_time_zone_null("sending_at"),
            timestamp_with_time_zone_null("ended_at"),
            // People planned so far, the last of them, and whether that is all of them.
            big_integer("people"),
            uuid_null("planned_through"),
            boolean("planned"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    belongs(&mut broadcasts, "topic_id", "topics", ForeignKeyAction::NoAction);
    create_guarded(manager, "broadcasts", broadcasts).await?;
    index(manager, "broadcasts_age", "broadcasts", &led(&["created_at"]), false).await
}

/// One row for each person a broadcast is for, written when it is sent.
async fn audience(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut audience = municipal(
        "audience",
        &["message_id", "person_id"],
        vec![
            uuid("message_id"),
            uuid("person_id"),
            // Why nothing can be sent to them; none for whom there is a delivery.
            string_len_null("reason", 24),
            timestamp_with_time_zone_null("read_at"),
            timestamp_with_time_zone_null("acknowledged_at"),
            // How they said so: by the app, a key, a text message.
            string_len_null("acknowledged_by", 16),
            // The rung they stand on, and when the next one is due; none where the ladder has ended.
            small_integer("rung"),
            timestamp_with_time_zone_null("next_at"),
            timestamp_with_time_zone_null("proxy_told_at"),
        ],
    );
    belongs(&mut audience, "message_id", "messages", ForeignKeyAction::Cascade);
    references(&mut audience, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "audience", audience).await?;
    index(manager, "audience_person", "audience", &led(&["person_id", "message_id"]), false).await?;
    index(manager, "audience_ladder", "audience", &led(&["message_id", "next_at"]), false).await
}

/// Which broadcast is to be looked at when. Workers look for every town hall's at once.
async fn turns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut turns = installation(
        "broadcast_turns",
        &["broadcast_id"],
        vec![
            uuid("broadcast_id"),
            uuid("municipality_id"),
            // Danger first.
            small_integer("rank"),
            timestamp_with_time_zone("due_at"),
        ],
    );
    references(&mut turns, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    manager.create_table(turns).await?;
    index(manager, "broadcast_turns_due", "broadcast_turns", &["rank", "due_at"], false).await
}
