//! Bringing the schema up to this version, safely when two instances start at once.

use migrations::Migrator;
use sea_orm::{Database, DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;

use super::{
    connect::{ConnectError, Connections, lock_file, sqlite_file},
    dialect::{self, Purpose},
};

/// The oldest major version of PostgreSQL that the statements are tested with.
const OLDEST_POSTGRES: i32 = 15;

/// Applies what is missing. `url` is the owner's (`database.owner_url`) on PostgreSQL; `serving_role`
/// names the role of `database.url`, which is granted the use of the tables.
///
/// On SQLite the caller must not serve at the same time, or holds the lock itself: then pass its
/// connections to [`migrate_open`].
pub async fn migrate(url: &str, serving_role: Option<&str>) -> Result<(), ConnectError> {
    let _lock = sqlite_file(url)?.map(|path| lock_file(&path)).transpose()?;
    let owner = Database::connect(dialect::options(url, 1, Purpose::Migrate)).await?;
    let outcome = apply(&owner, serving_role).await;
    // Closing the only connection of the pool also gives the lock back.
    owner.close().await?;
    outcome
}

/// Applies what is missing through connections that already hold SQLite's lock.
pub async fn migrate_open(connections: &Connections) -> Result<(), ConnectError> {
    apply(connections.writer(), None).await
}

async fn apply(owner: &DatabaseConnection, serving_role: Option<&str>) -> Result<(), ConnectError> {
    modern_enough(owner).await?;
    dialect::lock_schema(owner).await?;
    Migrator::up(owner, None).await?;
    if let Some(role) = serving_role {
        dialect::grant(owner, role).await?;
    }
    Ok(())
}

/// Goes on only where the schema is exactly this program's and the serving role is bound by
/// row-level security.
pub async fn check(connections: &Connections) -> Result<(), ConnectError> {
    modern_enough(connections.reader()).await?;
    // The serving role may not create the migrations' own table, so this only reads.
    match Migrator::get_pending_migrations_read_only(connections.reader()).await {
        Ok(pending) if pending.is_empty() => {}
        Ok(_) => return Err(ConnectError::SchemaOlder),
        // The one error that is not the database's: an applied migration is unknown here.
        Err(DbErr::Custom(_)) => return Err(ConnectError::SchemaNewer),
        Err(error) => return Err(error.into()),
    }
    match dialect::unfit_role(connections.reader()).await? {
        Some(reason) => Err(ConnectError::UnfitRole(reason)),
        None => Ok(()),
    }
}

async fn modern_enough(connection: &DatabaseConnection) -> Result<(), ConnectError> {
    match dialect::server_version(connection).await? {
        Some(version) if version < OLDEST_POSTGRES => Err(ConnectError::ServerOlder(version)),
        _ => Ok(()),
    }
}
