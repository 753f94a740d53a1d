//! Asking services out there, and never one of our own: only public addresses, each looked up once and
//! connected to as it was checked, no redirects, a time limit, and no more of an answer than fits.

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::Url;

use crate::gateways::tls;

/// How long one question may take, answer included.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer: a year of one house's dates is a tenth of it.
const LONGEST_ANSWER: usize = 512 * 1024;

/// Why there is no answer. Says nothing of what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address that is asked: not `https`, or without a host.
    #[error("not an address that may be asked")]
    Address,
    /// The name belongs to a network of one's own, or to nobody in public.
    #[error("not a public address")]
    NotPublic,
    /// No connection, no answer in time, or a broken one.
    #[error("no answer")]
    NoAnswer,
    /// An answer of another status than 200; redirects are not followed.
    #[error("answered with status {0}")]
    Status(u16),
    /// More than fits.
    #[error("the answer is too long")]
    TooLong,
}

type Looking = Pin<Box<dyn Future<Output = Vec<SocketAddr>> + Send>>;
type LookUp = Arc<dyn Fn(String, u16) -> Looking + Send + Sync>;

/// Asks over HTTP/1.1.
#[derive(Clone)]
pub struct Fetcher {
    look_up: LookUp,
    anywhere: bool,
    patience: Duration,
}

/// A question.
pub struct Question<'a> {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: &'a Url,
    /// Headers besides the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

impl Default for Fetcher {
    fn default() -> Self {
        let look_up: LookUp = Arc::new(|host, port| {
            Box::pin(
                async move { lookup_host((host, port)).await.map(Iterator::collect).unwrap_or_default() },
            )
        });
        Self { look_up, anywhere: false, patience: PATIENCE }
    }
}

impl Fetcher {
    /// One that asks any address, also without TLS: stand-ins of one's own, in tests.
    pub fn anywhere() -> Self {
        Self { anywhere: true, ..Self::default() }
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn ask(&self, question: Question<'_>) -> Result<Bytes, FetchError> {
        timeout(self.patience, self.asked(question)).await.map_err(|_| FetchError::NoAnswer)?
    }

    async fn asked(&self, question: Question<'_>) -> Result<Bytes, FetchError> {
        let url = question.url;
        let secure = url.scheme() == "https";
        let host = url.host_str().ok_or(FetchError::Address)?.trim_matches(['[', ']']).to_owned();
        if !(secure || self.anywhere && url.scheme() == "http") {
            return Err(FetchError::Address);
        }
        let port = url.port_or_known_default().ok_or(FetchError::Address)?;
        let found = (self.look_up)(host.clone(), port).await;
        // One private address among them is reason enough: nobody means both.
        if !self.anywhere && !found.iter().all(|address| is_public(address.ip())) {
            return Err(FetchError::NotPublic);
        }
        let address = found.first().ok_or(FetchError::NoAnswer)?;
        let stream = TcpStream::connect(address).await.map_err(|_| FetchError::NoAnswer)?;
        stream.set_nodelay(true).map_err(|_| FetchError::NoAnswer)?;
        if !secure {
            return converse(stream, question, &host).await;
        }
        let tls = tls::client(None, &[]).map_err(|_| FetchError::NoAnswer)?;
        let name = ServerName::try_from(host.clone()).map_err(|_| FetchError::Address)?;
        let stream = TlsConnector::from(Arc::new(tls)).connect(name, stream).await;
        converse(stream.map_err(|_| FetchError::NoAnswer)?, question, &host).await
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    question: Question<'_>,
    host: &str,
) -> Result<Bytes, FetchError> {
    let Question { method, url, headers, body } = question;
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("rathaus/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(name, HeaderValue::try_from(value).map_err(|_| FetchError::Address)?);
    }
    let request = request.body(Full::new(body)).map_err(|_| FetchError::Address)?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| FetchError::NoAnswer)?;
    let connection = tokio::spawn(connection);
    let answer = async {
        let response = sender.send_request(request).await.map_err(|_| FetchError::NoAnswer)?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        body.map(|body| body.to_bytes()).map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                FetchError::TooLong
            } else {
                FetchError::NoAnswer
            }
        })
    };
    let answer = answer.await;
    connection.abort();
    answer
}

/// Whether an address is somebody's in public: none of a network of one's own, of documentation, of
/// multicast, of what is reserved, and none that hides one of these.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        // Carrier-grade NAT, RFC 6598.
        || (a == 100 && (64..128).contains(&b))
        // IETF protocol assignments, RFC 6890.
        || (a == 192 && b == 0 && c == 0)
        // 6to4 relays, RFC 7526.
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks, RFC 2544.
        || (a == 198 && (18..20).contains(&b))
        // Class E.
        || a >= 240)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c) {
        // v4-mapped and v4-compatible, the unspecified and the loopback address among them.
        (0, 0, 0) if d == 0 && e == 0 && (f == 0xffff || f == 0) => f == 0xffff && embedded(g, h),
        // NAT64, RFC 6052; its local form belongs to a network.
        (0x64, 0xff9b, 0) if d == 0 && e == 0 && f == 0 => embedded(g, h),
        (0x64, 0xff9b, _) => false,
        // 6to4, RFC 3056.
        (0x2002, high, low) => embedded(high, low),
        // Teredo and the rest of IETF protocol assignments, RFC 2928; documentation, RFC 3849 and 9637.
        (0x2001, 0..=0x1ff | 0xdb8, _) | (0x3fff, 0..=0xfff, _) => false,
        // Only this part of the space was ever given to anybody.
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
