//! Citizens and guests with a phone, who report something.

use std::time::Duration;

use api::clock::Clock;
use chrono::{DateTime, Utc};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulators::smtp::SmtpSink;
use uuid::Uuid;

use crate::{client::Client, killable::TOWN};

/// Every so manieth person has an account.
const CITIZENS: usize = 4;
/// How long a letter with a code may take: where the database was busy, it is tried again after a minute.
const POST: Duration = Duration::from_secs(150);

/// Somebody with a phone.
pub struct Person {
    number: usize,
    access_token: String,
    /// Under which Apple or Google know the phone.
    pub device_token: String,
}

/// A report that was acknowledged.
pub struct Filed {
    pub id: Uuid,
    /// When the try that was acknowledged began.
    pub began: DateTime<Utc>,
    /// Whether it was answered otherwise when it was sent once more.
    pub answered_otherwise: bool,
}

impl Person {
    /// Signs in and registers a phone.
    pub async fn arrive(number: usize, client: &Client, mail: &SmtpSink) -> Self {
        let session = if number.is_multiple_of(CITIZENS) {
            citizen(number, client, mail).await
        } else {
            let guest = client.request(Method::POST, "/v1/auth/guest-sessions").json(&json!({}));
            client.send(from(number, guest)).await.expect(201)
        };
        let access_token = session["access_token"].as_str().unwrap().to_owned();
        let (platform, device_token) = match number % 2 {
            // Some tokens that begin with letters are dead on purpose.
            0 => ("ios", format!("1{number:063x}")),
            _ => ("android", format!("phone{number}:APA91b{number:0140}")),
        };
        let path = format!("/v1/me/devices/{}", Clock::system().uuid());
        let phone = json!({ "platform": platform, "token": device_token, "locale": "de" });
        let phone = client.request(Method::PUT, &path).bearer_auth(&access_token).json(&phone);
        client.send(from(number, phone)).await.expect(204);
        Self { number, access_token, device_token }
    }

    /// Reports something, in one of the ways an app may make sure that it happens once: by a key, by
    /// an identifier of its own, or by both.
    pub async fn report(&self, client: &Client) -> Filed {
        let id = Clock::system().uuid();
        let mut report = json!({
            "category": "illegal-waste",
            "description": format!("Alte Reifen am Waldrand, gemeldet von Nummer {}.", self.number),
            "location": { "lat": 51.59, "lon": 12.58 },
        });
        let (by_key, by_id) = match self.number % 3 {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        if by_id {
            report["id"] = json!(id);
        }
        let request = client.request(Method::POST, &format!("{TOWN}/complaints"));
        let mut request = from(self.number, request).bearer_auth(&self.access_token).json(&report);
        if by_key {
            request = request.header("Idempotency-Key", id.to_string());
        }
        let again = request.try_clone().unwrap();
        let first = client.send(request).await;
        let filed = first.expect(201);
        let second = client.send(again).await;
        let answered_otherwise = match by_key {
            true => (second.status, &second.body) != (first.status, &first.body),
            false => second.expect(201)["reference"] != filed["reference"],
        };
        let id = filed["id"].as_str().unwrap().parse().unwrap();
        Filed { id, began: first.began, answered_otherwise }
    }
}

/// A citizen signs in with a code from a letter.
async fn citizen(number: usize, client: &Client, mail: &SmtpSink) -> Value {
    let email = format!("citizen-{number}@bad-dueben.example");
    let wanted = client.request(Method::POST, "/v1/auth/codes").json(&json!({ "email": email }));
    client.send(from(number, wanted)).await.expect(202);
    let theirs = |mail: &simulators::smtp::Mail| mail.recipients.contains(&email);
    let letter = mail.wait_until(POST, theirs).await.unwrap();
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = letter.text.split(|c: char| !c.is_alphanumeric()).find(digits).unwrap();
    let session = json!({ "email": email, "code": code });
    let session = client.request(Method::POST, "/v1/auth/sessions").json(&session);
    client.send(from(number, session)).await.expect(201)
}

/// Everybody has an address of their own, as the proxy in front of the server says.
fn from(number: usize, request: RequestBuilder) -> RequestBuilder {
    let [_, a, b, c] = u32::try_from(number).unwrap().to_be_bytes();
    request.header("X-Forwarded-For", format!("10.{a}.{b}.{c}"))
}
