//! A temporary SQLite file for each test.

use std::{fs, path::Path};

use infrastructure::db::migrate::migrate;
use tokio::sync::OnceCell;

static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The address of a fresh database in the file `path`: a copy of the migrated template, or empty.
pub async fn create_database(path: &Path, migrated: bool) -> String {
    if migrated {
        fs::write(path, TEMPLATE.get_or_init(migrate_template).await).unwrap();
    }
    url(path)
}

async fn migrate_template() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.db");
    migrate(&url(&path), None).await.unwrap();
    fs::read(path).unwrap()
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}
