//! What a town hall keeps about itself: departments, categories, areas, addresses, rules, staff.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, index, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 7] =
    ["departments", "categories", "areas", "addresses", "staff", "staff_departments", "routing_rules"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        desks(manager).await?;
        places(manager).await?;
        staff(manager).await?;
        rules(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}

async fn desks(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let departments = municipal(
        "departments",
        &["id"],
        vec![
            uuid("id"),
            string_len("name", 80),
            string_len_null("email", 254),
            // Who is told when a promise passes.
            string_len_null("lead_email", 254),
            boolean("is_default"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "departments", departments).await?;
    index(manager, "departments_name", "departments", &led(&["name"]), true).await?;
    manager
        .get_connection()
        .execute_unprepared(
            "CREATE UNIQUE INDEX departments_one_default ON departments (municipality_id) WHERE is_default",
        )
        .await?;

    let categories = municipal(
        "categories",
        &["id"],
        vec![
            uuid("id"),
            string_len("code", 60),
            // {"de": …, "en": …}
            json_binary("names"),
            integer("position"),
            integer("first_answer_days"),
            integer("solution_days"),
            // Whether title, state and coarse place of its complaints are public.
            boolean("is_public"),
            boolean("accepts_guests"),
            boolean("accepts_anonymous"),
            integer("duplicate_radius_m"),
            boolean("active"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "categories", categories).await?;
    index(manager, "categories_code", "categories", &led(&["code"]), true).await
}

async fn places(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let areas = municipal(
        "areas",
        &["id"],
        vec![
            uuid("id"),
            string_len("code", 60),
            string_len("name", 80),
            string_len("kind", 16),
            // GeoJSON geometry, Polygon or MultiPolygon.
            json_binary("geometry"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "areas", areas).await?;
    index(manager, "areas_code", "areas", &led(&["code"]), true).await?;

    let mut addresses = municipal(
        "addresses",
        &["id"],
        vec![
            uuid("id"),
            string_len("street", 120),
            // The street's name folded for comparison: "Leipziger Str." and "leipziger straße" are one.
            string_len("street_key", 120),
            integer("number"),
            string_len("suffix", 8),
            string_len_null("postal_code", 10),
            double_null("lat"),
            double_null("lon"),
            uuid_null("area_id"),
            timestamp_with_time_zone("updated_at"),
        ],
    );
    belongs(&mut addresses, "area_id", "areas", ForeignKeyAction::NoAction);
    create_guarded(manager, "addresses", addresses).await?;
    index(manager, "addresses_house", "addresses", &led(&["street_key", "number", "suffix"]), true).await
}

async fn staff(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut staff = municipal(
        "staff",
        &["id"],
        vec![
            uuid("id"),
            uuid("account_id"),
            string_len("name", 80),
            string_len("role", 16),
            boolean("active"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    references(&mut staff, "account_id", "accounts", ForeignKeyAction::Cascade);
    create_guarded(manager, "staff", staff).await?;
    index(manager, "staff_account", "staff", &led(&["account_id"]), true).await?;

    let mut serves = municipal(
        "staff_departments",
        &["staff_id", "department_id"],
        vec![uuid("staff_id"), uuid("department_id")],
    );
    belongs(&mut serves, "staff_id", "staff", ForeignKeyAction::Cascade);
    belongs(&mut serves, "department_id", "departments", ForeignKeyAction::Cascade);
    create_guarded(manager, "staff_departments", serves).await
}

async fn rules(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut rules = municipal(
        "routing_rules",
        &["id"],
        vec![
            uuid("id"),
            integer("position"),
            string_len("name", 80),
            json_binary("condition"),
            json_binary("actions"),
            // Also inside `actions`; here so that a department with rules cannot be deleted.
            uuid("department_id"),
            boolean("active"),
            // Since when the rule cannot be evaluated, and why: the town is told, nothing is silent.
            timestamp_with_time_zone_null("broken_at"),
            string_len_null("broken_reason", 200),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    belongs(&mut rules, "department_id", "departments", ForeignKeyAction::NoAction);
    create_guarded(manager, "routing_rules", rules).await?;
    index(manager, "routing_rules_order", "routing_rules", &led(&["position"]), false).await
}
