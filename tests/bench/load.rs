//! The load client, a third process: keep-alive connections that each send one request after another.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, client::conn::http1::SendRequest, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncWriteExt, net::TcpStream, process::Command, task::LocalSet};
use uuid::Uuid;

use crate::process::again;

/// Stands for a fresh UUID, the same everywhere in one request.
pub const FRESH: &str = "FRESH-UUID";

/// What to send, and how much of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    /// No request begins later than this.
    pub seconds: f64,
    /// No more requests than this.
    pub at_most: u64,
    /// The status that counts as ok.
    pub expected: u16,
    /// Of a POST; a GET has none.
    pub body: Option<String>,
    /// Taken in turn.
    pub targets: Vec<Target>,
    /// Where in `targets` to begin.
    pub first: u64,
}

/// Where a request goes and as whom.
#[derive(Clone, Serialize, Deserialize)]
pub struct Target {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Answers with the expected status.
    pub ok: u64,
    /// Other answers by status.
    pub others: BTreeMap<u16, u64>,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// Bytes of all bodies.
    pub bytes: u64,
    /// 99 of 100 answers took no longer.
    pub p99_milliseconds: f64,
    /// One of the unexpected answers.
    pub example: Option<String>,
}

impl Load {
    /// Has a process of its own send this, and gives what came back.
    pub async fn run(&self) -> Outcome {
        let mut command = Command::from(again("load"));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&serde_json::to_vec(self).unwrap()).await.unwrap();
        drop(input);
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "the load client failed: {}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The process: a [`Load`] from standard input, its [`Outcome`] on standard output.
pub fn serve() {
    let load: Load = serde_json::from_reader(io::stdin()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = LocalSet::new().block_on(&runtime, send_all(load));
    serde_json::to_writer(io::stdout(), &outcome).unwrap();
}

/// What the connections share.
struct Run {
    load: Load,
    began: Instant,
    sent: Cell<u64>,
    outcome: RefCell<Outcome>,
    /// How long each answer took, in microseconds.
    times: RefCell<Vec<u32>>,
}

async fn send_all(load: Load) -> Outcome {
    let connections = join_all((0..load.connections).map(|_| connect(load.address))).await;
    let run = Run {
        load,
        began: Instant::now(),
        sent: 0.into(),
        outcome: RefCell::default(),
        times: RefCell::default(),
    };
    join_all(connections.into_iter().map(|connection| run.send(connection))).await;
    let mut outcome = run.outcome.into_inner();
    let mut times = run.times.into_inner();
    times.sort_unstable();
    outcome.seconds = run.began.elapsed().as_secs_f64();
    outcome.p99_milliseconds =
        times.get(times.len() * 99 / 100).map_or(0.0, |micros| f64::from(*micros) / 1000.0);
    outcome
}

async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::task::spawn_local(connection);
    sender
}

impl Run {
    /// Sends one request after another until it is enough.
    async fn send(&self, mut connection: SendRequest<Full<Bytes>>) {
        let end = Duration::from_secs_f64(self.load.seconds);
        while self.began.elapsed() < end && self.sent.get() < self.load.at_most {
            let number = self.sent.replace(self.sent.get() + 1);
            let request = self.request(number);
            let began = Instant::now();
            connection.ready().await.unwrap();
            let response = connection.send_request(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            self.times.borrow_mut().push(u32::try_from(began.elapsed().as_micros()).unwrap());
            self.outcome.borrow_mut().note(status == self.load.expected, status, &body);
        }
    }

    fn request(&self, number: u64) -> Request<Full<Bytes>> {
        let fresh = Uuid::new_v4().to_string();
        let targets = &self.load.targets;
        let turn =
            usize::try_from((self.load.first + number) % u64::try_from(targets.len()).unwrap()).unwrap();
        let target = &targets[turn];
        let mut request = Request::builder().uri(&target.path).header(header::HOST, "127.0.0.1");
        for (name, value) in &target.headers {
            request = request.header(name, value.replace(FRESH, &fresh));
        }
        let body = match &self.load.body {
            Some(body) => {
                request = request.method(Method::POST).header(header::CONTENT_TYPE, "application/json");
                body.replace(FRESH, &fresh)
            }
            None => String::new(),
        };
        request.body(Full::from(body)).unwrap()
    }
}

impl Outcome {
    fn note(&mut self, ok: bool, status: u16, body: &[u8]) {
        self.bytes += u64::try_from(body.len()).unwrap();
        if ok {
            self.ok += 1;
            return;
        }
        *self.others.entry(status).or_default() += 1;
        self.example.get_or_insert_with(|| String::from_utf8_lossy(body).into_owned());
    }
}
