//! `rathaus serve`: from the settings to a server that stops gracefully.

use std::{path::Path, sync::Arc};

use actix_web::{HttpServer, dev::ServerHandle, rt, web::Data};
use infrastructure::secrets::Secrets;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Role, logging};
use crate::{Parts, app, clock::Clock, config::Config, health::Readiness};

/// How long requests under way may take once the process is asked to stop.
const DRAIN_SECONDS: u64 = 25;

pub fn run(config: Config, role: Role) -> Result<(), Failure> {
    logging::start(&config.log)?;
    rt::System::new().block_on(serve(config, role))
}

async fn serve(config: Config, role: Role) -> Result<(), Failure> {
    let clock = Clock::system();
    let secrets = secrets(&config, &clock)?;
    let readiness = Readiness::new(Arc::new(|| Box::pin(async { true })));
    let listen = config.http.listen;
    let parts = Parts::new(config, clock, secrets, readiness)?;
    let readiness = parts.readiness.clone();
    let server = HttpServer::new(move || app(&parts))
        .disable_signals()
        .shutdown_timeout(DRAIN_SECONDS)
        .bind(listen)
        .map_err(|error| format!("{listen} cannot be listened on: {error}"))?
        .run();
    tracing::info!(%listen, ?role, "serving");
    let stopping = rt::spawn(stop_on_signal(server.handle(), readiness)?);
    server.await?;
    stopping.abort();
    tracing::info!("stopped");
    Ok(())
}

/// The configured secret; the embedded database keeps one of its own beside it.
pub fn secrets(config: &Config, clock: &Clock) -> Result<Secrets, Failure> {
    let database = config.database.url.expose();
    let beside = database
        .strip_prefix("sqlite://")
        .map(|path| Path::new(path.split('?').next().unwrap_or(path)).with_extension("secret"));
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

/// On SIGTERM or Ctrl-C: no new requests, then wait for those under way.
fn stop_on_signal(
    server: ServerHandle,
    readiness: Data<Readiness>,
) -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        readiness.drain();
        server.stop(true).await;
    })
}
