//! What a town hall keeps about itself, as its staff keep it over the API.

mod addresses;
mod api_keys;
mod areas;
mod categories;
mod departments;
mod settings;
mod staff;
mod staff_limits;
mod topics;

use domain::{municipalities::Municipality, staff::Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Call},
    installation::Installation,
};

/// A town hall with somebody who may change its register.
pub struct Desk {
    pub installation: Installation,
    pub town: Municipality,
    pub admin: String,
}

impl Desk {
    pub async fn open(installation: Installation) -> Self {
        let town = installation.found("bad-dueben", "Bad Düben").await;
        let admin = installation.employ(&town, "admin@example.org", Role::Admin).await;
        let admin = installation.token(&admin).await;
        Self { installation, town, admin }
    }

    /// The same after a while: tokens do not last long.
    pub async fn later(mut self, wait: chrono::TimeDelta) -> Self {
        self.installation.clock.advance(wait);
        let name = format!("admin-{}@example.org", self.installation.clock.uuid());
        let admin = self.installation.employ(&self.town, &name, Role::Admin).await;
        self.admin = self.installation.token(&admin).await;
        self
    }

    pub fn get(&self, path: &str) -> Call {
        self.installation.get(path).bearer(&self.admin)
    }

    pub fn post(&self, path: &str, body: &Value) -> Call {
        self.installation.post(path, body).bearer(&self.admin)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Call {
        Call(self.installation.request(Method::PATCH, path).json(body)).bearer(&self.admin)
    }

    pub fn delete(&self, path: &str, tag: &str) -> Call {
        self.installation.delete(path).bearer(&self.admin).header("if-match", tag)
    }

    /// Adds something; gives its address.
    pub async fn add(&self, path: &str, body: &Value) -> String {
        let made = self.post(path, body).send().await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.headers["etag"], "\"v1\"");
        made.headers["location"].to_str().unwrap().to_owned()
    }

    pub async fn items(&self, path: &str) -> Vec<Value> {
        let listed: Value = self.get(path).expect(200).await;
        listed["items"].as_array().unwrap().clone()
    }

    /// Tokens of a clerk of this town hall and of an admin of another one.
    pub async fn others(&self) -> (String, String) {
        let other = self.installation.found("eilenburg", "Eilenburg").await;
        let stranger = self.installation.employ(&other, "stranger@example.org", Role::Admin).await;
        let clerk = self.installation.employ(&self.town, "clerk@example.org", Role::Clerk).await;
        (self.installation.token(&clerk).await, self.installation.token(&stranger).await)
    }

    /// Nobody else may add `body` at `path`, and each of the `wrong` members is refused at its pointer.
    pub async fn guards(&self, path: &str, body: &Value, wrong: &[(&str, Value, &str)]) {
        let (clerk, stranger) = self.others().await;
        // Being refused is being here as well.
        let kept = async || {
            let mut items = self.items(path).await;
            for item in &mut items {
                item.as_object_mut().unwrap().remove("last_used_at");
            }
            items
        };
        let before = kept().await;
        self.installation.post(path, body).expect_problem(401, "unauthenticated").await;
        self.installation.post(path, body).bearer(&clerk).expect_problem(403, "forbidden").await;
        self.installation.post(path, body).bearer(&stranger).expect_problem(404, "not_found").await;
        for (member, value, pointer) in wrong {
            let mut wrong = body.clone();
            wrong[*member] = value.clone();
            let refused = self.post(path, &wrong).expect_problem(422, "validation_failed").await;
            assert_eq!(first_pointer(&refused), *pointer, "{}", refused.body);
        }
        assert_eq!(kept().await, before, "nothing was written");
    }

    /// The entry at `place`, at its first version, is changed by `patch` only by who saw it as it is.
    pub async fn guards_versions(&self, place: &str, patch: &Value) -> Value {
        self.patch(place, patch).expect_problem(428, "precondition_required").await;
        self.patch(place, patch).header("if-match", "\"v7\"").expect_problem(412, "stale").await;
        self.patch(place, &json!({"colour": "red"}))
            .header("if-match", "\"v1\"")
            .expect_problem(422, "validation_failed")
            .await;
        let changed = self.patch(place, patch).header("if-match", "\"v1\"").send().await;
        assert_eq!(changed.status, 200, "{}", changed.body);
        assert_eq!(changed.headers["etag"], "\"v2\"");
        let shown = self.get(place).send().await;
        assert_eq!((&shown.headers["etag"], &shown.body), (&changed.headers["etag"], &changed.body));
        self.delete(place, "\"v1\"").expect_problem(412, "stale").await;
        self.installation
            .delete(place)
            .bearer(&self.admin)
            .expect_problem(428, "precondition_required")
            .await;
        changed.json()
    }

    /// The entry at `place` goes, and is gone.
    pub async fn removes(&self, place: &str, tag: &str) {
        let gone = self.delete(place, tag).send().await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        self.get(place).expect_problem(404, "not_found").await;
        self.delete(place, tag).expect_problem(404, "not_found").await;
    }

    /// A rule that names what it is given.
    pub async fn add_rule(&self, condition: Value, department: &Value) -> String {
        let rule = json!({"name": "Tyres", "condition": condition, "actions": {"department": department}});
        self.add("/v1/municipalities/bad-dueben/admin/routing-rules", &rule).await
    }
}

pub fn first_pointer(refused: &Answer) -> String {
    refused.json::<Value>()["errors"][0]["pointer"].as_str().unwrap_or("none").to_owned()
}
