//! Every error of Google's, over a real connection.

use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::Full;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::*;
use crate::client::{Reply, TestClient};

const WITHIN: Duration = Duration::from_secs(10);
const DEVICE: &str = "fYx3-phone:APA91b";

/// A sender as Google wants it, and the ways to spoil it.
struct Sender {
    client: TestClient,
    base: String,
    account: ServiceAccount,
    access_token: String,
}

impl Sender {
    async fn of(fcm: &FcmSimulator) -> Self {
        let mut sender = Self {
            client: TestClient::trusting(fcm.ca_pem()),
            base: fcm.base_url(),
            account: fcm.account().clone(),
            access_token: String::new(),
        };
        sender.renew().await;
        sender
    }

    fn claims(&self) -> Value {
        let now = clock::now().timestamp();
        json!({
            "iss": self.account.client_email,
            "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "aud": self.account.token_uri,
            "iat": now,
            "exp": now + 3600,
        })
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.account.private_key_id.clone());
        let key = EncodingKey::from_rsa_pem(self.account.private_key.as_bytes()).unwrap();
        jsonwebtoken::encode(&header, claims, &key).unwrap()
    }

    async fn exchange(&self, body: String) -> Reply {
        let request = Request::post(&self.account.token_uri)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(body))
            .unwrap();
        self.client.send(request).await.unwrap()
    }

    async fn exchange_claims(&self, claims: &Value) -> Reply {
        let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        self.exchange(format!("grant_type={grant}&assertion={}", self.sign(claims))).await
    }

    async fn renew(&mut self) {
        let reply = self.exchange_claims(&self.claims()).await;
        assert_eq!((reply.status, &reply.json()["token_type"]), (StatusCode::OK, &Value::from("Bearer")));
        self.access_token = reply.json()["access_token"].as_str().unwrap().to_owned();
    }

    fn request(&self, message: &Value) -> Request<Full<Bytes>> {
        let path = format!("{}/v1/projects/{}/messages:send", self.base, self.account.project_id);
        Request::post(path)
            .header("authorization", format!("Bearer {}", self.access_token))
            .header("content-type", "application/json")
            .body(Full::from(json!({ "message": message }).to_string()))
            .unwrap()
    }

    async fn send(&self, token: &str) -> Reply {
        self.send_message(&json!({ "token": token, "data": { "message_id": "m1", "title": "Hallo" } })).await
    }

    async fn send_message(&self, message: &Value) -> Reply {
        self.client.send(self.request(message)).await.unwrap()
    }
}

async fn started() -> (FcmSimulator, Sender) {
    let fcm = FcmSimulator::start(Config::default()).await.unwrap();
    let sender = Sender::of(&fcm).await;
    (fcm, sender)
}

/// FCM's own code, as a sender has to look for it.
fn error_code(reply: &Reply) -> Option<String> {
    let details = reply.json().pointer("/error/details")?.as_array()?.clone();
    let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
    let own = details.iter().find(|detail| detail["@type"] == kind)?;
    own["errorCode"].as_str().map(str::to_owned)
}

