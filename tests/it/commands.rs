//! The command line as an operator types it.

use std::{fs, net::TcpListener, path::Path};

use api::{cli::run_words, clock::Clock, config::Config, server::Server};
use domain::{Scope, Store, text::EmailAddress};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{EmptyDatabase, TestDatabase, on_both};

on_both!(
    an_empty_database_becomes_a_town_hall,
    a_taken_slug_is_named,
    what_is_wrong_is_named_field_by_field,
    the_first_admin_gets_a_password,
    the_doctor_names_what_is_wrong,
    without_a_secret_only_the_embedded_database_starts,
    commands_work_beside_a_running_server,
);

/// A folder with a configuration file.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[database]\nurl = {:?}\nowner_url = {:?}\n[http]\nlisten = \"127.0.0.1:0\"\nops_listen = \"127.0.0.1:0\"\n\
             [files]\nurl = \"file://{}\"\n[auth]\nsecret = \"a secret for tests that is long enough\"\n",
            database.url,
            database.owner_url,
            folder.path().join("files").display(),
        );
        let text = if database.serving_role.is_some() { text } else { without_owner(&text) };
        fs::write(folder.path().join("rathaus.toml"), text).unwrap();
        Self { folder }
    }

    fn config(&self) -> Config {
        Config::load(Some(&self.folder.path().join("rathaus.toml"))).unwrap()
    }

    /// Runs a command; its words stand in `command`, separated by blanks.
    async fn run(&self, command: &str, more: &[&str]) -> Result<(), String> {
        let file = self.folder.path().join("rathaus.toml").display().to_string();
        let mut words = vec!["rathaus".to_owned(), "--config".to_owned(), file];
        words.extend(command.split(' ').map(str::to_owned));
        words.extend(more.iter().map(ToString::to_string));
        let ran =
            tokio::task::spawn_blocking(move || run_words(words).map_err(|failure| failure.to_string()));
        ran.await.unwrap()
    }
}

/// Only PostgreSQL has an owner besides the serving role.
fn without_owner(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("owner_url")).map(|line| format!("{line}\n")).collect()
}

fn boundary(folder: &Path) -> String {
    let ring = [[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.7], [12.5, 51.5]];
    let feature = json!({
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "Polygon", "coordinates": [ring]}
    });
    let file = folder.join("boundary.geojson");
    fs::write(&file, feature.to_string()).unwrap();
    file.display().to_string()
}

const CREATE: &str = "admin create-municipality --slug bad-dueben --state sn --prefix BD";

async fn an_empty_database_becomes_a_town_hall(EmptyDatabase(database): EmptyDatabase) {
    let desk = Desk::new(&database);
    desk.run("migrate", &[]).await.unwrap();
    let boundary = boundary(desk.folder.path());
    desk.run(CREATE, &["--name", "Bad Düben", "--boundary", &boundary]).await.unwrap();
    desk.run("admin list", &[]).await.unwrap();

    let server = Server::start(desk.config(), Clock::system(), api::cli::Role::Api).await.unwrap();
    let address = server.address().unwrap();
    let url = format!("http://{address}/v1/municipalities?near=51.59,12.58");
    let found: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert_eq!(found["items"], json!([{"slug": "bad-dueben", "name": "Bad Düben", "state": "SN"}]));
    server.stop().await.unwrap();
}

async fn a_taken_slug_is_named(database: TestDatabase) {
    let desk = Desk::new(&database);
    desk.run(CREATE, &["--name", "Bad Düben"]).await.unwrap();
    let refusal = desk.run(CREATE, &["--name", "Another"]).await.unwrap_err();
    assert!(refusal.contains("already"), "{refusal}");
}

async fn what_is_wrong_is_named_field_by_field(database: TestDatabase) {
    let desk = Desk::new(&database);
    for (command, word) in [
        ("admin create-municipality --slug Bad_Dueben --state SN --prefix BD --name X", "such as bad-dueben"),
        ("admin create-municipality --slug x --state XX --prefix BD --name X", "sixteen"),
        ("admin create-municipality --slug x --state SN --prefix bd --name X", "prefix"),
        ("admin create-municipality --slug x --state SN --prefix BD --name X --ars 1", "ars"),
        ("admin create-municipality --slug x --state SN --prefix BD --name X --time-zone Mars", "time-zone"),
        ("admin create-municipality --slug x --state SN --prefix BD --name X --boundary none", "boundary"),
    ] {
        let refusal = desk.run(command, &[]).await.unwrap_err();
        assert!(refusal.contains(word), "{command}: {refusal}");
    }
}

