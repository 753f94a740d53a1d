//! The town hall's staff, who answer reports.

use reqwest::{Method, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::Client,
    killable::{ADMIN, PASSWORD, TOWN},
};

/// Where each report is taken, step by step, and what its reporter reads.
pub const STEPS: [(&str, Option<&str>); 3] = [
    ("accepted", None),
    ("in_progress", None),
    ("resolved", Some("Der Bauhof hat alles abgeholt. Danke für den Hinweis.")),
];

/// Somebody at the town hall.
pub struct Desk {
    client: Client,
    access_token: String,
}

impl Desk {
    /// Signs in, names a kind of complaint, and gives the desk a mailbox.
    pub async fn open(client: &Client) -> Self {
        let session = json!({ "email": ADMIN, "password": PASSWORD });
        let session = client.request(Method::POST, "/v1/auth/staff-sessions").json(&session);
        let session = client.send(session).await.expect(201);
        let access_token = session["access_token"].as_str().unwrap().to_owned();
        let desk = Self { client: client.clone(), access_token };
        let waste = json!({
            "code": "illegal-waste",
            "names": { "de": "Illegale Müllablagerung" },
            "promise": { "first_answer_days": 2, "solution_days": 10 },
            "accepts_guests": true,
        });
        let made = desk.request(Method::POST, "/admin/categories").json(&waste);
        client.send(made).await.expect(201);
        let departments = client.send(desk.request(Method::GET, "/admin/departments")).await.expect(200);
        let place = format!("/admin/departments/{}", departments["items"][0]["id"].as_str().unwrap());
        let mailbox = desk.request(Method::PATCH, &place).header(header::IF_MATCH, "\"v1\"");
        client.send(mailbox.json(&json!({ "email": "amt@bad-dueben.example" }))).await.expect(200);
        desk
    }

    /// Takes a complaint to a state, as a client does that may not hear the answer: it looks again
    /// before it repeats what it wants.
    pub async fn take_to(&self, complaint: Uuid, to: &str, public_text: Option<&str>) {
        let place = format!("/staff/complaints/{complaint}");
        loop {
            let seen = self.client.send(self.request(Method::GET, &place)).await;
            if seen.expect(200)["status"] == to {
                return;
            }
            let mut step = json!({ "to": to });
            if let Some(text) = public_text {
                step["public_text"] = json!(text);
            }
            let taken = self.request(Method::POST, &format!("{place}/transitions")).json(&step);
            let taken = taken.header(header::IF_MATCH, &seen.headers[header::ETAG]);
            let answer = self.client.send(taken).await;
            // Somebody else was faster: perhaps this very request, whose answer nobody heard.
            if answer.status != StatusCode::PRECONDITION_FAILED {
                answer.expect(200);
                return;
            }
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, &format!("{TOWN}{path}")).bearer_auth(&self.access_token)
    }
}