fn violated_fields(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let details = json.pointer("/error/details").and_then(Value::as_array).cloned().unwrap_or_default();
    let kind = "type.googleapis.com/google.rpc.BadRequest";
    let request = details.iter().find(|detail| detail["@type"] == kind);
    let fields = request.and_then(|detail| detail["fieldViolations"].as_array().cloned()).unwrap_or_default();
    fields.iter().filter_map(|field| field["field"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_right_message_is_accepted_recorded_and_shown() {
    let (fcm, sender) = started().await;
    let reply = sender.send(DEVICE).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    assert!(reply.json()["name"].as_str().unwrap().starts_with("projects/rathaus-simulated/messages/"));
    fcm.wait_for_accepted(1, WITHIN).await.unwrap();
    assert_eq!(fcm.requests_for(DEVICE)[0].json()["message"]["data"]["title"], "Hallo");
    assert_eq!(fcm.phones().phone(DEVICE).visible[0].title, "Hallo");
    assert_eq!((fcm.violations(), fcm.access_tokens_given_out()), (Vec::new(), 1));
}

#[tokio::test]
async fn every_error_can_be_had_by_magic_token_and_by_script() {
    let (fcm, sender) = started().await;
    for error in Error::all() {
        let token = format!("sim-{}-phone", error.magic_word());
        let reply = sender.send(&token).await;
        assert_eq!(
            (reply.status, error_code(&reply).as_deref()),
            (error.status(), error.code()),
            "{reply:?}"
        );
        assert_eq!(sender.send(&token).await.status, error.status());
        if error != Error::BadGateway {
            assert_eq!(reply.json()["error"]["code"], error.status().as_u16());
        }
        let once = format!("sim-once-{}-phone", error.magic_word());
        assert_eq!(sender.send(&once).await.status, error.status());
        assert_eq!(sender.send(&once).await.status, StatusCode::OK);
        fcm.script(DEVICE, [error.into()]);
        assert_eq!(sender.send(DEVICE).await.status, error.status());
        assert_eq!(sender.send(DEVICE).await.status, StatusCode::OK);
    }
    assert_eq!(fcm.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn errors_look_as_google_sends_them() {
    let (fcm, sender) = started().await;
    let gone = sender.send("sim-unregistered-phone").await.json();
    let details = json!([{
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": "UNREGISTERED",
    }]);
    assert_eq!(
        gone,
        json!({ "error": {
            "code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND", "details": details,
        }})
    );
    assert_eq!(violated_fields(&sender.send("sim-invalidtoken-phone").await), ["message.token"]);
    assert_eq!(violated_fields(&sender.send("sim-invalid-phone").await), ["message.data"]);
    assert_eq!(sender.send("sim-quota-phone").await.header("retry-after"), Some("60"));
    assert_eq!(sender.send("sim-unavailable-phone").await.header("retry-after"), Some("10"));
    fcm.script(
        DEVICE,
        [Answer::retry_after(Error::Unavailable, 3), Answer::retry_after(Error::QuotaExceeded, None)],
    );
    assert_eq!(sender.send(DEVICE).await.header("retry-after"), Some("3"));
    assert_eq!(sender.send(DEVICE).await.header("retry-after"), None);
    let page = sender.send("sim-badgateway-phone").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=UTF-8"));
    assert!(page.text.starts_with("<!DOCTYPE html>"));
}

#[tokio::test]
async fn a_wrong_message_is_refused_with_its_fields() {
    let (fcm, sender) = started().await;
    let reply = sender.send_message(&json!({ "token": DEVICE, "data": { "n": 1 }, "extra": true })).await;
    assert_eq!(
        (reply.status, error_code(&reply).as_deref()),
        (StatusCode::BAD_REQUEST, Some("INVALID_ARGUMENT"))
    );
    assert_eq!(violated_fields(&reply), ["message.data.n", "message"]);
    let reply = sender.send("not a token").await;
    assert_eq!(violated_fields(&reply), ["message.token"]);
    let mut request = sender.request(&json!({ "token": DEVICE, "data": {} }));
    request.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(sender.client.send(request).await.unwrap().status, StatusCode::BAD_REQUEST);
    assert_eq!((fcm.violations().len(), fcm.counts().accepted), (3, 0));
}

#[tokio::test]
async fn a_wrong_project_or_route_is_not_found() {
    let (_fcm, sender) = started().await;
    let mut request = sender.request(&json!({ "token": DEVICE, "data": {} }));
    *request.uri_mut() = format!("{}/v1/projects/other/messages:send", sender.base).parse().unwrap();
    let reply = sender.client.send(request).await.unwrap();
    assert_eq!((reply.status, error_code(&reply)), (StatusCode::NOT_FOUND, None));
    let mut legacy = sender.request(&json!({}));
    *legacy.uri_mut() = format!("{}/fcm/send", sender.base).parse().unwrap();
    assert_eq!(sender.client.send(legacy).await.unwrap().status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_access_token_ends_and_can_be_revoked() {
    let (fcm, mut sender) = started().await;
    fcm.revoke_access_tokens();
    let reply = sender.send(DEVICE).await;
    assert_eq!((reply.status, error_code(&reply)), (StatusCode::UNAUTHORIZED, None));
    assert_eq!(reply.json()["error"]["status"], "UNAUTHENTICATED");
    sender.renew().await;
    assert_eq!(sender.send(DEVICE).await.status, StatusCode::OK);
    fcm.set_access_token_lifetime(Duration::ZERO);
    sender.renew().await;
    assert_eq!(sender.send(DEVICE).await.status, StatusCode::UNAUTHORIZED);
    fcm.set_access_token_lifetime(Duration::from_secs(60));
    sender.access_token = fcm.issue_access_token();
    assert_eq!(sender.send(DEVICE).await.status, StatusCode::OK);
    sender.access_token.clear();
    assert_eq!(sender.send(DEVICE).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_assertion_is_refused() {
    let (_fcm, sender) = started().await;
    let now = clock::now().timestamp();
    for (claim, value, error) in [
        ("iss", json!("other@example.org"), "invalid_grant"),
        ("aud", json!("https://oauth2.googleapis.com/token"), "invalid_grant"),
        ("scope", json!("https://www.googleapis.com/auth/cloud-platform"), "invalid_scope"),
        ("exp", json!(now + 3700), "invalid_grant"),
        ("exp", json!(now - 1), "invalid_grant"),
        ("iat", json!(now + 60), "invalid_grant"),
        ("sub", json!("somebody@example.org"), "unauthorized_client"),
        ("extra", json!(1), "invalid_grant"),
    ] {
        let mut claims = sender.claims();
        claims[claim] = value;
        let reply = sender.exchange_claims(&claims).await;
        assert_eq!(reply.json()["error"], error, "{claim}: {reply:?}");
        assert!(reply.status.is_client_error());
    }
    let mut stranger = sender.account.clone();
    stranger.private_key = ServiceAccount::generate("x").unwrap().private_key;
    let stranger = Sender {
        account: stranger,
        client: sender.client.clone(),
        base: String::new(),
        access_token: String::new(),
    };
    let reply = stranger.exchange_claims(&sender.claims()).await;
    assert_eq!(reply.json()["error_description"], "Invalid JWT Signature.");
}

#[tokio::test]
async fn a_wrong_token_request_is_refused() {
    let (fcm, sender) = started().await;
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let assertion = sender.sign(&sender.claims());
    for (body, error) in [
        (String::new(), "unsupported_grant_type"),
        ("grant_type=password".to_owned(), "unsupported_grant_type"),
        (grant.to_owned(), "invalid_request"),
        (format!("{grant}&assertion=x"), "invalid_grant"),
        (format!("{grant}&assertion={assertion}&extra=1"), "invalid_request"),
        (format!("{grant}&{grant}&assertion={assertion}"), "invalid_request"),
    ] {
        assert_eq!(sender.exchange(body).await.json()["error"], error);
    }
    fcm.script_oauth([OauthError::InvalidGrant, OauthError::InvalidClient, OauthError::Unavailable]);
    for status in [400, 401, 503, 200] {
        assert_eq!(sender.exchange_claims(&sender.claims()).await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_cut_after_the_effect_shows_the_push_and_hides_the_answer() {
    let (fcm, sender) = started().await;
    let message = json!({ "token": "sim-once-cutafter-phone", "notification": { "title": "T" } });
    assert!(sender.client.send(sender.request(&message)).await.is_err());
    assert_eq!(sender.send_message(&message).await.status, StatusCode::OK);
    assert_eq!((fcm.counts().accepted, fcm.phones().visible_duplicates()), (2, 1));
}
