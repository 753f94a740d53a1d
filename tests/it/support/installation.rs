//! A whole installation in this process: the server on a free port, with a database of its own.

use api::{cli::Role, clock::Clock, config::Config, server::Server};
use infrastructure::db::SqlStore;
use reqwest::{Client, Method, RequestBuilder};
use serde::Serialize;
use tempfile::TempDir;

use super::{Engine, Fixture, TestDatabase, http::Call};

/// A serving installation without any municipality. The clock stands until a test moves it.
pub struct Installation {
    pub clock: Clock,
    pub server: Server,
    client: Client,
    database: TestDatabase,
    files: TempDir,
}

/// The secret of every test's installation.
pub const SECRET: &str = "a secret for tests that is long enough";

/// The settings of a test: any free port, files of its own, and no quota in the way.
pub fn config(database: &TestDatabase, files: &TempDir) -> Config {
    let mut config = Config::default();
    config.database.url = database.url.clone().try_into().unwrap();
    config.http.listen = ([127, 0, 0, 1], 0).into();
    config.http.ops_listen = config.http.listen;
    config.http.requests_per_minute = 1_000_000;
    config.http.account_requests_per_minute = 1_000_000;
    config.files.url = format!("file://{}", files.path().display());
    config.email.smtp_url.get_or_insert_with(|| api::config::Secret::new("smtp://127.0.0.1:1"));
    config.auth.secret = Some(api::config::Secret::new(SECRET));
    config
}

impl Fixture for Installation {
    async fn on(engine: Engine) -> Self {
        Self::with(engine, |_| ()).await
    }
}

impl Installation {
    /// An installation with other settings than usual.
    pub async fn with(engine: Engine, set: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::on(engine).await;
        let files = tempfile::tempdir().unwrap();
        let clock = Clock::adjustable("2026-11-23T09:00:00Z".parse().unwrap());
        let mut config = config(&database, &files);
        set(&mut config);
        let server = Server::start(config, clock.clone(), Role::Api).await.unwrap();
        Self { clock, server, client: Client::new(), database, files }
    }

    /// What is stored, for what no route shows.
    pub fn store(&self) -> &SqlStore {
        self.server.store()
    }

    /// Where it is stored.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// Where photos lie.
    pub fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    /// A request to this installation.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address().unwrap()))
    }

    /// A read.
    pub fn get(&self, path: &str) -> Call {
        Call(self.request(Method::GET, path))
    }

    /// A POST request with a JSON body.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Call {
        Call(self.request(Method::POST, path).json(body))
    }

    /// A DELETE request.
    pub fn delete(&self, path: &str) -> Call {
        Call(self.request(Method::DELETE, path))
    }
}
