//! A server for HTTP/2 over TLS that can end connections the hard and the soft way.

use std::{
    future::Future,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::{StartError, record::unpoisoned, tls::Authority};

/// Larger bodies are not even read.
const MAX_BODY: usize = 1024 * 1024;
/// As Apple announces it.
const MAX_STREAMS: u32 = 1000;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// GOAWAY: what was begun is answered, nothing new is taken.
    GoAway,
    /// The socket closes at once. The request that triggers it has taken effect, its sender gets no answer.
    Drop,
}

/// What a service makes of one request.
pub(crate) enum Reply {
    Answer(Response<Full<Bytes>>),
    /// No answer: the connection dies.
    Cut,
}

pub(crate) trait Service: Send + Sync + 'static {
    /// Answers one request that came in on the given connection.
    fn call(&self, connection: u64, request: Request<Bytes>) -> impl Future<Output = Reply> + Send;
}

/// After how many requests each connection ends.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    armed: AtomicBool,
    plan: Mutex<Option<(u64, Cut)>>,
    connections: AtomicU64,
}

impl Cutter {
    pub(crate) fn set(&self, plan: Option<(u64, Cut)>) {
        *unpoisoned(self.plan.lock()) = plan;
        self.armed.store(plan.is_some(), Ordering::Release);
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    fn at(&self, requests: u64) -> Option<Cut> {
        if !self.armed.load(Ordering::Acquire) {
            return None;
        }
        unpoisoned(self.plan.lock()).filter(|(after, _)| requests >= *after).map(|(_, cut)| cut)
    }
}

/// A running server; dropping it stops it, with open requests answered first.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    running: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// A socket that is open but not answered yet: its address can be told to whoever must know it first.
pub(crate) struct Bound {
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

impl Bound {
    pub(crate) async fn to(address: SocketAddr) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { address, listener })
    }

    /// Begins to answer.
    pub(crate) fn serve<S: Service>(
        self,
        authority: &Authority,
        cutter: Arc<Cutter>,
        service: Arc<S>,
    ) -> Result<Server, StartError> {
        let acceptor = TlsAcceptor::from(authority.server_config(&["h2"])?);
        let (running, stopped) = watch::channel(());
        let task = tokio::spawn(accept(self.listener, acceptor, service, cutter, stopped));
        Ok(Server { address: self.address, running, task })
    }
}

impl Server {
    /// Takes no more connections, lets open requests finish and frees the port.
    pub(crate) async fn stop(self) {
        drop(self.running);
        let _ = self.task.await;
    }
}

async fn accept<S: Service>(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    service: Arc<S>,
    cutter: Arc<Cutter>,
    mut stopped: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stopped.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let (acceptor, service) = (acceptor.clone(), Arc::clone(&service));
                connections.spawn(serve(stream, acceptor, service, Arc::clone(&cutter), stopped.clone()));
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// The two ways out of a connection.
#[derive(Default)]
struct Ends {
    requests: AtomicU64,
    drop: Notify,
    go_away: Notify,
}

async fn serve<S: Service>(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    service: Arc<S>,
    cutter: Arc<Cutter>,
    mut stopped: watch::Receiver<()>,
) {
    let connection = cutter.connections.fetch_add(1, Ordering::Relaxed);
    // An answer that waits for the next packet would be measured as the sender's slowness.
    let _ = stream.set_nodelay(true);
    let handshake = tokio::select! {
        _ = stopped.changed() => return,
        handshake = acceptor.accept(stream) => handshake,
    };
    let Ok(stream) = handshake else { return };
    // A client that did not agree on HTTP/2 is not one of Apple's or Google's.
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return;
    }
    let ends = Arc::new(Ends::default());
    let answering = Arc::clone(&ends);
    let service = service_fn(move |request| {
        let (service, cutter, ends) = (Arc::clone(&service), Arc::clone(&cutter), Arc::clone(&answering));
        async move { answer(connection, request, &*service, &cutter, &ends).await }
    });
    let mut serving = pin!(
        http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(MAX_STREAMS)
            .serve_connection(TokioIo::new(stream), service)
    );
    let mut leaving = false;
    loop {
        tokio::select! {
            _ = serving.as_mut() => return,
            () = ends.drop.notified() => return,
            () = ends.go_away.notified(), if !leaving => leaving = true,
            _ = stopped.changed(), if !leaving => leaving = true,
        }
        serving.as_mut().graceful_shutdown();
    }
}

/// Why a stream ends without an answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the body did not come or is far too long")]
    Body,
    #[error("the connection is cut on purpose")]
    Cut,
}

async fn answer<S: Service>(
    connection: u64,
    request: Request<Incoming>,
    service: &S,
    cutter: &Cutter,
    ends: &Ends,
) -> Result<Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Broken::Body)?.to_bytes();
    let reply = service.call(connection, Request::from_parts(parts, body)).await;
    let cut = cutter.at(ends.requests.fetch_add(1, Ordering::Relaxed) + 1);
    match (reply, cut) {
        (Reply::Answer(response), None) => return Ok(response),
        (Reply::Answer(response), Some(Cut::GoAway)) => {
            ends.go_away.notify_one();
            return Ok(response);
        }
        (Reply::Cut, _) | (_, Some(Cut::Drop)) => ends.drop.notify_one(),
    }
    // The socket closes meanwhile; answering or resetting this stream first would be too polite.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Err(Broken::Cut)
}

/// A response that cannot fail to be built.
pub(crate) fn response(status: http::StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}
