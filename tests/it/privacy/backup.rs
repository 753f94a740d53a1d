//! A backup is taken while people write, and its way back brings everything but who was erased since.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use api::{cli, server::Server};
use domain::{
    Scope, Store,
    deliveries::{NewMessage, Recipients, Severity, Topic},
    ids::MessageId,
    staff::Role,
};
use infrastructure::{
    backup::{BackupError, Manifest, Target, back_up, restore},
    db::{Connections, SqlStore},
    photos::PhotoStore,
    privacy::upkeep,
    secrets::{hex, sha256},
};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use tempfile::TempDir;

use super::planted::PLANTED;
use crate::{
    complaints::{COMPLAINTS, report_with},
    content::{PDF, furnish},
    desk::town::Town,
    support::{EmptyDatabase, Engine, Fixture, TestDatabase, installation::config, on_both},
    tenancy::catalogue::tables,
};

on_both!(
    a_backup_taken_while_writing_comes_back_whole,
    who_was_erased_since_stays_erased,
    content_comes_back_with_its_files,
    what_is_damaged_is_refused
);

/// A hash of every table's rows, past row-level security.
async fn hashes(url: &str, database: &TestDatabase) -> BTreeMap<String, String> {
    let connection = Database::connect(url).await.unwrap();
    let mut hashes = BTreeMap::new();
    for (name, table) in tables(database).await {
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|column| match database.engine {
                Engine::Sqlite => format!("quote(\"{column}\")"),
                Engine::Postgres => format!("coalesce(\"{column}\"::text, 'NULL')"),
            })
            .collect();
        let sql = format!("SELECT {} AS line FROM {name} ORDER BY 1", columns.join(" || ',' || "));
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let mut lines = String::new();
        for row in connection.query_all_raw(statement).await.unwrap() {
            lines.push_str(&row.try_get::<String>("", "line").unwrap());
        }
        hashes.insert(name, hex(&sha256(lines.as_bytes())));
    }
    connection.close().await.unwrap();
    hashes
}

/// An empty place of the same kind of database.
struct Place {
    database: TestDatabase,
    files: TempDir,
}

impl Place {
    async fn like(town: &Town) -> Self {
        let EmptyDatabase(database) = EmptyDatabase::on(town.rathaus.database().engine).await;
        if database.engine == Engine::Sqlite {
            // Empty is: not there.
            std::fs::remove_file(database.url.trim_start_matches("sqlite://")).ok();
        }
        Self { database, files: tempfile::tempdir().unwrap() }
    }

    fn photos(&self) -> PhotoStore {
        PhotoStore::open(&format!("file://{}", self.files.path().display()), []).unwrap()
    }

    async fn restore(
        &self,
        from: &std::path::Path,
        town: &Town,
    ) -> Result<infrastructure::backup::Restored, BackupError> {
        let photos = self.photos();
        let owner_url =
            (self.database.engine == Engine::Postgres).then_some(self.database.owner_url.as_str());
        let target = Target { url: &self.database.url, owner_url, photos: &photos };
        restore(from, &target, &[], town.now()).await
    }
}

async fn a_backup_taken_while_writing_comes_back_whole(town: Town) {
    let planted = town.plant().await;
    let message = NewMessage {
        id: MessageId(town.rathaus.clock.uuid()),
        severity: Severity::Notice,
        topic: Topic::DeviceTest,
        to: Recipients::Devices(planted.person),
        expires_at: town.now() + chrono::TimeDelta::hours(1),
    };
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    tx.enqueue(town.now(), &message).await.unwrap();
    tx.commit().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("backup");
    let done = AtomicBool::new(false);
    let url = town.rathaus.database().url.clone();
    let write = async {
        let mut written = 0;
        while !done.load(Ordering::Relaxed) {
            let report = report_with(json!({"description": format!("Während der Sicherung, {written}")}));
            let status = town.rathaus.post(COMPLAINTS, &report).send().await.status;
            assert!(status == 201 || status == 429, "{status}");
            written += 1;
        }
        written
    };
    let copy = async {
        let begun = Instant::now();
        let manifest = back_up(&url, town.photo_store(), &into, town.now()).await.unwrap();
        done.store(true, Ordering::Relaxed);
        (manifest, begun.elapsed())
    };
    let (written, (manifest, took)) = tokio::join!(write, copy);
    println!("{written} requests during a backup of {} ms, {} files", took.as_millis(), manifest.files.len());

    assert_eq!(open_to_others(&into), [""; 0], "everything a backup holds is its owner's");

    // Twice: what both bring back is the same, row by row.
    let (one, other) = (Place::like(&town).await, Place::like(&town).await);
    let restored = one.restore(&into, &town).await.unwrap();
    if one.database.engine == Engine::Sqlite {
        let file = std::fs::metadata(one.database.url.trim_start_matches("sqlite://")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "only the server reads it");
    }
    other.restore(&into, &town).await.unwrap();
    let one_hashes = hashes(&one.database.superuser_url, &one.database).await;
    assert_eq!(one_hashes, hashes(&other.database.superuser_url, &other.database).await);
    assert!(one_hashes.len() > 30);
    assert!(restored.pictures == 1 && restored.erased_again == 0 && restored.undecided > 0, "{restored:?}");
    // What nobody wrote to meanwhile is as it was.
    let source = hashes(&town.rathaus.database().superuser_url, town.rathaus.database()).await;
    for table in ["people", "accounts", "photos", "departments", "categories", "devices", "legal_facts"] {
        assert_eq!(one_hashes[table], source[table], "{table}");
    }
    let again = one.restore(&into, &town).await;
    assert!(matches!(again, Err(BackupError::NotEmpty)), "{again:?}");

    // The restored one serves, its laws hold, and it sends nothing again.
    let server = Server::start(config(&one.database, &one.files), town.rathaus.clock.clone(), cli::Role::Api)
        .await
        .unwrap();
    let view = server.store().view(Scope::Municipality(town.town.id)).await.unwrap();
    let ledger = view.ledger().await.unwrap();
    assert!(ledger.balances() && ledger.planned > 0, "{ledger:?}");
    assert_eq!(ledger.states.get("pending"), None, "{ledger:?}");
    drop(view);
    let verdict = server.store().installation().verify_audit().await.unwrap();
    assert_eq!(verdict.faults, Vec::new());
    server.stop().await.unwrap();
}

