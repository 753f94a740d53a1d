//! Every answer of Apple's table, over a real connection.

use std::time::Duration;

use chrono::TimeDelta;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::*;
use crate::{
    Cut,
    client::{Reply, TestClient},
};

const ID: &str = "0192d0c0-7a5b-7c3d-8e9f-0123456789ab";
const WITHIN: Duration = Duration::from_secs(10);

fn device() -> String {
    "a1".repeat(32)
}

/// A sender as Apple wants it, and the ways to spoil it.
struct Sender {
    client: TestClient,
    base: String,
    provider_token: String,
}

impl Sender {
    fn of(apns: &ApnsSimulator) -> Self {
        let provider_token = apns.credentials().provider_token().unwrap();
        Self { client: TestClient::trusting(apns.ca_pem()), base: apns.base_url(), provider_token }
    }

    fn request(&self, token: &str) -> Request<Full<Bytes>> {
        Request::post(format!("{}/3/device/{token}", self.base))
            .header("authorization", format!("bearer {}", self.provider_token))
            .header("apns-id", ID)
            .header("apns-topic", "de.example.rathaus")
            .header("apns-push-type", "alert")
            .header("apns-priority", "10")
            .header("apns-expiration", "0")
            .body(Full::from(json!({ "aps": { "alert": "Hallo" } }).to_string()))
            .unwrap()
    }

    async fn send(&self, token: &str) -> Reply {
        self.client.send(self.request(token)).await.unwrap()
    }

    /// Sends a request with one header changed, or removed with `None`.
    async fn send_with(&self, header: &'static str, value: Option<&str>) -> Reply {
        let mut request = self.request(&device());
        request.headers_mut().remove(header);
        if let Some(value) = value {
            request.headers_mut().insert(header, value.parse().unwrap());
        }
        self.client.send(request).await.unwrap()
    }
}

fn sign(credentials: &Credentials, age: TimeDelta) -> String {
    let iat = (clock::now() - age).timestamp();
    sign_claims(credentials, &json!({ "iss": credentials.team_id, "iat": iat }))
}

fn sign_claims(credentials: &Credentials, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.typ = None;
    header.kid = Some(credentials.key_id.clone());
    let key = EncodingKey::from_ec_pem(credentials.key_pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&header, claims, &key).unwrap()
}

fn assert_refused(reply: &Reply, reason: Reason) {
    assert_eq!(reply.json()["reason"], reason.name(), "{reply:?}");
    assert_eq!(reply.status, reason.status());
    assert!(reply.header("simulator-violation").is_some(), "{reply:?}");
}

async fn started() -> (ApnsSimulator, Sender) {
    let apns = ApnsSimulator::start(Config::default()).await.unwrap();
    let sender = Sender::of(&apns);
    (apns, sender)
}

