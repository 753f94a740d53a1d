//! A few HTTP/2 connections to one provider, shared by every send and multiplexed (RFC 9113).
//!
//! Two connections with 100 to 200 requests in flight each are fastest; more only add latency.

use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::deliveries::Outcome;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::ServerName;
use tokio::{
    net::TcpStream,
    sync::{Mutex, Semaphore},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{SetupError, tls};

/// Answers are a few hundred bytes; more than this is not an answer.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Pings find dead connections, busy or idle.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often what was not read is handed to a connection: they may all be closing.
const TRIES: usize = 3;
/// After a failed connect those who waited for it fail as well instead of trying one by one.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(500);
/// The longest wait a provider may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// How much a gateway does at once and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections to the provider.
    pub connections: usize,
    /// Requests in flight on each.
    pub in_flight: usize,
    /// The whole of one request, connecting included. Shorter than a worker's lease.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 2, in_flight: 150, timeout: Duration::from_secs(20) }
    }
}

/// What a provider answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// How long the provider asks to wait: seconds or a date (RFC 9110, section 10.2.3), at most an
    /// hour.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        let wait = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => {
                let at = DateTime::parse_from_rfc2822(text).ok()?;
                at.with_timezone(&Utc).signed_duration_since(now).to_std().unwrap_or_default()
            }
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

/// No answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The provider could not be reached.
    Unreachable,
    /// It could not prove who it is, or does not speak HTTP/2.
    Untrusted,
    /// It took too long.
    Timeout,
    /// The connection broke; the provider may have read the request.
    Broken,
}

impl Lost {
    pub fn outcome(self) -> Outcome {
        Outcome::Retry {
            after: None,
            reason: match self {
                Self::Unreachable => Outcome::UNREACHABLE,
                Self::Untrusted => "tls_failed",
                Self::Timeout => Outcome::TIMEOUT,
                Self::Broken => "connection_lost",
            },
        }
    }
}

/// Connections to one provider.
pub(super) struct Http2 {
    host: String,
    port: u16,
    authority: String,
    name: ServerName<'static>,
    tls: TlsConnector,
    lines: Vec<Line>,
    timeout: Duration,
}

/// One connection, opened when first needed and again when lost.
struct Line {
    state: Mutex<State>,
    turns: Semaphore,
}

#[derive(Default)]
struct State {
    sender: Option<SendRequest<Full<Bytes>>>,
    /// Counts connections, so that a late failure of an old one leaves the new one alone.
    generation: u64,
    failed: Option<(Instant, Lost)>,
}

impl Http2 {
    /// Nothing is opened yet. `ca_pem` is trusted besides the system's authorities.
    pub fn new(url: &Url, ca_pem: Option<&[u8]>, limits: Limits) -> Result<Self, SetupError> {
        let unusable = || SetupError::Address(url.to_string());
        let host = match url.host().ok_or_else(unusable)? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        if url.scheme() != "https" {
            return Err(unusable());
        }
        Ok(Self {
            name: ServerName::try_from(host.clone()).map_err(|_| unusable())?,
            host,
            port: url.port_or_known_default().ok_or_else(unusable)?,
            authority: url.authority().to_owned(),
            tls: TlsConnector::from(Arc::new(tls::client(ca_pem, &[b"h2"])?)),
            lines: (0..limits.connections.max(1))
                .map(|_| Line { state: Mutex::default(), turns: Semaphore::new(limits.in_flight.max(1)) })
                .collect(),
            timeout: limits.timeout,
        })
    }

    /// One POST. What the provider certainly did not read is sent again at once on a new connection.
    pub async fn post(&self, path: &str, headers: HeaderMap, body: Bytes) -> Result<Answer, Lost> {
        let uri = Uri::builder()
            .scheme("https")
            .authority(self.authority.as_str())
            .path_and_query(path)
            .build()
            .map_err(|_| Lost::Unreachable)?;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;

        let deadline = Instant::now() + self.timeout;
        let line = self.least_busy().ok_or(Lost::Unreachable)?;
        let _turn = timeout_at(deadline, line.turns.acquire())
            .await
            .map_err(|_| Lost::Timeout)?
            .map_err(|_| Lost::Broken)?;
        for _ in 0..TRIES {
            let (mut sender, generation) =
                timeout_at(deadline, self.sender(line)).await.map_err(|_| Lost::Timeout)??;
            match timeout_at(deadline, sender.try_send_request(request.clone())).await {
                Ok(Ok(response)) => {
                    let (parts, body) = response.into_parts();
                    let body = timeout_at(deadline, Limited::new(body, LONGEST_ANSWER).collect())
                        .await
                        .map_err(|_| Lost::Timeout)?
                        .map_err(|_| Lost::Broken)?;
                    return Ok(Answer {
                        status: parts.status,
                        headers: parts.headers,
                        body: body.to_bytes(),
                    });
                }
                Ok(Err(mut error)) => {
                    line.retire(generation).await;
                    if error.take_message().is_none() && !is_unread(error.error()) {
                        return Err(Lost::Broken);
                    }
                }
                Err(_) => {
                    line.retire(generation).await;
                    return Err(Lost::Timeout);
                }
            }
        }
        Err(Lost::Broken)
    }