async fn content_comes_back_with_its_files(town: Town) {
    let editor = town.rathaus.employ(&town.town, "editor@example.org", Role::Admin).await;
    let editor = town.rathaus.token(&editor).await;
    let slug = town.town.slug.as_str();
    let furnished = BTreeMap::from_iter(furnish(&town.rathaus, slug, &editor).await);
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("backup");
    back_up(&town.rathaus.database().url, town.photo_store(), &into, town.now()).await.unwrap();
    let place = Place::like(&town).await;
    place.restore(&into, &town).await.unwrap();
    let settings = config(&place.database, &place.files);
    let server = Server::start(settings, town.rathaus.clock.clone(), cli::Role::Api).await.unwrap();
    for (path, id, begins) in
        [("documents", "document", PDF), ("pictures", "content_file", [0xff, 0xd8].as_slice())]
    {
        let url =
            format!("http://{}/v1/municipalities/{slug}/{path}/{}", server.address().unwrap(), furnished[id]);
        let answer = reqwest::get(&url).await.unwrap();
        assert_eq!(answer.status(), 200, "{url}");
        assert!(answer.bytes().await.unwrap().starts_with(begins));
    }
    server.stop().await.unwrap();
}

async fn who_was_erased_since_stays_erased(town: Town) {
    let planted = town.plant().await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("backup");
    back_up(&town.rathaus.database().url, town.photo_store(), &into, town.now()).await.unwrap();
    assert_eq!(town.rathaus.delete("/v1/me").bearer(&planted.token).send().await.status, 204);
    upkeep::tidy(town.rathaus.store(), town.photo_store()).await.unwrap();

    // The photos of today know who was erased; the database comes from yesterday.
    let place = Place::like(&town).await;
    let later = folder.path().join("later");
    let manifest =
        back_up(&town.rathaus.database().url, town.photo_store(), &later, town.now()).await.unwrap();
    assert_eq!(manifest.erased, [planted.person]);
    let photos = place.photos();
    let owner_url = (place.database.engine == Engine::Postgres).then_some(place.database.owner_url.as_str());
    let target = Target { url: &place.database.url, owner_url, photos: &photos };
    let restored = restore(&into, &target, &manifest.erased, town.now()).await.unwrap();
    assert_eq!(restored.erased_again, 1);
    let store = SqlStore::new(Connections::open(&place.database.url, 2).await.unwrap());
    assert!(store.installation().still_here(&[planted.person]).await.unwrap().is_empty());
    let connection = Database::connect(&place.database.superuser_url).await.unwrap();
    for (table, column) in
        [("complaints", "description"), ("accounts", "email"), ("complaint_steps", "public_text")]
    {
        let sql = format!("SELECT coalesce({column}, '') AS word FROM {table}");
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        for row in connection.query_all_raw(statement).await.unwrap() {
            let text: String = row.try_get("", "word").unwrap();
            assert!(PLANTED.iter().all(|word| !text.contains(word)), "{table}: {text}");
        }
    }
    connection.close().await.unwrap();
}

async fn what_is_damaged_is_refused(town: Town) {
    town.plant().await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("backup");
    let manifest =
        back_up(&town.rathaus.database().url, town.photo_store(), &into, town.now()).await.unwrap();
    let again = back_up(&town.rathaus.database().url, town.photo_store(), &into, town.now()).await;
    assert!(matches!(again, Err(BackupError::Occupied(_))));
    Manifest::check(&into).unwrap();
    let name = manifest.files.keys().next().unwrap();
    let mut bytes = std::fs::read(into.join(name)).unwrap();
    bytes.push(0);
    std::fs::write(into.join(name), bytes).unwrap();
    let place = Place::like(&town).await;
    let refused = place.restore(&into, &town).await;
    assert!(matches!(refused, Err(BackupError::Damaged(_))), "{refused:?}");
    std::fs::remove_file(into.join(name)).unwrap();
    assert!(matches!(place.restore(&into, &town).await, Err(BackupError::Damaged(_))));
}

/// Files and folders that others than their owner can read.
fn open_to_others(folder: &std::path::Path) -> Vec<String> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.metadata().unwrap().permissions().mode() & 0o077 != 0 {
            open.push(entry.path().display().to_string());
        }
        if entry.file_type().unwrap().is_dir() {
            open.extend(open_to_others(&entry.path()));
        }
    }
    open
}
