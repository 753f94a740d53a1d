//! Whether the service is well: `/livez` for the process, `/readyz` for what it needs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpResponse, get, http::header, web::Data};
use domain::Code;
use futures::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::problem::Problem;

/// Registers the routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(live).service(ready);
}

/// Longest wait for the database's answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks the database for a sign of life.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>;

/// Whether requests should come here.
///
/// ```
/// use std::sync::Arc;
/// let readiness = api::health::Readiness::new(Arc::new(|| Box::pin(async { true })));
/// readiness.drain();
/// ```
pub struct Readiness {
    probe: Probe,
    draining: AtomicBool,
}

impl Readiness {
    /// Ready as long as `probe` answers yes.
    pub fn new(probe: Probe) -> Self {
        Self { probe, draining: AtomicBool::new(false) }
    }

    /// From now on no new requests should come: the process is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the process is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Whether the database answers in time.
    pub async fn database_answers(&self) -> bool {
        tokio::time::timeout(PATIENCE, (self.probe)()).await.unwrap_or(false)
    }

    async fn ready(&self) -> bool {
        !self.is_draining() && self.database_answers().await
    }
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `live` or `ready`.
    #[schema(max_length = 20, example = "ready")]
    pub status: &'static str,
}

fn well(status: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Health { status })
}

/// Whether the process lives
///
/// Asks nothing else, so a failing database never restarts the service.
#[utoipa::path(tag = "service", operation_id = "getLiveness", security(()),
    responses((status = 200, description = "It lives.", body = Health)))]
#[get("/livez")]
pub async fn live() -> HttpResponse {
    well("live")
}

/// Whether requests should come here
///
/// Not while the database does not answer within a second, and not while the process is stopping.
#[utoipa::path(tag = "service", operation_id = "getReadiness", security(()),
    responses((status = 200, description = "It is ready.", body = Health)))]
#[get("/readyz")]
pub async fn ready(readiness: Data<Readiness>) -> Result<HttpResponse, Problem> {
    if readiness.ready().await { Ok(well("ready")) } else { Err(Problem::new(Code::Overloaded)) }
}
