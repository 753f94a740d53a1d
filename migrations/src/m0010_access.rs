//! Kinds of complaints somebody of the staff is limited to, when they were last here, second factors,
//! and keys for programs.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{belongs, create_guarded, drop_all, installation, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 3] = ["staff_categories", "second_factors", "api_keys"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let last_used = timestamp_with_time_zone_null("last_used_at");
        manager.alter_table(Table::alter().table("staff").add_column(last_used).to_owned()).await?;

        let mut limits = municipal(
            "staff_categories",
            &["staff_id", "category_id"],
            vec![uuid("staff_id"), uuid("category_id")],
        );
        belongs(&mut limits, "staff_id", "staff", ForeignKeyAction::Cascade);
        // A kind that limits somebody cannot go: without it they would see every kind.
        belongs(&mut limits, "category_id", "categories", ForeignKeyAction::NoAction);
        create_guarded(manager, "staff_categories", limits).await?;

        let mut factors = installation(
            "second_factors",
            &["account_id"],
            vec![
                uuid("account_id"),
                // The shared secret, sealed and in base64.
                string_len("sealed_secret", 200),
                timestamp_with_time_zone_null("confirmed_at"),
                // The latest time step (RFC 6238) whose code was used: none is good twice.
                big_integer("last_step"),
                // Hashes of the recovery codes that are left.
                json_binary("recovery_hashes"),
                big_integer("version"),
                timestamp_with_time_zone("created_at"),
            ],
        );
        references(&mut factors, "account_id", "accounts", ForeignKeyAction::Cascade);
        manager.create_table(factors).await?;

        let keys = municipal(
            "api_keys",
            &["id"],
            vec![
                uuid("id"),
                string_len("name", 80),
                string_len("mode", 8),
                json_binary("scopes"),
                // SHA-256 of the secret, which has 160 random bits.
                string_len("secret_hash", 64),
                // Who of the staff made it. No foreign key: the key outlives them.
                uuid("made_by"),
                timestamp_with_time_zone("created_at"),
                timestamp_with_time_zone("expires_at"),
                timestamp_with_time_zone_null("last_used_at"),
                timestamp_with_time_zone_null("revoked_at"),
                big_integer("version"),
            ],
        );
        create_guarded(manager, "api_keys", keys).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await?;
        manager.alter_table(Table::alter().table("staff").drop_column("last_used_at").to_owned()).await
    }
}
