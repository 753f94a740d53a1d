//! A client of the public HTTP API, as an app would have one. An unexpected answer is a failure that
//! repeats what the server said.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use crate::cli::Failure;

/// No request of the play takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends requests to one served address, as one person or as nobody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    language: &'static str,
    bearer: Option<String>,
}

/// A request under construction.
pub struct Call {
    request: reqwest::RequestBuilder,
    name: String,
}

/// What came back.
pub struct Answer {
    /// The status, which was expected.
    pub status: StatusCode,
    headers: header::HeaderMap,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Client {
    /// Nobody in particular. `base` is the served address without a path.
    pub fn new(base: &str) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        Ok(Self { http, base: base.to_owned(), language: "en", bearer: None })
    }

    /// The same client with somebody's access token.
    pub fn bearer(&self, access_token: &str) -> Self {
        Self { bearer: Some(access_token.to_owned()), ..self.clone() }
    }

    /// A request for an address of this server, given with or without its beginning.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let name = format!("{method} {path}");
        let mut request = self.http.request(method, url).header(header::ACCEPT_LANGUAGE, self.language);
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        Call { request, name }
    }

    /// A read.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// Something new.
    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    /// A file.
    pub fn send_bytes(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Call {
        let mut call = self.call(Method::POST, path).header("Content-Type", content_type);
        call.request = call.request.body(bytes);
        call
    }

    /// Something in its place.
    pub fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }
}

impl Call {
    /// Sends JSON.
    fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// Sends bytes of another kind.
    pub fn bytes(mut self, kind: &str, body: &'static [u8]) -> Self {
        self.request = self.request.header(header::CONTENT_TYPE, kind).body(body);
        self
    }

    /// Sends what a form of a page sends.
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.request = self.request.form(fields);
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sends it and goes on only with this status.
    pub async fn expect(self, status: u16) -> Result<Answer, Failure> {
        let response = self.request.send().await.map_err(|error| format!("{}: {error}", self.name))?;
        let answer = Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await?.to_vec(),
        };
        if answer.status.as_u16() == status {
            return Ok(answer);
        }
        Err(format!("{} was answered {}, not {status}: {}", self.name, answer.status, answer.said()).into())
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// What a problem (RFC 9457) says, or any other body as it is.
    fn said(&self) -> String {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        let Ok(problem) = self.json() else { return body };
        let Ok(detail) = text(&problem, "/detail") else { return body };
        let fields = problem.get("errors").and_then(Value::as_array).into_iter().flatten();
        let fields = fields.filter_map(|field| {
            Some(format!(" {}: {}", text(field, "/pointer").ok()?, text(field, "/detail").ok()?))
        });
        detail + &fields.collect::<String>()
    }

    /// A text in the JSON body, by its pointer (RFC 6901).
    pub fn text(&self, pointer: &str) -> Result<String, Failure> {
        text(&self.json()?, pointer)
    }

    /// The version to send back as `If-Match`.
    pub fn etag(&self) -> Result<&str, Failure> {
        let etag = self.headers.get(header::ETAG).and_then(|etag| etag.to_str().ok());
        etag.ok_or_else(|| "the answer has no ETag".into())
    }
}

/// A text inside JSON, by its pointer (RFC 6901).
pub fn text(json: &Value, pointer: &str) -> Result<String, Failure> {
    let found = json.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| format!("the answer has no text {pointer}: {json}").into())
}

/// A whole number inside JSON, by its pointer (RFC 6901).
pub fn number(json: &Value, pointer: &str) -> Result<u64, Failure> {
    let found = json.pointer(pointer).and_then(Value::as_u64);
    found.ok_or_else(|| format!("the answer has no number {pointer}: {json}").into())
}

/// The items of a list.
pub fn items(list: &Value) -> Vec<Value> {
    list.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// Goes on only if it holds.
pub fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}