#[tokio::test]
async fn a_right_push_is_accepted_recorded_and_shown() {
    let (apns, sender) = started().await;
    let reply = sender.send(&device()).await;
    assert_eq!((reply.status, reply.text.as_str(), reply.header("apns-id")), (StatusCode::OK, "", Some(ID)));
    apns.wait_for_accepted(1, WITHIN).await.unwrap();
    let request = &apns.requests_for(&device())[0];
    assert_eq!((request.header("apns-priority"), request.violation.as_deref()), (Some("10"), None));
    assert_eq!(request.json()["aps"]["alert"], "Hallo");
    assert_eq!(apns.phones().phone(&device()).visible[0].body, "Hallo");
    assert_eq!(apns.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn every_reason_can_be_had_by_magic_token_and_by_script() {
    let (apns, sender) = started().await;
    for reason in Reason::all() {
        let token = format!("{:0<64}", reason.magic_prefix());
        for reply in [sender.send(&token).await, sender.send(&token).await] {
            assert_eq!(
                (reply.status, &reply.json()["reason"]),
                (reason.status(), &Value::from(reason.name()))
            );
            assert_eq!(reply.json().get("timestamp").is_some(), reason.status() == StatusCode::GONE);
            assert_eq!(reply.header("apns-id"), Some(ID));
        }
        let once = format!("{:0<64}", reason.magic_prefix_once());
        assert_eq!(sender.send(&once).await.status, reason.status());
        assert_eq!(sender.send(&once).await.status, StatusCode::OK);
        apns.script(device(), [reason.into()]);
        assert_eq!(sender.send(&device()).await.status, reason.status());
        assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
    }
    assert_eq!(apns.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_scripted_refusal_carries_its_time_and_its_patience() {
    let (apns, sender) = started().await;
    let since = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
    apns.script(
        device(),
        [Answer::unregistered_since(since), Answer::retry_after(Reason::TooManyRequests, 7)],
    );
    assert_eq!(sender.send(&device()).await.json()["timestamp"], 1_700_000_000_000_u64);
    assert_eq!(sender.send(&device()).await.header("retry-after"), Some("7"));
    apns.answer_all(Answer::from(Reason::Shutdown));
    assert_eq!(sender.send(&device()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    apns.answer_all(None);
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_line_is_refused() {
    let (apns, sender) = started().await;
    let mut get = sender.request(&device());
    *get.method_mut() = http::Method::GET;
    assert_refused(&sender.client.send(get).await.unwrap(), Reason::MethodNotAllowed);
    let mut path = sender.request(&device());
    *path.uri_mut() = format!("{}/2/device/{}", apns.base_url(), device()).parse().unwrap();
    assert_refused(&sender.client.send(path).await.unwrap(), Reason::BadPath);
    assert_refused(&sender.send(&format!("{}?x=1", device())).await, Reason::BadPath);
    assert_refused(&sender.send(&format!("{}/x", device())).await, Reason::BadPath);
    assert_refused(&sender.send("").await, Reason::MissingDeviceToken);
    for token in ["abc", &"z1".repeat(32), &"a".repeat(65), &"a".repeat(202)] {
        assert_refused(&sender.send(token).await, Reason::BadDeviceToken);
    }
}

#[tokio::test]
async fn a_wrong_header_is_refused() {
    let (_apns, sender) = started().await;
    for (header, value, reason) in [
        ("apns-id", Some("not-a-uuid"), Reason::BadMessageId),
        ("apns-id", Some("0192D0C0-7A5B-7C3D-8E9F-0123456789AB"), Reason::BadMessageId),
        ("apns-topic", None, Reason::MissingTopic),
        ("apns-topic", Some("not a topic"), Reason::BadTopic),
        ("apns-topic", Some("de.example.rathaus.voip"), Reason::BadTopic),
        ("apns-topic", Some("de.example.other"), Reason::TopicDisallowed),
        ("apns-push-type", None, Reason::InvalidPushType),
        ("apns-push-type", Some("Alert"), Reason::InvalidPushType),
        ("apns-priority", None, Reason::BadPriority),
        ("apns-priority", Some("7"), Reason::BadPriority),
        ("apns-push-type", Some("background"), Reason::BadPriority),
        ("apns-expiration", None, Reason::BadExpirationDate),
        ("apns-expiration", Some("soon"), Reason::BadExpirationDate),
        ("apns-expiration", Some("3600"), Reason::BadExpirationDate),
        ("apns-expiration", Some("1700000000000"), Reason::BadExpirationDate),
        ("apns-collapse-id", Some(""), Reason::BadCollapseId),
        ("apns-collapse-id", Some(&"c".repeat(65)), Reason::BadCollapseId),
    ] {
        assert_refused(&sender.send_with(header, value).await, reason);
    }
    let longest = "c".repeat(64);
    assert_eq!(sender.send_with("apns-collapse-id", Some(&longest)).await.status, StatusCode::OK);
    assert_eq!(sender.send_with("apns-expiration", Some("1900000000")).await.status, StatusCode::OK);
    assert_eq!(sender.send_with("apns-id", None).await.status, StatusCode::OK);
    let mut twice = sender.request(&device());
    twice.headers_mut().append("apns-priority", "5".parse().unwrap());
    assert_refused(&sender.client.send(twice).await.unwrap(), Reason::DuplicateHeaders);
}

#[tokio::test]
async fn a_wrong_payload_is_refused() {
    let (_apns, sender) = started().await;
    for (payload, reason) in [
        (String::new(), Reason::PayloadEmpty),
        ("{".to_owned(), Reason::PayloadEmpty),
        (json!({ "aps": { "alert": "a", "unknown": 1 } }).to_string(), Reason::PayloadEmpty),
        (json!({ "aps": { "alert": "x".repeat(4096) } }).to_string(), Reason::PayloadTooLarge),
    ] {
        let mut request = sender.request(&device());
        *request.body_mut() = Full::from(payload);
        assert_refused(&sender.client.send(request).await.unwrap(), reason);
    }
}

#[tokio::test]
async fn a_wrong_provider_token_is_refused() {
    let (apns, sender) = started().await;
    let credentials = apns.credentials();
    let now = clock::now().timestamp();
    assert_refused(&sender.send_with("authorization", None).await, Reason::MissingProviderToken);
    let stranger = Credentials::generate("de.example.rathaus").unwrap();
    let other_key = Credentials { key_id: "OTHERKEY01".to_owned(), ..credentials.clone() };
    for token in [
        "nonsense".to_owned(),
        sign(&stranger, TimeDelta::zero()),
        sign(&other_key, TimeDelta::zero()),
        sign(credentials, TimeDelta::minutes(-2)),
        sign_claims(credentials, &json!({ "iss": "OTHERTEAM1", "iat": now })),
        sign_claims(credentials, &json!({ "iss": credentials.team_id })),
        sign_claims(credentials, &json!({ "iss": credentials.team_id, "iat": now, "exp": now })),
    ] {
        let reply = sender.send_with("authorization", Some(&format!("bearer {token}"))).await;
        assert_refused(&reply, Reason::InvalidProviderToken);
    }
    let upper = format!("Bearer {}", sender.provider_token);
    assert_refused(&sender.send_with("authorization", Some(&upper)).await, Reason::InvalidProviderToken);
    let old = format!("bearer {}", sign(credentials, TimeDelta::minutes(61)));
    assert_refused(&sender.send_with("authorization", Some(&old)).await, Reason::ExpiredProviderToken);
}

#[tokio::test]
async fn too_many_new_provider_tokens_are_refused_and_known_ones_stay_good() {
    let (apns, sender) = started().await;
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
    for age in 1..=4 {
        let token = format!("bearer {}", sign(apns.credentials(), TimeDelta::minutes(age)));
        let reply = sender.send_with("authorization", Some(&token)).await;
        if age < 4 {
            assert_eq!(reply.status, StatusCode::OK);
        } else {
            assert_refused(&reply, Reason::TooManyProviderTokenUpdates);
        }
    }
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn connections_die_as_told() {
    let (apns, sender) = started().await;
    apns.script(device(), [Answer::CutBefore, Answer::CutAfter]);
    assert!(sender.client.send(sender.request(&device())).await.is_err());
    assert_eq!(apns.counts().accepted, 0);
    assert!(sender.client.send(sender.request(&device())).await.is_err());
    assert_eq!(apns.counts().accepted, 1);
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);

    apns.cut_connections(Some((1, Cut::GoAway)));
    let before = apns.connections();
    for _ in 0..3 {
        assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
    }
    assert!(apns.connections() > before);
    apns.cut_connections(Some((1, Cut::Drop)));
    assert!(sender.client.send(sender.request(&device())).await.is_err());
    apns.cut_connections(None);
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wait_ends_at_its_deadline_and_finds_what_was_kept() {
    let (apns, sender) = started().await;
    let error = apns.wait_for(1, Duration::from_millis(10)).await.unwrap_err();
    assert_eq!((error.wanted.as_str(), error.seen), ("1 requests", 0));
    let other = "b2".repeat(32);
    let (found, _) =
        tokio::join!(apns.wait_until(WITHIN, |request| request.token == other), sender.send(&other));
    assert_eq!(found.unwrap().number, 0);
    assert_eq!(apns.wait_until(WITHIN, |request| request.token == other).await.unwrap().connection, 0);
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port_and_starts_again_with_the_same_names() {
    let (apns, sender) = started().await;
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
    let (address, credentials) = (apns.address(), apns.credentials().clone());
    let authority = Arc::clone(&apns.authority);
    apns.stop().await;
    assert!(sender.client.send(sender.request(&device())).await.is_err());
    let config = Config {
        address,
        authority: Some(authority),
        credentials: Some(credentials),
        recording: Recording::Counts,
        ..Config::default()
    };
    let apns = ApnsSimulator::start(config).await.unwrap();
    assert_eq!(sender.send(&device()).await.status, StatusCode::OK);
    assert_eq!((apns.counts().accepted, apns.requests().len()), (1, 0));
}
