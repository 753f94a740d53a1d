//! Opening the database.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use fs4::{FileExt, TryLockError};
use sea_orm::{Database, DatabaseConnection, DbBackend, DbErr};

use super::dialect::{self, Purpose};
use crate::private;

/// Why the database could not be opened. Each text is a sentence for whoever runs the installation;
/// none contains the URL, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is of another kind.
    #[error("database.url must begin with sqlite:// or postgres://")]
    UnknownKind,
    /// SQLite serves one process.
    #[error("the database {0} is in use by another rathaus process; SQLite serves one process at a time")]
    InUse(PathBuf),
    /// The folder or the lock file cannot be made.
    #[error("the folder of the database {path} cannot be used: {source}")]
    Folder {
        /// The database file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The schema is older than the program and nobody here may change it.
    #[error("the database has not been migrated to this version; run `rathaus migrate`")]
    SchemaOlder,
    /// The schema knows a migration that this program does not.
    #[error("the database was migrated by a newer version of rathaus; start that version instead")]
    SchemaNewer,
    /// PostgreSQL is older than what we test with.
    #[error("PostgreSQL {0} is too old; rathaus needs PostgreSQL 15 or later")]
    ServerOlder(i32),
    /// The serving role is too powerful.
    #[error("{0}")]
    UnfitRole(&'static str),
    /// The database refused.
    #[error("the database does not answer (database.url, or database.owner_url while migrating): {0}")]
    Refused(#[from] DbErr),
}

/// Open pools: one for everything on PostgreSQL, one that reads and one that writes on SQLite.
#[derive(Clone)]
pub struct Connections {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    writers: usize,
    numbers: Option<DatabaseConnection>,
    // Held as long as the process serves; the system lets go of it even after a crash.
    _lock: Option<Arc<File>>,
}

impl Connections {
    /// Opens the database for serving with up to `size` connections.
    pub async fn open(url: &str, size: u32) -> Result<Self, ConnectError> {
        let writers = dialect::writers(url, size);
        match sqlite_file(url)? {
            None => {
                let pool = Database::connect(dialect::options(url, size, Purpose::Serve)).await?;
                let numbers = Database::connect(dialect::options(url, 1, Purpose::Count)).await?;
                Ok(Self { reader: pool.clone(), writer: pool, writers, numbers: Some(numbers), _lock: None })
            }
            Some(path) => {
                let lock = lock_file(&path)?;
                Self::embedded(url, size, Some(Arc::new(lock))).await
            }
        }
    }

    /// Opens the embedded database for one command while another process serves it. SQLite lets the two write
    /// in turn; nothing is migrated here.
    pub async fn beside(url: &str, size: u32) -> Result<Self, ConnectError> {
        Self::embedded(url, size, None).await
    }

    async fn embedded(url: &str, size: u32, lock: Option<Arc<File>>) -> Result<Self, ConnectError> {
        // The writer first: it makes the file and switches it to WAL.
        let writer = Database::connect(dialect::options(url, 1, Purpose::Write)).await?;
        let reader = Database::connect(dialect::options(url, size, Purpose::Serve)).await?;
        Ok(Self { reader, writer, writers: dialect::writers(url, size), numbers: None, _lock: lock })
    }

    /// Where reads go.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Where writes go.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// How many may write at the same time.
    pub fn writers(&self) -> usize {
        self.writers
    }

    /// Where numbers are taken from, where many write at the same time.
    pub(super) fn numbers(&self) -> Option<&DatabaseConnection> {
        self.numbers.as_ref()
    }

    /// Whether other processes may serve it at the same time.
    pub fn are_shared(&self) -> bool {
        dialect::several_may_serve(self.backend())
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Closes every connection, after what is under way. SQLite then moves what stands in its log into
    /// the database file, so that the file alone is a whole copy.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.reader.clone().close().await?;
        // The one that can write comes last: SQLite's last connection clears the log away.
        self.writer.clone().close().await?;
        match &self.numbers {
            Some(numbers) => numbers.clone().close().await,
            None => Ok(()),
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }
}

/// The file of a SQLite URL, made ready to hold one; none for PostgreSQL.
pub(super) fn sqlite_file(url: &str) -> Result<Option<PathBuf>, ConnectError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(None);
    }
    let path = url.strip_prefix("sqlite:").ok_or(ConnectError::UnknownKind)?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = PathBuf::from(path.split('?').next().unwrap_or(path));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unusable = |source| ConnectError::Folder { path: path.clone(), source };
    private::folder(folder).map_err(unusable)?;
    // SQLite gives its log beside the file the same mode.
    private::file(File::options().append(true)).open(&path).map_err(unusable)?;
    Ok(Some(path))
}

/// Takes the lock beside the database file.
pub(super) fn lock_file(database: &Path) -> Result<File, ConnectError> {
    let path = database.with_extension("lock");
    let folder = |source| ConnectError::Folder { path: database.to_owned(), source };
    let file = private::file(File::options().truncate(false).write(true)).open(path).map_err(folder)?;
    match FileExt::try_lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ConnectError::InUse(database.to_owned())),
        Err(TryLockError::Error(source)) => Err(folder(source)),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, Statement};

    use super::*;

    #[tokio::test]
    async fn the_embedded_database_is_durable_and_keeps_its_references() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("rathaus.db").display());
        let connections = Connections::open(&url, 2).await.unwrap();
        for connection in [connections.writer(), connections.reader()] {
            let pragma = async |name: &str| {
                let sql = format!("PRAGMA {name}");
                let statement = Statement::from_string(connection.get_database_backend(), sql);
                let row = connection.query_one_raw(statement).await.unwrap().unwrap();
                row.try_get_by_index::<String>(0)
                    .or_else(|_| row.try_get_by_index::<i64>(0).map(|number| number.to_string()))
                    .unwrap()
            };
            assert_eq!(pragma("journal_mode").await, "wal");
            assert_eq!(pragma("synchronous").await, "2", "FULL");
            assert_eq!(pragma("foreign_keys").await, "1");
        }
    }
}
