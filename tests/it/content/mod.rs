//! What people look up: written by staff, read by everybody.

mod announcing;
mod bad_content;
mod changes;
mod events;
mod exports;
mod files;
mod reading;
mod sources;
mod writing;

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    admin::Desk,
    photos::jpeg,
    support::{http::Call, installation::Installation},
};

pub const TOWN: &str = "/v1/municipalities/bad-dueben";
pub const STAFF: &str = "/v1/municipalities/bad-dueben/staff/content";
/// The smallest thing that is a PDF by its marks.
pub const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n27\n%%EOF\n";
pub const OTHER_PDF: &[u8] =
    b"%PDF-1.4\n2 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n27\n%%EOF\n";

/// A piece with a German title and what else is given.
pub fn piece(kind: &str, title: &str, more: Value) -> Value {
    let mut body = json!({"kind": kind, "texts": [{"language": "de", "title": title}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Desk {
    /// Begins a piece and publishes it; gives its identity.
    pub async fn publish(&self, body: &Value) -> String {
        let place = self.add(STAFF, body).await;
        self.step(&place, "\"v1\"", "published").await;
        place.rsplit('/').next().unwrap().to_owned()
    }

    pub async fn step(&self, place: &str, tag: &str, to: &str) -> Value {
        let step = self.post(&format!("{place}/transitions"), &json!({"to": to})).header("if-match", tag);
        step.expect(200).await
    }

    pub fn put(&self, path: &str, tag: &str, body: &Value) -> Call {
        let request = self.installation.request(Method::PUT, path).json(body);
        Call(request).bearer(&self.admin).header("if-match", tag)
    }

    /// The items of a public list, as a guest reads them.
    pub async fn look(&self, path: &str) -> Vec<Value> {
        let listed: Value = self.installation.get(&format!("{TOWN}/{path}")).expect(200).await;
        listed["items"].as_array().unwrap().clone()
    }

    /// The titles of a public list.
    pub async fn titles(&self, path: &str) -> Vec<String> {
        let items = self.look(path).await;
        items.iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn upload(installation: &Installation, slug: &str, admin: &str, what: &str, bytes: Vec<u8>) -> Call {
    let path = format!("/v1/municipalities/{slug}/staff/content-{what}");
    let media = if what == "pictures" { "image/jpeg" } else { "application/pdf" };
    let request = installation.request(Method::POST, &path).header(header::CONTENT_TYPE, media).body(bytes);
    Call(request).bearer(admin)
}

/// One of everything in a town: public, and a draft.
pub async fn furnish(installation: &Installation, slug: &str, admin: &str) -> Vec<(&'static str, String)> {
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let picture: Value = upload(installation, slug, admin, "pictures", jpeg(3)).expect(201).await;
    let document: Value = upload(installation, slug, admin, "documents", PDF.to_vec()).expect(201).await;
    let shown = json!([{"id": picture["id"], "alternatives": [{"language": "de", "text": "Das Becken"}]}]);
    let staff = format!("/v1/municipalities/{slug}/staff/content");
    let write = async |body: Value| {
        let made: Value = installation.post(&staff, &body).bearer(admin).expect(201).await;
        id(&made)
    };
    let publish = async |body: Value| {
        let made = write(body).await;
        let step = installation.post(&format!("{staff}/{made}/transitions"), &json!({"to": "published"}));
        let _: Value = step.bearer(admin).header("if-match", "\"v1\"").expect(200).await;
        made
    };
    let issue = json!({"gazette": {"date": "2026-11-20", "document": document["id"]}});
    let market = json!({"event": {"starts_at": "2026-11-26T08:00:00Z"}});
    publish(piece("gazette", "Amtsblatt", issue)).await;
    vec![
        ("content", publish(piece("news", "Neues", json!({"pictures": shown}))).await),
        ("event", publish(piece("event", "Markt", market)).await),
        (
            "contact",
            publish(piece("contact", "Bürgerbüro", json!({"contact": {"phone": "034243 7220"}}))).await,
        ),
        ("draft", write(piece("news", "Entwurf", json!({}))).await),
        ("content_file", id(&picture)),
        ("document", id(&document)),
    ]
}
