//! The schema: one chain of migrations for SQLite and PostgreSQL. Migrations only add.
//!
//! Every table is either *installation-wide* or belongs to one municipality. A municipality's table
//! leads each primary key, unique constraint and foreign key with `municipality_id` (only keys into
//! installation-wide tables are single-column), and on PostgreSQL its rows are guarded by forced
//! row-level security. So a country can later be sharded on that column.

mod m0001_installation;
mod m0002_register;
mod m0003_complaints;
mod m0004_deliveries;
mod m0005_addresses;
mod m0008_privacy;
mod m0009_turns;
mod m0010_access;
mod m0012_silent_phones;
mod m0013_ties;
mod m0020_broadcasts;
mod m0021_polls;
mod m0022_attachments;
mod m0023_informed;
mod m0026_broadcast_indexes;
mod m0027_numbers;
mod m0028_follow_ups;
mod m0029_generations;
mod m0030_content;
mod m0031_content_sources;
mod m0032_content_source_faults;
mod m0040_waste;
mod m0043_ladders;
mod m0060_sign_out;
mod m0061_address_changes;
mod m0066_waste_coverage;
mod table;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use m0008_privacy::WRITTEN_ONCE;
pub use table::SCOPE_SETTING;

/// The chain in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_installation::Migration),
            Box::new(m0002_register::Migration),
            Box::new(m0003_complaints::Migration),
            Box::new(m0004_deliveries::Migration),
            Box::new(m0005_addresses::Migration),
            Box::new(m0008_privacy::Migration),
            Box::new(m0009_turns::Migration),
            Box::new(m0012_silent_phones::Migration),
            Box::new(m0010_access::Migration),
            Box::new(m0013_ties::Migration),
            Box::new(m0030_content::Migration),
            Box::new(m0020_broadcasts::Migration),
            Box::new(m0040_waste::Migration),
            Box::new(m0060_sign_out::Migration),
            Box::new(m0031_content_sources::Migration),
            Box::new(m0021_polls::Migration),
            Box::new(m0022_attachments::Migration),
            Box::new(m0023_informed::Migration),
            Box::new(m0026_broadcast_indexes::Migration),
            Box::new(m0032_content_source_faults::Migration),
            Box::new(m0027_numbers::Migration),
            Box::new(m0061_address_changes::Migration),
            Box::new(m0029_generations::Migration),
            Box::new(m0028_follow_ups::Migration),
            Box::new(m0043_ladders::Migration),
            Box::new(m0066_waste_coverage::Migration),
        ]
    }
}
