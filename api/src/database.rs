//! From the settings to an open database with this program's schema.

use infrastructure::db::{
    ConnectError, Connections, SqlStore, dialect,
    migrate::{check, migrate, migrate_open},
};

use crate::{
    cli::Failure,
    config::{Config, ConfigError, DatabaseUrl},
};

/// Opens the database to work with it. The embedded one is brought up to date; PostgreSQL only where
/// `database.owner_url` is set, otherwise an older schema is refused.
pub async fn open(config: &Config) -> Result<SqlStore, Failure> {
    let url = &config.database.url;
    if let Some(owner) = &config.database.owner_url {
        migrate_as(owner, url).await?;
    }
    let connections = Connections::open(url.expose(), config.database.connections).await?;
    if url.is_sqlite() {
        migrate_open(&connections).await?;
    }
    check(&connections).await?;
    Ok(SqlStore::new(connections))
}

/// Opens the database for one command, also beside the process that serves it: people work with it meanwhile.
pub async fn open_for_command(config: &Config) -> Result<SqlStore, Failure> {
    let url = &config.database.url;
    match open(config).await {
        Err(failure) if matches!(failure.downcast_ref(), Some(ConnectError::InUse(_))) => {
            let connections = Connections::beside(url.expose(), 1).await?;
            check(&connections).await?;
            Ok(SqlStore::new(connections))
        }
        opened => opened,
    }
}

/// Brings the schema up to date without opening the database for anything else.
pub async fn bring_up_to_date(config: &Config) -> Result<(), Failure> {
    let url = &config.database.url;
    match &config.database.owner_url {
        Some(owner) => migrate_as(owner, url).await,
        None if url.is_sqlite() => Ok(migrate(url.expose(), None).await?),
        None => Err(ConfigError::setting(
            "database.owner_url",
            "is not set; it names the role that owns the tables and may change them",
        )
        .into()),
    }
}

async fn migrate_as(owner: &DatabaseUrl, serving: &DatabaseUrl) -> Result<(), Failure> {
    let role = dialect::role_of(serving.expose());
    Ok(migrate(owner.expose(), role.as_deref()).await?)
}
