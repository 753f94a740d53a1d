//! People's ties to town halls: what they follow, what they agreed to, and how they are reached.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::table::{belongs, create_guarded, drop_all, index, installation, led, municipal, references};

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLES: [&str; 9] = [
    "contacts",
    "topics",
    "follow_topics",
    "watched_streets",
    "consents",
    "reach",
    "shared_deliveries",
    "wards",
    "proxies",
];

const FOLLOWS_BY_AREA: &str = "follows_area";

/// What a tie says beyond that it is there. All of it is absent from a tie that came about by filing a
/// complaint.
fn columns() -> Vec<ColumnDef> {
    vec![
        // When the person chose to follow; none for a tie of which only complaints or consents are left.
        timestamp_with_time_zone_null("chosen_at"),
        string_len_null("street", 120),
        string_len_null("street_key", 120),
        integer_null("house_number"),
        string_len_null("house_suffix", 8),
        // The district of the home address. No foreign key: ties are the installation's.
        uuid_null("area_id"),
        double_null("lat"),
        double_null("lon"),
        // Never a birth date.
        string_len_null("age_group", 16),
        string_len_null("locale", 5),
        // {"crisis": ["push", …], …}: what was chosen, or asked for a ward who has not agreed yet.
        json_binary_null("channels"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            manager.alter_table(Table::alter().table("follows").add_column(column).to_owned()).await?;
        }
        index(manager, FOLLOWS_BY_AREA, "follows", &["municipality_id", "area_id"], false).await?;
        interests(manager).await?;
        ledger(manager).await?;
        ways(manager).await?;
        wards(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &TABLES).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION consents_stand()").await?;
        }
        manager.drop_index(Index::drop().name(FOLLOWS_BY_AREA).table("follows").to_owned()).await?;
        for column in columns() {
            let name = column.get_column_name();
            manager.alter_table(Table::alter().table("follows").drop_column(name).to_owned()).await?;
        }
        Ok(())
    }
}

async fn interests(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let topics = municipal(
        "topics",
        &["id"],
        vec![
            uuid("id"),
            string_len("code", 60),
            // {"de": …, "en": …}
            json_binary("names"),
            integer("position"),
            boolean("active"),
            big_integer("version"),
            timestamp_with_time_zone("created_at"),
        ],
    );
    create_guarded(manager, "topics", topics).await?;
    index(manager, "topics_code", "topics", &led(&["code"]), true).await?;

    // By topic first: an audience is everybody who chose it.
    let mut chosen =
        municipal("follow_topics", &["topic_id", "person_id"], vec![uuid("topic_id"), uuid("person_id")]);
    belongs(&mut chosen, "topic_id", "topics", ForeignKeyAction::NoAction);
    references(&mut chosen, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "follow_topics", chosen).await?;
    index(manager, "follow_topics_person", "follow_topics", &led(&["person_id"]), false).await?;

    let mut streets = municipal(
        "watched_streets",
        &["street_key", "person_id"],
        vec![string_len("street_key", 120), uuid("person_id"), string_len("street", 120)],
    );
    references(&mut streets, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "watched_streets", streets).await?;
    index(manager, "watched_streets_person", "watched_streets", &led(&["person_id"]), false).await
}

