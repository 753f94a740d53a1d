//! Complaints with their history, the decision that routed them, and their photos.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 6] = [
    "reference_counters",
    "complaints",
    "complaint_steps",
    "routing_decisions",
    "photos",
    "complaint_supports",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        complaints(manager).await?;
        history(manager).await?;
        photos(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}

async fn complaints(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let counters = municipal("reference_counters", &["year"], vec![integer("year"), integer("last")]);
    create_guarded(manager, "reference_counters", counters).await?;

    let mut complaints = municipal(
        "complaints",
        &["id"],
        vec![
            uuid("id"),
            string_len("reference", 24),
            string_len("status", 24),
            uuid("category_id"),
            uuid("department_id"),
            uuid_null("assignee_id"),
            string_len("priority", 8),
            text("description"),
            double_null("lat"),
            double_null("lon"),
            string_len_null("address", 200),
            // What the public may know of the place: coarse, or exact once released. Searches of the
            // public list look here, or they would find the exact place by halving.
            double_null("public_lat"),
            double_null("public_lon"),
            // SHA-256 of the report as it was sent: tells a repeated request from another one.
            string_len("content_hash", 64),
            boolean("anonymous"),
            // The citizen or guest who reported; none for an anonymous report.
            uuid_null("reporter_id"),
            // Shown once to an anonymous reporter; only its SHA-256 is kept.
            string_len_null("return_key_hash", 64),
            // Where a guest's confirmation goes until it is given.
            string_len_null("confirm_email", 254),
            uuid_null("original_id"),
            // The public title, only where staff wrote one.
            string_len_null("title", 160),
            // Whether staff released the exact place.
            boolean("place_released"),
            timestamp_with_time_zone_null("first_answer_due_at"),
            timestamp_with_time_zone_null("solution_due_at"),
            timestamp_with_time_zone_null("first_answered_at"),
            timestamp_with_time_zone_null("paused_at"),
            // The due date the desk was last reminded of, and the one its lead was told had passed:
            // a promise that moves is reminded of anew.
            timestamp_with_time_zone_null("reminded_for"),
            timestamp_with_time_zone_null("overdue_told_for"),
            // When it was resolved, rejected or handed over: the objection's 28 days run from here.
            timestamp_with_time_zone_null("settled_at"),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone("updated_at"),
            big_integer("version"),
        ],
    );
    belongs(&mut complaints, "category_id", "categories", ForeignKeyAction::NoAction);
    belongs(&mut complaints, "department_id", "departments", ForeignKeyAction::NoAction);
    belongs(&mut complaints, "assignee_id", "staff", ForeignKeyAction::NoAction);
    belongs(&mut complaints, "original_id", "complaints", ForeignKeyAction::NoAction);
    references(&mut complaints, "reporter_id", "people", ForeignKeyAction::SetNull);
    create_guarded(manager, "complaints", complaints).await?;
    index(manager, "complaints_reference", "complaints", &led(&["reference"]), true).await?;
    index(manager, "complaints_newest", "complaints", &led(&["created_at", "id"]), false).await?;
    index(
        manager,
        "complaints_inbox",
        "complaints",
        &led(&["department_id", "status", "created_at", "id"]),
        false,
    )
    .await?;
    index(manager, "complaints_reporter", "complaints", &led(&["reporter_id", "created_at"]), false).await?;
    index(manager, "complaints_place", "complaints", &led(&["public_lat", "public_lon"]), false).await?;
    index(manager, "complaints_due", "complaints", &led(&["solution_due_at"]), false).await
}

async fn history(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut steps = municipal(
        "complaint_steps",
        &["id"],
        vec![
            uuid("id"),
            uuid("complaint_id"),
            timestamp_with_time_zone("at"),
            string_len("actor_kind", 16),
            // Staff member or person, by kind.
            uuid_null("actor_id"),
            string_len("action", 24),
            string_len_null("from_status", 24),
            string_len_null("to_status", 24),
            text_null("public_text"),
            text_null("internal_text"),
        ],
    );
    belongs(&mut steps, "complaint_id", "complaints", ForeignKeyAction::Cascade);
    create_guarded(manager, "complaint_steps", steps).await?;
    index(manager, "complaint_steps_order", "complaint_steps", &led(&["complaint_id", "at", "id"]), false)
        .await?;

    let mut decisions = municipal(
        "routing_decisions",
        &["id"],
        vec![
            uuid("id"),
            uuid("complaint_id"),
            timestamp_with_time_zone("decided_at"),
            uuid_null("rule_id"),
            uuid("department_id"),
            // Matched conditions, rules tried before, what could not be decided, why the default.
            json_binary("reasons"),
        ],
    );
    belongs(&mut decisions, "complaint_id", "complaints", ForeignKeyAction::Cascade);
    create_guarded(manager, "routing_decisions", decisions).await?;
    index(
        manager,
        "routing_decisions_order",
        "routing_decisions",
        &led(&["complaint_id", "decided_at"]),
        false,
    )
    .await
}

async fn photos(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut photos = municipal(
        "photos",
        &["id"],
        vec![
            uuid("id"),
            // None until the complaint is filed; unattached photos go after a day.
            uuid_null("complaint_id"),
            // Who sent it: a photo is attached only by its sender.
            string_len("sender", 80),
            integer("position"),
            integer("width"),
            integer("height"),
            string_len("content_hash", 64),
            timestamp_with_time_zone_null("released_at"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    belongs(&mut photos, "complaint_id", "complaints", ForeignKeyAction::Cascade);
    create_guarded(manager, "photos", photos).await?;
    index(manager, "photos_complaint", "photos", &led(&["complaint_id", "position"]), false).await?;

    let mut supports = municipal(
        "complaint_supports",
        &["complaint_id", "person_id"],
        vec![uuid("complaint_id"), uuid("person_id"), timestamp_with_time_zone("created_at")],
    );
    belongs(&mut supports, "complaint_id", "complaints", ForeignKeyAction::Cascade);
    references(&mut supports, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "complaint_supports", supports).await
}