    fn least_busy(&self) -> Option<&Line> {
        self.lines.iter().max_by_key(|line| line.turns.available_permits())
    }

    async fn sender(&self, line: &Line) -> Result<(SendRequest<Full<Bytes>>, u64), Lost> {
        let mut state = line.state.lock().await;
        if let Some(sender) = state.sender.as_ref().filter(|sender| !sender.is_closed()) {
            return Ok((sender.clone(), state.generation));
        }
        if let Some((at, lost)) = state.failed
            && at.elapsed() < REST_AFTER_FAILURE
        {
            return Err(lost);
        }
        match self.connect().await {
            Ok(sender) => {
                state.generation += 1;
                state.failed = None;
                state.sender = Some(sender.clone());
                Ok((sender, state.generation))
            }
            Err(lost) => {
                state.sender = None;
                state.failed = Some((Instant::now(), lost));
                Err(lost)
            }
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Lost> {
        let unreachable = |error: std::io::Error| {
            tracing::warn!(host = %self.host, %error, "a provider cannot be reached");
            Lost::Unreachable
        };
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let stream = self.tls.connect(self.name.clone(), tcp).await.map_err(|error| {
            tracing::warn!(host = %self.host, %error, "a provider cannot be trusted");
            Lost::Untrusted
        })?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            tracing::warn!(host = %self.host, "a provider does not speak HTTP/2");
            return Err(Lost::Untrusted);
        }
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_ANSWER_WITHIN)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Lost::Broken)?;
        let host = self.host.clone();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::info!(%host, %error, "a connection to a provider ended");
            }
        });
        Ok(sender)
    }
}

impl Line {
    /// Takes the connection out of use; requests on their way may still end on it.
    async fn retire(&self, generation: u64) {
        let mut state = self.state.lock().await;
        if state.generation == generation {
            state.sender = None;
        }
    }
}

/// Whether the provider says that it did not read the request: it came after the last one named in
/// GOAWAY (RFC 9113, section 6.8), or the stream was refused (section 8.7).
fn is_unread(error: &hyper::Error) -> bool {
    error.source().and_then(|source| source.downcast_ref::<h2::Error>()).is_some_and(|error| {
        error.is_remote() && (error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateways::tests::noon;

    fn asked(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        Answer { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Bytes::new() }.retry_after(noon())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asked("30"), Some(Duration::from_secs(30)));
        assert_eq!(asked(" 0 "), Some(Duration::ZERO));
        assert_eq!(asked("99999999"), Some(LONGEST_WAIT));
        assert_eq!(asked("Sun, 22 Nov 2026 12:00:45 GMT"), Some(Duration::from_secs(45)));
        assert_eq!(asked("Sun, 22 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
        assert_eq!(asked("-5"), None);
    }

    #[test]
    fn only_encrypted_addresses() {
        let refused = |url: &str| Http2::new(&url.parse().unwrap(), None, Limits::default()).is_err();
        assert!(refused("http://api.push.apple.com"));
        assert!(refused("mailto:someone"));
        assert!(!refused("https://[::1]:8443"));
    }

    #[tokio::test]
    async fn who_waits_for_a_failed_connection_fails_with_it() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", closed.local_addr().unwrap()).parse().unwrap();
        drop(closed);
        let pool = Http2::new(&url, None, Limits::default()).unwrap();
        let sends = (0..300).map(|_| pool.post("/", HeaderMap::new(), Bytes::new()));
        for result in futures::future::join_all(sends).await {
            assert_eq!(result.unwrap_err(), Lost::Unreachable);
        }
    }
}
