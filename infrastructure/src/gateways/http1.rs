//! HTTP/1.1 to providers that speak no HTTP/2, over TLS or, for a gateway in one's own house, without.
//! Connections are kept open and shared.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use domain::deliveries::Outcome;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::{
    Limits, SetupError,
    http2::{Answer, Lost},
    tls,
};

/// Answers are a few hundred bytes; more than this is not an answer.
const LONGEST_ANSWER: usize = 64 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const IDLE_FOR: Duration = Duration::from_secs(30);

/// Connections to providers.
pub(super) struct Http1 {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    turns: Arc<Semaphore>,
    timeout: Duration,
}

impl Http1 {
    /// Nothing is opened yet. `ca_pem` is trusted besides the system's authorities.
    pub fn new(ca_pem: Option<&[u8]>, limits: Limits) -> Result<Self, SetupError> {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_WITHIN));
        tcp.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::client(ca_pem, &[])?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(limits.in_flight)
            .pool_timer(TokioTimer::new())
            .build(connector);
        let turns = Arc::new(Semaphore::new(limits.in_flight.clamp(1, Semaphore::MAX_PERMITS)));
        Ok(Self { client, turns, timeout: limits.timeout })
    }

    /// One request. What certainly was not read is sent again at once on another connection.
    pub async fn ask(
        &self,
        method: Method,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Lost> {
        let deadline = Instant::now() + self.timeout;
        let _turn = timeout_at(deadline, self.turns.acquire())
            .await
            .map_err(|_| Lost::Unreachable)?
            .map_err(|_| Lost::Unreachable)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let response = match timeout_at(deadline, self.client.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_connect() => {
                tracing::warn!(%error, "a provider cannot be reached");
                return Err(Lost::Unreachable);
            }
            Ok(Err(_)) => return Err(Lost::Broken),
            Err(_) => return Err(Lost::Timeout),
        };
        let (parts, body) = response.into_parts();
        let body = timeout_at(deadline, Limited::new(body, LONGEST_ANSWER).collect())
            .await
            .map_err(|_| Lost::Timeout)?
            .map_err(|_| Lost::Broken)?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    }
}

/// What a lost answer means where a second copy would reach the person twice and cost twice.
pub(super) fn once_only(lost: Lost) -> Outcome {
    match lost {
        Lost::Unreachable | Lost::Untrusted => lost.outcome(),
        Lost::Timeout => Outcome::Unknown { reason: Outcome::TIMEOUT },
        Lost::Broken => Outcome::Unknown { reason: "connection_lost" },
    }
}
