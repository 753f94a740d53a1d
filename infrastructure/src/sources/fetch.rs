//! Asking services out there, and never one of our own: only public addresses, each looked up once and
//! connected to as it was checked, also where an answer sends on to, a time limit, and no more of an answer
//! than fits.

use std::{
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use domain::content::sources::Mark;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
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
/// Times an answer may send on to another address.
const MOST_REDIRECTS: usize = 3;
/// Longest mark that is kept, in bytes. A longer one is nobody's.
const LONGEST_MARK: usize = 200;

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
    /// An answer of another status than 200.
    #[error("answered with status {0}")]
    Status(u16),
    /// Sent on from address to address.
    #[error("sent on too often")]
    SentOn,
    /// More than fits.
    #[error("the answer is too long")]
    TooLong,
}

type Looking = Pin<Box<dyn Future<Output = Vec<SocketAddr>> + Send>>;
type LookUp = Arc<dyn Fn(String, u16) -> Looking + Send + Sync>;
/// Whether an address may be connected to.
type Vetting = fn(IpAddr) -> bool;

/// Asks over HTTP/1.1.
#[derive(Clone)]
pub struct Fetcher {
    look_up: LookUp,
    vetting: Vetting,
    /// Whether it asks without TLS.
    insecure: bool,
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
    /// Most bytes of the answer.
    pub longest: usize,
}

/// What came of asking for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// It is what it was.
    Unchanged,
    /// What it is, and the mark of that.
    Body(Bytes, Mark),
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Default for Fetcher {
    fn default() -> Self {
        let look_up: LookUp = Arc::new(|host, port| {
            Box::pin(
                async move { lookup_host((host, port)).await.map(Iterator::collect).unwrap_or_default() },
            )
        });
        Self { look_up, vetting: is_public, insecure: false, patience: PATIENCE }
    }
}

impl Fetcher {
    /// One that asks any address, also without TLS: where sources stand in a network of one's own.
    pub fn anywhere() -> Self {
        Self { vetting: |_| true, insecure: true, ..Self::default() }
    }

    /// Whether this is an address that is asked at all, wherever it leads.
    pub fn asks(&self, url: &str) -> bool {
        let scheme = Url::parse(url).ok().filter(Url::has_host).map(|url| url.scheme().to_owned());
        scheme.is_some_and(|scheme| scheme == "https" || self.insecure && scheme == "http")
    }

    /// The body of the answer. One that sends on to another address is none.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn ask(&self, question: Question<'_>) -> Result<Bytes, FetchError> {
        let answer = timeout(self.patience, self.asked(question)).await;
        let answer = answer.map_err(|_| FetchError::NoAnswer)??;
        if answer.status == StatusCode::OK {
            Ok(answer.body)
        } else {
            Err(FetchError::Status(answer.status.as_u16()))
        }
    }

    /// A page, where it is not what it was at `known`, of at most `longest` bytes. It may be somewhere else
    /// by now: each address on the way is checked as the first.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn get(&self, url: &Url, known: &Mark, longest: usize) -> Result<Page, FetchError> {
        timeout(self.patience, self.got(url.clone(), known, longest))
            .await
            .map_err(|_| FetchError::NoAnswer)?
    }

    async fn got(&self, mut url: Url, known: &Mark, longest: usize) -> Result<Page, FetchError> {
        let marks = [("if-none-match", &known.etag), ("if-modified-since", &known.modified)];
        let headers = marks.into_iter().filter_map(|(name, mark)| Some((name, mark.clone()?)));
        let headers: Vec<_> = headers.collect();
        for _ in 0..=MOST_REDIRECTS {
            let (headers, body) = (headers.clone(), Bytes::new());
            let question = Question { method: Method::GET, url: &url, headers, body, longest };
            let Answer { status, headers, body } = self.asked(question).await?;
            let value = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
            match status {
                StatusCode::OK => {
                    let mark =
                        |name| value(name).filter(|mark| mark.len() <= LONGEST_MARK).map(str::to_owned);
                    let mark = Mark { etag: mark(header::ETAG), modified: mark(header::LAST_MODIFIED) };
                    return Ok(Page::Body(body, mark));
                }
                StatusCode::NOT_MODIFIED => return Ok(Page::Unchanged),
                status if status.is_redirection() => {
                    let to = value(header::LOCATION).ok_or(FetchError::Status(status.as_u16()))?;
                    url = url.join(to).map_err(|_| FetchError::Address)?;
                }
                status => return Err(FetchError::Status(status.as_u16())),
            }
        }
        Err(FetchError::SentOn)
    }

    async fn asked(&self, question: Question<'_>) -> Result<Answer, FetchError> {
        let url = question.url;
        let secure = url.scheme() == "https";
        let host = url.host_str().ok_or(FetchError::Address)?.trim_matches(['[', ']']).to_owned();
        if !(secure || self.insecure && url.scheme() == "http") {
            return Err(FetchError::Address);
        }
        let port = url.port_or_known_default().ok_or(FetchError::Address)?;
        let found = (self.look_up)(host.clone(), port).await;
        // One private address among them is reason enough: nobody means both.
        if !found.iter().all(|address| (self.vetting)(address.ip())) {
            return Err(FetchError::NotPublic);
        }
        let address = found.first().ok_or(FetchError::NoAnswer)?;
        let stream = TcpStream::connect(address).await.map_err(|_| FetchError::NoAnswer)?;
        stream.set_nodelay(true).map_err(|_| FetchError::NoAnswer)?;
        if !secure {
            return converse(stream, question).await;
        }
        let tls = tls::client(None, &[]).map_err(|_| FetchError::NoAnswer)?;
        let name = ServerName::try_from(host.clone()).map_err(|_| FetchError::Address)?;
        let stream = TlsConnector::from(Arc::new(tls)).connect(name, stream).await;
        converse(stream.map_err(|_| FetchError::NoAnswer)?, question).await
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    question: Question<'_>,
) -> Result<Answer, FetchError> {
    let Question { method, url, headers, body, longest } = question;
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
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
        let (head, body) = response.into_parts();
        let body = Limited::new(body, longest).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                FetchError::TooLong
            } else {
                FetchError::NoAnswer
            }
        })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
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