/// The ledger is only added to, whoever writes: the database itself refuses to change an entry, and to
/// delete one as long as its person is there.
async fn ledger(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let consents = municipal(
        "consents",
        &["person_id", "number"],
        vec![
            // No foreign key: it would take entries along.
            uuid("person_id"),
            // Counts a person's entries. The last one for a channel and a purpose holds.
            big_integer("number"),
            string_len("channel", 16),
            // A severity.
            string_len("purpose", 16),
            // Given, or withdrawn.
            boolean("given"),
            string_len("text_version", 20),
            timestamp_with_time_zone("at"),
            string_len("means", 16),
            // A document's number, a message's or a call's id. Never words.
            string_len_null("proof", 80),
            string_len("by_kind", 16),
            uuid_null("by_id"),
        ],
    );
    create_guarded(manager, "consents", consents).await?;
    let connection = manager.get_connection();
    for statement in match manager.get_database_backend() {
        DbBackend::Postgres => vec![
            "CREATE FUNCTION consents_stand() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM people WHERE id = OLD.person_id) \
             THEN RETURN OLD; END IF; \
             RAISE EXCEPTION 'consents are only added to' USING ERRCODE = 'restrict_violation'; END $$",
            "CREATE TRIGGER consents_stand BEFORE UPDATE OR DELETE ON consents \
             FOR EACH ROW EXECUTE FUNCTION consents_stand()",
        ],
        _ => vec![
            "CREATE TRIGGER consents_unchanged BEFORE UPDATE ON consents \
             BEGIN SELECT RAISE(ABORT, 'consents are only added to'); END",
            "CREATE TRIGGER consents_kept BEFORE DELETE ON consents \
             WHEN EXISTS (SELECT 1 FROM people WHERE id = OLD.person_id) \
             BEGIN SELECT RAISE(ABORT, 'consents are only added to'); END",
        ],
    } {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}

async fn ways(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    // Which mailboxes and telephones are whose; phones with the app stand in `devices`.
    let mut contacts = installation(
        "contacts",
        &["person_id", "contact_point_id"],
        vec![uuid("person_id"), uuid("contact_point_id"), timestamp_with_time_zone("created_at")],
    );
    references(&mut contacts, "person_id", "people", ForeignKeyAction::Cascade);
    references(&mut contacts, "contact_point_id", "contact_points", ForeignKeyAction::Cascade);
    manager.create_table(contacts).await?;
    index(manager, "contacts_contact_point", "contacts", &["contact_point_id"], false).await?;

    let mut reach = municipal(
        "reach",
        &["person_id", "contact_point_id"],
        vec![
            uuid("person_id"),
            uuid("contact_point_id"),
            string_len("channel", 16),
            // Its rung on the ladder, the first is 0.
            integer("position"),
            boolean("crisis"),
            boolean("important"),
            boolean("information"),
            boolean("notice"),
            // False while a ward was asked and has not agreed.
            boolean("active"),
        ],
    );
    references(&mut reach, "person_id", "people", ForeignKeyAction::Cascade);
    references(&mut reach, "contact_point_id", "contact_points", ForeignKeyAction::Cascade);
    create_guarded(manager, "reach", reach).await?;
    index(manager, "reach_contact_point", "reach", &led(&["contact_point_id"]), false).await?;

    // Who else a delivery is for: people who share a number or mailbox are told once.
    let delivery = ["municipality_id", "message_id", "contact_point_id"];
    let mut shared = municipal(
        "shared_deliveries",
        &["message_id", "contact_point_id", "person_id"],
        vec![uuid("message_id"), uuid("contact_point_id"), uuid("person_id")],
    );
    references(&mut shared, "person_id", "people", ForeignKeyAction::Cascade);
    let mut of_delivery = ForeignKey::create();
    of_delivery.to_tbl("deliveries").on_delete(ForeignKeyAction::Cascade);
    for column in delivery {
        of_delivery.from_col(column).to_col(column);
    }
    shared.foreign_key(&mut of_delivery);
    create_guarded(manager, "shared_deliveries", shared).await?;
    index(manager, "shared_deliveries_person", "shared_deliveries", &led(&["person_id"]), false).await
}

async fn wards(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut wards = municipal(
        "wards",
        &["person_id"],
        vec![
            uuid("person_id"),
            string_len("name", 80),
            string_len("state", 16),
            // Who registered them: staff, a proxy, or they themselves by text message.
            string_len("registered_by_kind", 16),
            uuid_null("registered_by"),
            string_len("means", 16),
            timestamp_with_time_zone("registered_at"),
            string_len("text_version", 20),
            // Where the signed form lies.
            string_len_null("document", 80),
            date_null("valid_until"),
            // When they answered or somebody ended it.
            timestamp_with_time_zone_null("settled_at"),
            big_integer("version"),
        ],
    );
    references(&mut wards, "person_id", "people", ForeignKeyAction::Cascade);
    create_guarded(manager, "wards", wards).await?;
    index(manager, "wards_name", "wards", &led(&["name", "person_id"]), false).await?;

    let mut proxies = installation(
        "proxies",
        &["id"],
        vec![
            uuid("id"),
            uuid("ward_id"),
            uuid("municipality_id"),
            // None while an invitation waits.
            uuid_null("proxy_id"),
            // Keyed hash of the invitation's code.
            string_len_null("code_hash", 64),
            timestamp_with_time_zone("created_at"),
            timestamp_with_time_zone_null("expires_at"),
            timestamp_with_time_zone_null("accepted_at"),
        ],
    );
    references(&mut proxies, "ward_id", "people", ForeignKeyAction::Cascade);
    references(&mut proxies, "proxy_id", "people", ForeignKeyAction::Cascade);
    references(&mut proxies, "municipality_id", "municipalities", ForeignKeyAction::Cascade);
    manager.create_table(proxies).await?;
    index(manager, "proxies_ward", "proxies", &["ward_id", "proxy_id"], true).await?;
    index(manager, "proxies_proxy", "proxies", &["proxy_id"], false).await?;
    index(manager, "proxies_code", "proxies", &["code_hash"], true).await
}
