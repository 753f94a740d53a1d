//! A server for plain HTTP/1.1, and the client that calls back.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};
use url::form_urlencoded;

use crate::{
    StartError,
    http2::{Reply, Service},
};

/// Larger bodies are not even read.
const MAX_BODY: usize = 1024 * 1024;
/// How long whoever is called back may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running server; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    running: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start<S: Service>(address: SocketAddr, service: Arc<S>) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (running, stopped) = watch::channel(());
        let task = tokio::spawn(accept(listener, service, stopped));
        Ok(Self { address, running, task })
    }

    /// Takes no more connections, lets open requests finish and frees the port.
    pub(crate) async fn stop(self) {
        drop(self.running);
        let _ = self.task.await;
    }
}

async fn accept<S: Service>(listener: TcpListener, service: Arc<S>, mut stopped: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    let mut number = 0;
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(serve(stream, number, Arc::clone(&service), stopped.clone()));
                number += 1;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve<S: Service>(
    stream: TcpStream,
    number: u64,
    service: Arc<S>,
    mut stopped: watch::Receiver<()>,
) {
    let _ = stream.set_nodelay(true);
    let answering = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { answer(number, request, &*service).await }
    });
    let mut serving = std::pin::pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), answering));
    tokio::select! {
        _ = serving.as_mut() => return,
        _ = stopped.changed() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose, or the request did not come")]
struct Cut;

async fn answer<S: Service>(
    connection: u64,
    request: Request<Incoming>,
    service: &S,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Cut)?.to_bytes();
    match service.call(connection, Request::from_parts(parts, body)).await {
        Reply::Answer(response) => Ok(response),
        Reply::Cut => Err(Cut),
    }
}

/// What came of calling back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledBack {
    /// Where.
    pub url: String,
    /// The form that was posted; empty for a GET.
    pub fields: Vec<(String, String)>,
    /// The answer's status; 0 where none came.
    pub status: u16,
    /// The answer.
    pub body: String,
}

/// Calls back over plain HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Client<HttpConnector, Full<Bytes>>);

impl Caller {
    pub(crate) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).build(tcp))
    }

    pub(crate) async fn get(&self, url: &str) -> CalledBack {
        self.ask(Method::GET, url, HeaderMap::new(), Vec::new()).await
    }

    pub(crate) async fn post(
        &self,
        url: &str,
        mut headers: HeaderMap,
        fields: Vec<(String, String)>,
    ) -> CalledBack {
        headers.insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        self.ask(Method::POST, url, headers, fields).await
    }

    async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        fields: Vec<(String, String)>,
    ) -> CalledBack {
        let none = |fields| CalledBack { url: url.to_owned(), fields, status: 0, body: String::new() };
        let Ok(uri) = url.parse::<Uri>() else { return none(fields) };
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let mut request = Request::new(Full::new(Bytes::from(form)));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let answered = timeout(PATIENCE, async {
            let response = self.0.request(request).await.ok()?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await.ok()?.to_bytes();
            Some((status, String::from_utf8_lossy(&body).into_owned()))
        })
        .await;
        match answered {
            Ok(Some((status, body))) => CalledBack { url: url.to_owned(), fields, status, body },
            _ => none(fields),
        }
    }
}

/// A response with a media type that cannot fail to be built.
pub(crate) fn typed(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
    response
}

/// The fields of a query or form, in order.
pub(crate) fn fields(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The first field of that name.
pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}
