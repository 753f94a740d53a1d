//! The two people of the town hall whom a broadcast takes.

use std::net::SocketAddr;

use api::clock::Clock;
use chrono::{SecondsFormat, TimeDelta};
use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::killable::{ADMIN, PASSWORD, TOWN};

/// Who approves; a lead on the staff.
pub const LEAD: &str = "lead@bad-dueben.example";

/// Both of them, signed in.
pub struct Broadcaster {
    http: Client,
    server: SocketAddr,
    writer: String,
    lead: String,
}

impl Broadcaster {
    /// The admin and the lead sign in.
    pub async fn sign_in(server: SocketAddr) -> Self {
        let mut desk = Self { http: Client::new(), server, writer: String::new(), lead: String::new() };
        desk.writer = desk.session_of(ADMIN).await;
        desk.lead = desk.session_of(LEAD).await;
        desk
    }

    /// One writes a broadcast to an audience and submits it, the other approves it for so many people. Answers
    /// its id.
    pub async fn send(&self, severity: &str, audience: &Value, people: u32) -> String {
        let id = self.submit(severity, audience).await;
        self.approve(&id, people).await;
        id
    }

    /// Writes a broadcast and submits it.
    pub async fn submit(&self, severity: &str, audience: &Value) -> String {
        let until = Clock::system().now() + TimeDelta::hours(6);
        let draft = json!({
            "severity": severity,
            "sender": "Ordnungsamt",
            "texts": {"de": {"title": "Hochwasser an der Mulde", "body": "Bitte Keller und Ufer verlassen."}},
            "audience": audience,
            "expires_at": until.to_rfc3339_opts(SecondsFormat::Secs, true),
        });
        let place = format!("{TOWN}/staff/broadcasts");
        let (written, _) = self.answer(self.request(Method::POST, &place, &self.writer).json(&draft)).await;
        let id = written["id"].as_str().unwrap().to_owned();
        self.step(&id, "submit", &self.writer, &json!({})).await;
        id
    }

    /// Approves it.
    pub async fn approve(&self, id: &str, people: u32) {
        self.step(id, "approve", &self.lead, &json!({ "confirm_people": people })).await;
    }

    async fn step(&self, id: &str, step: &str, token: &str, body: &Value) {
        let place = format!("{TOWN}/staff/broadcasts/{id}");
        let (_, seen) = self.answer(self.request(Method::GET, &place, token)).await;
        let taken = self.request(Method::POST, &format!("{place}/{step}"), token);
        self.answer(taken.header(header::IF_MATCH, seen).json(body)).await;
    }

    async fn session_of(&self, email: &str) -> String {
        let session = json!({ "email": email, "password": PASSWORD });
        let asked = self.request(Method::POST, "/v1/auth/staff-sessions", "").json(&session);
        self.answer(asked).await.0["access_token"].as_str().unwrap().to_owned()
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.server));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    }

    /// The body of a good answer, and its tag.
    async fn answer(&self, request: RequestBuilder) -> (Value, String) {
        let answer = request.send().await.unwrap();
        let tag = answer.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned());
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{status}: {body}");
        (serde_json::from_str(&body).unwrap(), tag.unwrap_or_default())
    }
}
