//! `rathaus serve`: runs until asked to stop.

use actix_web::rt;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Role, logging};
use crate::{clock::Clock, config::Config, server::Server};

pub fn run(config: Config, role: Role) -> Result<(), Failure> {
    logging::start(&config.log)?;
    for sentence in Config::overlooked(variables()) {
        tracing::warn!("{sentence}");
    }
    rt::System::new().block_on(serve(config, role))
}

/// The names of the environment's variables.
pub fn variables() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())
}

/// Serves until SIGTERM or Ctrl-C.
async fn serve(config: Config, role: Role) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = Server::start(config, Clock::system(), role).await?;
    tracing::info!(address = server.address().map(tracing::field::display), ?role, "serving");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    server.stop().await?;
    tracing::info!("stopped");
    Ok(())
}
