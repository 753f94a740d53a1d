//! One process of Rathaus: opened, started, stopped. The command line, the demo and the tests start
//! the same one.
//!
//! ```no_run
//! # async fn example() -> Result<(), api::cli::Failure> {
//! use api::{cli::Role, clock::Clock, config::Config, server::Server};
//!
//! let server = Server::start(Config::load(None)?, Clock::system(), Role::All).await?;
//! println!("listening on {:?}", server.address());
//! server.stop().await
//! # }
//! ```

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpServer, dev::ServerHandle, web::Data};
use infrastructure::{
    db::SqlStore,
    photos::{PhotoStore, Photos},
    privacy::upkeep,
    secrets::Secrets,
    worker::Running,
};
use tokio::{task::JoinHandle, time::MissedTickBehavior};

use crate::{
    Parts, app,
    cli::{Failure, Role},
    clock::Clock,
    config::{Config, ConfigError},
    database,
    health::Readiness,
    ops::{Ops, Troubles},
    quota::{Quota, TELL_EVERY},
    sending,
};

/// How long requests under way may take once the process is asked to stop.
const DRAIN_SECONDS: u64 = 25;
/// How long a connection stays open that nobody uses: longer than the proxies in front keep theirs (nginx:
/// 60 seconds), or they would send requests into connections that end at that moment.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A running process. Dropping it does not stop it; [`Server::stop`] does.
pub struct Server {
    parts: Parts,
    store: SqlStore,
    http: Option<Http>,
    ops: Ops,
    worker: Option<Running>,
}

/// The listening part.
struct Http {
    address: SocketAddr,
    handle: ServerHandle,
    running: JoinHandle<std::io::Result<()>>,
    meeting: JoinHandle<()>,
}

impl Server {
    /// Opens the database, migrates it where that is this process's business, and serves on
    /// `http.listen`, where port 0 takes any free one.
    ///
    /// # Errors
    /// A sentence for whoever runs the installation.
    pub async fn start(config: Config, clock: Clock, role: Role) -> Result<Self, Failure> {
        let store = database::open(&config).await?;
        let secrets = secrets(&config, &clock)?;
        let connections = store.connections().clone();
        let readiness = Readiness::new(Arc::new(move || {
            let connections = connections.clone();
            Box::pin(async move { connections.ping().await.is_ok() })
        }));
        let (listen, ops_listen) = (config.http.listen, config.http.ops_listen);
        let photos = PhotoStore::open(&config.files.url, std::env::vars())
            .map_err(|error| ConfigError::setting("files.url", error.to_string()))?;
        let back = upkeep::erase_again(&store, &photos, clock.now()).await?;
        if back > 0 {
            tracing::warn!(people = back, "erased again whom a restored backup had brought back");
        }
        let worker = match role {
            Role::All | Role::Worker => {
                Some(sending::start(&config, &clock, &secrets, &store, &photos).await?)
            }
            Role::Api => None,
        };
        let parts = Parts::new(config, clock, secrets, store.clone(), Photos::new(photos), readiness)?;
        let troubles: Troubles = match &worker {
            Some(worker) => Arc::new(worker.troubles()),
            None => Arc::new(Vec::new),
        };
        let ops = Ops::listen(ops_listen, parts.readiness.clone(), troubles)?;
        let http = match role {
            Role::All | Role::Api => Some(Http::listen(listen, &parts)?),
            Role::Worker => None,
        };
        Ok(Self { parts, store, http, ops, worker })
    }

    /// Where the API listens; nowhere in a process that only sends.
    pub fn address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|http| http.address)
    }

    /// Where operators look at metrics and readiness.
    pub fn ops_address(&self) -> SocketAddr {
        self.ops.address()
    }

    /// What handlers are given.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The database.
    pub fn store(&self) -> &SqlStore {
        &self.store
    }

    /// No new requests and no new work; waits for what is under way.
    pub async fn stop(self) -> Result<(), Failure> {
        self.parts.readiness.drain();
        if let Some(http) = self.http {
            http.handle.stop(true).await;
            http.running.await??;
            http.meeting.abort();
        }
        if let Some(worker) = self.worker {
            worker.stop().await;
        }
        self.ops.stop().await;
        Ok(self.store.connections().close().await?)
    }
}

impl Http {
    fn listen(listen: SocketAddr, parts: &Parts) -> Result<Self, Failure> {
        let unusable = |error| ConfigError::setting("http.listen", format!("cannot be listened on: {error}"));
        let listener = TcpListener::bind(listen).map_err(unusable)?;
        let address = listener.local_addr()?;
        let (parts, quota) = (parts.clone(), parts.quota.clone());
        let server = HttpServer::new(move || app(&parts))
            .disable_signals()
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(DRAIN_SECONDS)
            .listen(listener)
            .map_err(unusable)?
            .run();
        let meeting = tokio::spawn(meet_every_second(quota));
        Ok(Self { address, handle: server.handle(), running: tokio::spawn(server), meeting })
    }
}

/// Tells other instances how much was asked for here.
async fn meet_every_second(quota: Data<Quota>) {
    let mut second = tokio::time::interval(TELL_EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        second.tick().await;
        quota.meet().await;
    }
}

/// The configured secret; the embedded database keeps one of its own beside it.
pub fn secrets(config: &Config, clock: &Clock) -> Result<Secrets, Failure> {
    let beside = config.database.url.file().map(|path| path.with_extension("secret"));
    match (&config.auth.secret, beside) {
        (None, Some(path)) => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            Ok(Secrets::beside(&path, clock.entropy().as_ref())?)
        }
        _ => Ok(Secrets::new(config.secret()?.expose())?),
    }
}
