//! Tables of the whole installation. They hold no complaint and no message text.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index, installation, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 15] = [
    "municipalities",
    "people",
    "accounts",
    "credentials",
    "sessions",
    "one_time_codes",
    "contact_points",
    "devices",
    "follows",
    "signing_keys",
    "provider_tokens",
    "rate_counters",
    "idempotency_keys",
    "workers",
    "work_chunks",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        municipalities_and_people(manager).await?;
        sign_in(manager).await?;
        contact_points(manager).await?;
        machinery(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await
    }
}

async fn municipalities_and_people(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(installation(
            "municipalities",
            &["id"],
            vec![
                uuid("id"),
                string_len("slug", 60),
                string_len("name", 80),
                string_len("state", 2),
                string_len("time_zone", 40),
                string_len("reference_prefix", 8),
                // Amtlicher Regionalschlüssel, twelve digits.
                string_len_null("ars", 12),
                // GeoJSON geometry; its bounding box finds the town of a point without reading it.
                json_binary_null("boundary"),
                double_null("min_lat"),
                double_null("max_lat"),
                double_null("min_lon"),
                double_null("max_lon"),
                json_binary("settings"),
                // Raised by every change of rules, areas, departments or categories: what is cached
                // about a town is valid as long as this number stands.
                big_integer("register_version"),
                big_integer("version"),
                timestamp_with_time_zone("created_at"),
            ],
        ))
        .await?;
    index(manager, "municipalities_slug", "municipalities", &["slug"], true).await?;

    manager
        .create_table(installation(
            "people",
            &["id"],
            vec![
                uuid("id"),
                string_len("kind", 16),
                string_len("locale", 5),
                big_integer("version"),
                timestamp_with_time_zone("created_at"),
            ],
        ))
        .await?;

    let mut follows = installation(
        "follows",
        &["person_id", "municipality_id"],
        vec![
            uuid("person_id"),
            uuid("municipality_id"),
            string_len("role", 16),
            timestamp_with_time_zone("created_at"),
        ],
    );
    references(&mut follows, "person_id", "people", ForeignKeyAction::Cascade);
    references(&mut follows, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    manager.create_table(follows).await
}

async fn sign_in(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut accounts = installation(
        "accounts",
        &["id"],
        vec![
            uuid("id"),
            // The citizen behind the account; staff need not be one.
            uuid_null("person_id"),
            string_len_null("email", 254),
            string_len_null("phone", 16),
            string_len_null("name", 80),
            timestamp_with_time_zone_null("disabled_at"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    references(&mut accounts, "person_id", "people", ForeignKeyAction::SetNull);
    manager.create_table(accounts).await?;
    index(manager, "accounts_email", "accounts", &["email"], true).await?;
    index(manager, "accounts_phone", "accounts", &["phone"], true).await?;
    index(manager, "accounts_person", "accounts", &["person_id"], true).await?;

    let mut credentials = installation(
        "credentials",
        &["account_id", "kind"],
        vec![
            uuid("account_id"),
            string_len("kind", 16),
            text("secret"),
            timestamp_with_time_zone("updated_at"),
        ],
    );
    references(&mut credentials, "account_id", "accounts", ForeignKeyAction::Cascade);
    manager.create_table(credentials).await?;

    let mut sessions = installation(
        "sessions",
        &["id"],
        vec![
            uuid("id"),
            string_len("kind", 16),
            uuid_null("person_id"),
            uuid_null("account_id"),
            string_len_null("device_name", 80),
            // Which refresh token of the family is the live one.
            big_integer("generation"),
            timestamp_with_time_zone("rotated_at"),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone("expires_at"),
            timestamp_with_time_zone_null("revoked_at"),
        ],
    );
    references(&mut sessions, "person_id", "people", ForeignKeyAction::Cascade);
    references(&mut sessions, "account_id", "accounts", ForeignKeyAction::Cascade);
    manager.create_table(sessions).await?;
    index(manager, "sessions_person", "sessions", &["person_id"], false).await?;
    index(manager, "sessions_account", "sessions", &["account_id"], false).await?;

    let codes = installation(
        "one_time_codes",
        &["id"],
        vec![
            uuid("id"),
            string_len("purpose", 24),
            string_len("channel", 16),
            string_len("address", 254),
            string_len("locale", 5),
            // What a confirmation confirms: a complaint of that municipality.
            uuid_null("municipality_id"),
            uuid_null("subject_id"),
            string_len("code_hash", 64),
            // Sealed until it has been sent, then gone: the row is its own outbox.
            text_null("sealed_code"),
            integer("tries"),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone("expires_at"),
            timestamp_with_time_zone_null("used_at"),
            timestamp_with_time_zone_null("send_at"),
            integer("send_attempts"),
        ],
    );
    manager.create_table(codes).await?;
    index(manager, "one_time_codes_address", "one_time_codes", &["address", "created_at"], false).await?;
    index(manager, "one_time_codes_outbox", "one_time_codes", &["send_at"], false).await
}

async fn contact_points(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(installation(
            "contact_points",
            &["id"],
            vec![
                uuid("id"),
                string_len("kind", 16),
                // Push token, E.164 number or e-mail address. Tokens outgrow an index row, so the
                // SHA-256 of the address carries the unique constraint.
                text("address"),
                string_len("address_hash", 64),
                string_len_null("platform", 16),
                string_len_null("app", 40),
                string_len_null("environment", 16),
                string_len_null("app_version", 40),
                string_len("locale", 5),
                timestamp_with_time_zone_null("verified_at"),
                timestamp_with_time_zone("registered_at"),
            ],
        ))
        .await?;
    index(manager, "contact_points_address", "contact_points", &["kind", "address_hash"], true).await?;

    let mut devices = installation(
        "devices",
        &["person_id", "id"],
        vec![
            uuid("person_id"),
            uuid("id"),
            uuid("contact_point_id"),
            timestamp_with_time_zone("registered_at"),
        ],
    );
    references(&mut devices, "person_id", "people", ForeignKeyAction::Cascade);
    references(&mut devices, "contact_point_id", "contact_points", ForeignKeyAction::Cascade);
    manager.create_table(devices).await?;
    // A token rings one phone, so it belongs to whoever registered it last.
    index(manager, "devices_contact_point", "devices", &["contact_point_id"], true).await
}

async fn machinery(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager
        .create_table(installation(
            "signing_keys",
            &["kid"],
            vec![
                string_len("kid", 43),
                text("sealed_private_key"),
                text("public_key"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone_null("retired_at"),
            ],
        ))
        .await?;
    manager
        .create_table(installation(
            "provider_tokens",
            &["provider", "team"],
            vec![
                string_len("provider", 16),
                string_len("team", 80),
                text("sealed_token"),
                timestamp_with_time_zone("issued_at"),
            ],
        ))
        .await?;
    manager
        .create_table(installation(
            "rate_counters",
            &["rule", "subject", "window_start"],
            vec![
                string_len("rule", 40),
                string_len("subject", 128),
                timestamp_with_time_zone("window_start"),
                big_integer("count"),
            ],
        ))
        .await?;
    manager
        .create_table(installation(
            "idempotency_keys",
            &["actor", "method", "path", "key"],
            vec![
                string_len("actor", 80),
                string_len("method", 8),
                string_len("path", 300),
                string_len("key", 255),
                string_len("fingerprint", 64),
                integer("status"),
                // The answer as it was given, sealed: it may show a secret once.
                text("sealed_answer"),
                timestamp_with_time_zone("created_at"),
            ],
        ))
        .await?;
    index(manager, "idempotency_keys_age", "idempotency_keys", &["created_at"], false).await?;
    manager
        .create_table(installation(
            "workers",
            &["id"],
            vec![uuid("id"), timestamp_with_time_zone("started_at"), timestamp_with_time_zone("seen_at")],
        ))
        .await?;
    let mut chunks = installation(
        "work_chunks",
        &["id"],
        vec![
            uuid("id"),
            uuid("municipality_id"),
            uuid("message_id"),
            string_len("channel", 16),
            // The severity of the message: crisis never waits behind anything else.
            string_len("lane", 16),
            string_len("state", 16),
            timestamp_with_time_zone("due_at"),
            integer("size"),
            uuid_null("owner"),
            big_integer("epoch"),
            timestamp_with_time_zone_null("lease_until"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    references(&mut chunks, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    manager.create_table(chunks).await?;
    index(manager, "work_chunks_due", "work_chunks", &["state", "lane", "due_at"], false).await?;
    index(manager, "work_chunks_turns", "work_chunks", &["state", "municipality_id", "due_at"], false).await
}
