//! What operators look at, on an address of its own that the public never reaches: `/metrics` for
//! Prometheus and `/readyz` with details.

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    get,
    http::{Method, StatusCode, header},
    web::Data,
};
use chrono::{DateTime, Utc};
use infrastructure::worker::Trouble;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;

use crate::{cli::Failure, config::ConfigError, health::Readiness};

/// Upper bounds of the answer times' buckets, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The one recorder of the process; none where the program around us brought its own.
static RECORDER: LazyLock<Option<PrometheusHandle>> =
    LazyLock::new(|| PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?.install_recorder().ok());

/// Tells which gateways of this process rest.
pub type Troubles = Arc<dyn Fn() -> Vec<Trouble> + Send + Sync>;

/// The listener for operators.
pub struct Ops {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Ops {
    /// Listens on `http.ops_listen`, where port 0 takes any free one.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn listen(
        listen: SocketAddr,
        readiness: Data<Readiness>,
        troubles: Troubles,
    ) -> Result<Self, Failure> {
        LazyLock::force(&RECORDER);
        let unusable =
            |error| ConfigError::setting("http.ops_listen", format!("cannot be listened on: {error}"));
        let server = HttpServer::new(move || {
            let troubles = Data::new(troubles.clone());
            App::new().app_data(readiness.clone()).app_data(troubles).service(scrape).service(details)
        })
        .workers(1)
        .disable_signals()
        .bind(listen)
        .map_err(unusable)?;
        let address = server.addrs().first().copied().unwrap_or(listen);
        let running = server.run();
        let handle = running.handle();
        tokio::spawn(running);
        Ok(Self { address, handle })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops at once: nobody waits for metrics.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

/// Counts an answer. `route` is the pattern, so no path and no id becomes a label.
pub fn answered(route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
    let labels = [
        ("route", route.unwrap_or("none").to_owned()),
        ("method", known(method).to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_seconds").record(took.as_secs_f64());
}

/// Clients may send any word as a method; only those served here become labels.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => {
            method.as_str()
        }
        _ => "other",
    }
}

#[get("/metrics")]
async fn scrape() -> HttpResponse {
    match &*RECORDER {
        Some(recorder) => HttpResponse::Ok()
            .content_type("text/plain; version=0.0.4; charset=utf-8")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(recorder.render()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// How the process is, part by part.
#[derive(Serialize)]
struct Details {
    /// Whether requests should come here.
    ready: bool,
    /// Whether the database answers within a second.
    database: bool,
    /// Whether the process is about to stop.
    stopping: bool,
    /// Gateways that rest. What is for them waits; requests may come all the same.
    resting_gateways: Vec<Resting>,
}

/// A gateway that rests.
#[derive(Serialize)]
struct Resting {
    gateway: String,
    reason: &'static str,
    until: DateTime<Utc>,
    /// Whether nothing gets through until an operator acts.
    stopped: bool,
}

#[get("/readyz")]
async fn details(readiness: Data<Readiness>, troubles: Data<Troubles>) -> HttpResponse {
    let (database, stopping) = (readiness.database_answers().await, readiness.is_draining());
    let ready = database && !stopping;
    let rests = |trouble: Trouble| {
        let Trouble { gateway, reason, until, stopped } = trouble;
        Resting { gateway, reason, until, stopped }
    };
    let resting_gateways = troubles().into_iter().map(rests).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(Details {
        ready,
        database,
        stopping,
        resting_gateways,
    })
}