async fn the_first_admin_gets_a_password(database: TestDatabase) {
    let desk = Desk::new(&database);
    desk.run(CREATE, &["--name", "Bad Düben"]).await.unwrap();
    let staff = "admin create-staff --municipality bad-dueben --email ada@example.org --role admin";
    desk.run(staff, &["--name", "Ada Admin"]).await.unwrap();
    let hash = || async {
        let store = api::database::open(&desk.config()).await.unwrap();
        let reads = store.read(Scope::Installation).await.unwrap();
        let email = EmailAddress::parse("ada@example.org").unwrap();
        let account = reads.account_of_email(&email).await.unwrap().unwrap();
        reads.password_hash(account.id).await.unwrap().unwrap()
    };
    let first = hash().await;
    assert!(first.starts_with("$argon2id$"), "{first}");
    let again = desk.run(staff, &["--name", "Ada Admin"]).await.unwrap_err();
    assert!(again.contains("already"), "{again}");
    desk.run("admin reset-password --email ada@example.org", &[]).await.unwrap();
    assert_ne!(hash().await, first);
    for (command, word) in [
        (
            "admin reset-password --email nobody@example.org",
            "Nobody on a town hall's staff signs in with this address",
        ),
        ("admin reset-second-factor --email ada@example.org", "Nobody with a second factor"),
        (
            "admin create-staff --municipality x --email a@example.org --role admin --name A",
            "no municipality",
        ),
        (
            "admin create-staff --municipality bad-dueben --email a@example.org --role king --name A",
            "auditor",
        ),
    ] {
        let refusal = desk.run(command, &[]).await.unwrap_err();
        assert!(refusal.contains(word), "{command}: {refusal}");
    }
}

async fn the_doctor_names_what_is_wrong(EmptyDatabase(database): EmptyDatabase) {
    let desk = Desk::new(&database);
    let file = desk.folder.path().join("rathaus.toml");
    // Nobody has migrated yet: the first start would.
    desk.run("doctor", &[]).await.unwrap();
    if database.serving_role.is_some() {
        let with_owner = fs::read_to_string(&file).unwrap();
        fs::write(&file, without_owner(&with_owner)).unwrap();
        assert_eq!(desk.run("doctor", &[]).await.unwrap_err(), "1 wrong", "nobody may migrate");
        fs::write(&file, with_owner).unwrap();
    }
    desk.run("migrate", &[]).await.unwrap();
    desk.run("doctor", &[]).await.unwrap();
    let broken = format!(
        "{}[email]\nsmtp_url = \"smtp://127.0.0.1:1\"\nfrom = \"rathaus@example.org\"\n\
         [push.apps.default.fcm]\nservice_account = \"nowhere.json\"\n",
        fs::read_to_string(&file).unwrap()
    );
    fs::write(&file, broken).unwrap();
    // The mail server does not answer, and the service account cannot be read.
    assert_eq!(desk.run("doctor", &[]).await.unwrap_err(), "2 wrong");
}

/// The embedded database keeps a secret of its own beside it; a server that several instances share cannot.
async fn without_a_secret_only_the_embedded_database_starts(database: TestDatabase) {
    let desk = Desk::new(&database);
    let file = desk.folder.path().join("rathaus.toml");
    let text = fs::read_to_string(&file).unwrap();
    let without: String =
        text.lines().filter(|line| !line.starts_with("secret")).map(|line| format!("{line}\n")).collect();
    fs::write(&file, without).unwrap();
    let started = Server::start(desk.config(), Clock::system(), api::cli::Role::Api).await;
    if database.serving_role.is_some() {
        let sentence = started.map(drop).unwrap_err().to_string();
        assert!(sentence.contains("auth.secret is not set"), "{sentence}");
        assert!(sentence.contains("at least 32 random characters"), "and says what to do: {sentence}");
        assert_eq!(desk.run("doctor", &[]).await.unwrap_err(), "1 wrong");
    } else {
        started.unwrap().stop().await.unwrap();
        desk.run("doctor", &[]).await.unwrap();
    }
}

async fn commands_work_beside_a_running_server(database: TestDatabase) {
    let desk = Desk::new(&database);
    let file = desk.folder.path().join("rathaus.toml");
    let [http, ops] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let mut text = fs::read_to_string(&file).unwrap();
    for (name, held) in [("\nlisten", &http), ("ops_listen", &ops)] {
        let free = format!("{name} = \"127.0.0.1:0\"");
        text = text.replace(&free, &format!("{name} = \"{}\"", held.local_addr().unwrap()));
    }
    fs::write(&file, text).unwrap();
    drop((http, ops));
    let server = Server::start(desk.config(), Clock::system(), api::cli::Role::All).await.unwrap();
    desk.run(CREATE, &["--name", "Bad Düben"]).await.unwrap();
    let staff = "admin create-staff --municipality bad-dueben --email ada@example.org --role admin";
    desk.run(staff, &["--name", "Ada Admin"]).await.unwrap();
    for command in [
        "admin list",
        "admin reset-password --email ada@example.org",
        "audit verify",
        "retention report",
        "doctor",
    ] {
        desk.run(command, &[]).await.unwrap_or_else(|refused| panic!("{command}: {refused}"));
    }
    let url = format!("http://{}/v1/municipalities/bad-dueben", server.address().unwrap());
    assert_eq!(reqwest::get(url).await.unwrap().status(), 200, "and the server knows of it");
    server.stop().await.unwrap();
}
