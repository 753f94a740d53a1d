//! What operators look at, on an address of its own that the public never reaches: `/metrics` for
//! Prometheus and `/readyz` for the load balancer's own network.

use std::{net::SocketAddr, sync::LazyLock, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    get,
    http::{Method, StatusCode, header},
    web::Data,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::{
    cli::Failure,
    config::ConfigError,
    health::{self, Readiness},
};

/// Upper bounds of the answer times' buckets, in seconds.
const BUCKETS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The one recorder of the process; none where the program around us brought its own.
static RECORDER: LazyLock<Option<PrometheusHandle>> =
    LazyLock::new(|| PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?.install_recorder().ok());

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
    pub fn listen(listen: SocketAddr, readiness: Data<Readiness>) -> Result<Self, Failure> {
        LazyLock::force(&RECORDER);
        let unusable =
            |error| ConfigError::setting("http.ops_listen", format!("cannot be listened on: {error}"));
        let server = HttpServer::new(move || {
            App::new().app_data(readiness.clone()).service(scrape).service(health::ready)
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
