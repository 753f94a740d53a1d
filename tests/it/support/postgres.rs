//! A throw-away PostgreSQL cluster for this run of the tests: its own folder, a free port, never a
//! server that is already running.

use std::{
    env, fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use infrastructure::db::migrate::migrate;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};
use tokio::{net::TcpStream, sync::OnceCell};

use super::eventually::eventually;

/// Starts PostgreSQL and stops it when this process has ended, in whatever way.
const SCRIPT: &str = include_str!("postgres.sh");
/// Migrates; owns every table.
pub const OWNER: &str = "rathaus_owner";
/// Serves; bound by row-level security.
pub const APP: &str = "rathaus_app";
const TEMPLATE: &str = "rathaus_template";
const OLDEST_SUPPORTED: u32 = 15;

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static UNUSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The cluster of this process, started by the first test that asks for a database.
struct Cluster {
    port: u16,
    /// How many databases were made, for their names.
    databases: AtomicU32,
    /// The cluster lives as long as this stays open.
    _alive: ChildStdin,
}

/// A database of one test. It is dropped when the next one is made, so that few are there at a time.
pub struct Name {
    name: String,
    port: u16,
}

impl Name {
    /// The address of the database for a role.
    pub fn url(&self, role: &str) -> String {
        url(role, self.port, &self.name)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        UNUSED.lock().unwrap().push(std::mem::take(&mut self.name));
    }
}

/// A database of its own: cloned from the migrated template, or empty. The first one starts the cluster,
/// with `settings` such as `fsync=off`.
pub async fn create_database(migrated: bool, settings: &[&str]) -> Name {
    let cluster = CLUSTER.get_or_init(|| Cluster::start(settings)).await;
    let unused = std::mem::take(&mut *UNUSED.lock().unwrap());
    let name = format!("test_{}", cluster.databases.fetch_add(1, Ordering::Relaxed));
    let template = if migrated { TEMPLATE } else { "template1" };
    let drops = unused.iter().map(|name| format!("DROP DATABASE {name} WITH (FORCE)"));
    let statements = drops.chain([format!("CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")]);
    cluster.administer(statements).await;
    Name { name, port: cluster.port }
}

fn url(role: &str, port: u16, database: &str) -> String {
    format!("postgres://{role}@127.0.0.1:{port}/{database}")
}

impl Cluster {
    async fn start(settings: &[&str]) -> Self {
        let bin = server_programs().unwrap_or_else(|| {
            panic!(
                "PostgreSQL {OLDEST_SUPPORTED} or later is not installed: on Debian `apt-get install postgresql`, or \
                 name the folder of initdb and postgres in PG_BIN. RATHAUS_TEST_DATABASES=sqlite leaves it out."
            )
        });
        // Somebody else may take the free port before PostgreSQL does.
        let mut attempt = Self::launch(&bin, settings).await;
        for _ in 0..2 {
            if attempt.is_err() {
                attempt = Self::launch(&bin, settings).await;
            }
        }
        let cluster = attempt.unwrap_or_else(|log| panic!("PostgreSQL for the tests did not start:\n{log}"));
        cluster.prepare_template().await;
        cluster
    }

    /// Starts the server and waits until it answers; gives its log when it ends instead.
    async fn launch(bin: &Path, settings: &[&str]) -> Result<Self, String> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut child = as_unprivileged_user()
            .args(["sh", "-c", SCRIPT, "rathaus-test-postgres"])
            .arg(bin)
            .arg(port.to_string())
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Ctrl-C ends the tests; the cluster follows them by itself.
            .process_group(0)
            .spawn()
            .unwrap();
        let cluster = Self { port, databases: AtomicU32::new(0), _alive: child.stdin.take().unwrap() };
        eventually("PostgreSQL to answer", Duration::from_secs(60), async || {
            if child.try_wait().unwrap().is_some() {
                return Some(Err(io::read_to_string(child.stderr.take().unwrap()).unwrap()));
            }
            // Without this look, the pool would go on trying for half a minute.
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok()?;
            cluster.connect().await.ok().map(|_| Ok(()))
        })
        .await?;
        Ok(cluster)
    }

    async fn connect(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = ConnectOptions::new(url("postgres", self.port, "postgres"));
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await
    }

    async fn administer(&self, statements: impl IntoIterator<Item = String>) {
        let connection = self.connect().await.unwrap();
        for statement in statements {
            connection.execute_unprepared(&statement).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    async fn prepare_template(&self) {
        self.administer([
            format!("CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS"),
            format!("CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS"),
            format!("CREATE DATABASE {TEMPLATE} OWNER {OWNER}"),
        ])
        .await;
        migrate(&url(OWNER, self.port, TEMPLATE), Some(APP)).await.unwrap();
    }
}

/// `initdb` and `postgres` refuse to run as root, as containers and CI often do.
fn as_unprivileged_user() -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut command = Command::new("env");
    if is_root {
        command.args(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command
}

/// The folder of the newest server programs, if they are recent enough.
pub fn server_programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let named = env::var_os("PG_BIN").map(PathBuf::from);
    let on_path: Vec<_> =
        env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default();
    named
        .into_iter()
        .chain(debian.map(|version| version.path().join("bin")))
        .chain(on_path)
        .filter_map(|bin| Some((version(&bin)?, bin)))
        .filter(|(version, _)| *version >= OLDEST_SUPPORTED)
        .max()
        .map(|(_, bin)| bin)
}

/// The major version of the server programs in a folder: of `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version(bin: &Path) -> Option<u32> {
    if !bin.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty())?.parse().ok()
}
