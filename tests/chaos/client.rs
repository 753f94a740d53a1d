//! An app's way of sending: again and again, the same request, until somebody answers.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use api::clock::Clock;
use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::time::sleep;

/// How long an app goes on trying. Longer than any recovery.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(30);

/// Sends to one server, which may be down.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    clock: Clock,
}

/// What was answered in the end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
    /// When the try that was answered began.
    pub began: DateTime<Utc>,
}

impl Answer {
    /// The body, where the status is the expected one.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Self { http, base: format!("http://{address}"), clock: Clock::system() }
    }

    /// A request to be sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// Sends the request until it is answered with anything but "come back later".
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let began = Instant::now();
        loop {
            if let Some(answer) = self.try_once(request.try_clone().unwrap()).await {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "nobody answered within {PATIENCE:?}");
            sleep(PAUSE).await;
        }
    }

    async fn try_once(&self, request: RequestBuilder) -> Option<Answer> {
        let began = self.clock.now();
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        // An answer that breaks off in the middle is none.
        let body = response.text().await.ok()?;
        let later = status.is_server_error() || body.contains("idempotency_in_progress");
        (!later).then_some(Answer { status, headers, body, began })
    }
}
