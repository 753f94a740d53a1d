use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use domain::deliveries::Platform;
use http::StatusCode;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};

use super::*;
use crate::gateways::tests::{noon, push};

const TOKEN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

fn config(key_pem: Vec<u8>) -> ApnsConfig {
    ApnsConfig {
        name: "apns".into(),
        key_pem,
        key_id: "ABC123DEFG".into(),
        team_id: "DEF123GHIJ".into(),
        topic: "de.example.rathaus".into(),
        base_url: "https://127.0.0.1:1".parse().unwrap(),
        sandbox_url: None,
        ca_pem: None,
        critical_alerts: false,
        limits: Limits::default(),
    }
}

fn key() -> Vec<u8> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    key.serialize_pem().into_bytes()
}

fn apns() -> Apns {
    Apns::new(config(key()), Arc::new(ProcessTokens::default())).unwrap()
}

fn meaning(status: u16, body: &str, retry_after: Option<&str>, severity: Severity) -> Meaning {
    let mut headers = HeaderMap::new();
    headers.insert("apns-id", "eabeae54-14a8-11e5-b60b-1697f925ec7b".parse().unwrap());
    if let Some(value) = retry_after {
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
    }
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    answers::meaning(&answer, severity, noon())
}

#[test]
fn every_reason_has_its_meaning() {
    let quarter = Some(Duration::from_secs(900));
    let minute = Duration::from_secs(60);
    let stop = |reason| Meaning::Settled(Outcome::StopChannel { reason });
    let permanent = |reason| Meaning::Settled(Outcome::Permanent { reason });
    let retry = |after, reason| Meaning::Settled(Outcome::Retry { after, reason });
    let dead = |reason| Meaning::Settled(Outcome::DropContactPoint { reason, since: None });
    let table = [
        (400, "BadDeviceToken", Meaning::WrongEnvironment),
        (400, "DeviceTokenNotForTopic", permanent("device_token_not_for_topic")),
        (400, "BadTopic", stop("bad_topic")),
        (400, "TopicDisallowed", stop("topic_disallowed")),
        (400, "MissingTopic", stop("missing_topic")),
        (400, "BadCollapseId", stop("bad_collapse_id")),
        (400, "BadExpirationDate", stop("bad_expiration_date")),
        (400, "BadMessageId", stop("bad_message_id")),
        (400, "BadPriority", stop("bad_priority")),
        (400, "InvalidPushType", stop("invalid_push_type")),
        (400, "PayloadEmpty", stop("payload_empty")),
        (400, "DuplicateHeaders", stop("duplicate_headers")),
        (400, "IdleTimeout", retry(None, "idle_timeout")),
        (400, "MissingDeviceToken", stop("missing_device_token")),
        (403, "ExpiredProviderToken", Meaning::TokenExpired),
        (403, "InvalidProviderToken", stop("invalid_provider_token")),
        (403, "MissingProviderToken", stop("missing_provider_token")),
        (403, "UnrelatedKeyIdInToken", stop("unrelated_key_id_in_token")),
        (403, "BadEnvironmentKeyInToken", stop("bad_environment_key_in_token")),
        (403, "BadCertificate", stop("bad_certificate")),
        (403, "BadCertificateEnvironment", stop("bad_certificate_environment")),
        (403, "Forbidden", stop("forbidden")),
        (404, "BadPath", stop("bad_path")),
        (405, "MethodNotAllowed", stop("method_not_allowed")),
        (410, "Unregistered", dead("unregistered")),
        (410, "ExpiredToken", dead("expired_token")),
        (413, "PayloadTooLarge", permanent("payload_too_large")),
        (429, "TooManyRequests", retry(Some(minute), "too_many_requests")),
        (
            429,
            "TooManyProviderTokenUpdates",
            Meaning::Settled(Outcome::PauseProvider {
                pause: minute,
                reason: "too_many_provider_token_updates",
            }),
        ),
        (500, "InternalServerError", retry(quarter, "internal_server_error")),
        (503, "ServiceUnavailable", retry(quarter, "service_unavailable")),
        (503, "Shutdown", retry(None, "shutdown")),
        (400, "SomethingNew", permanent("unrecognised_refusal")),
        (500, "SomethingNew", retry(quarter, "unrecognised_fault")),
    ];
    for (status, reason, expected) in table {
        let body = format!(r#"{{"reason":"{reason}"}}"#);
        assert_eq!(meaning(status, &body, None, Severity::Notice), expected, "{reason}");
    }
}

#[test]
fn answers_that_are_not_apples_json() {
    let html = "<html>502 Bad Gateway</html>";
    let of = |status| meaning(status, html, None, Severity::Notice);
    assert!(matches!(of(502), Meaning::Settled(Outcome::Retry { reason: "unrecognised_fault", .. })));
    assert!(matches!(of(403), Meaning::Settled(Outcome::StopChannel { reason: "refused" })));
    // Only Apple's own word kills a token.
    assert!(matches!(of(410), Meaning::Settled(Outcome::Permanent { .. })));
    assert!(matches!(of(413), Meaning::Settled(Outcome::Permanent { reason: "payload_too_large" })));
    assert!(matches!(of(429), Meaning::Settled(Outcome::Retry { .. })));
    assert!(matches!(
        meaning(503, r#"{"reason":7}"#, None, Severity::Notice),
        Meaning::Settled(Outcome::Retry { .. })
    ));
}

#[test]
fn accepted_with_apples_name_for_it() {
    assert_eq!(
        meaning(200, "", None, Severity::Notice),
        Meaning::Settled(Outcome::Sent { provider_id: Some("eabeae54-14a8-11e5-b60b-1697f925ec7b".into()) })
    );
}

#[test]
fn a_dead_token_says_since_when() {
    let body = r#"{"reason":"Unregistered","timestamp":1763812800123}"#;
    assert_eq!(
        meaning(410, body, None, Severity::Notice),
        Meaning::Settled(Outcome::DropContactPoint {
            reason: "unregistered",
            since: DateTime::from_timestamp_millis(1_763_812_800_123),
        })
    );
}

#[test]
fn waits_are_apples_where_it_names_them() {
    let unavailable = r#"{"reason":"ServiceUnavailable"}"#;
    let after = |retry_after, severity| match meaning(503, unavailable, retry_after, severity) {
        Meaning::Settled(Outcome::Retry { after, .. }) => after,
        other => panic!("{other:?}"),
    };
    assert_eq!(after(Some("30"), Severity::Notice), Some(Duration::from_secs(30)));
    assert_eq!(after(Some("Sun, 22 Nov 2026 12:00:40 GMT"), Severity::Crisis), Some(Duration::from_secs(40)));
    assert_eq!(after(None, Severity::Notice), Some(Duration::from_secs(900)));
    assert_eq!(after(None, Severity::Crisis), None);
    assert_eq!(
        meaning(429, r#"{"reason":"TooManyRequests"}"#, Some("30"), Severity::Notice),
        Meaning::Settled(Outcome::PauseProvider {
            pause: Duration::from_secs(30),
            reason: "too_many_requests",
        })
    );
}

#[test]
fn attempts_of_one_delivery_are_identical() {
    let item = push(Platform::Ios, TOKEN);
    let Content::Push { text, .. } = &item.content else { panic!("not a push") };
    // Two instances, as after a crash.
    let first = apns().headers(&item).unwrap();
    assert_eq!(first, apns().headers(&item).unwrap());
    assert_eq!(first["apns-collapse-id"], item.message.to_string().as_str());
    assert!(first["apns-collapse-id"].len() <= 64);
    assert_eq!(first["apns-expiration"], "1795352400");
    assert_eq!(first["apns-push-type"], "alert");
    let body = |item: &Outgoing| Payload::new(item, text, false).to_bytes().unwrap();
    assert_eq!(body(&item), body(&item.clone()));
}

#[test]
fn the_payload_says_how_urgent_and_carries_ids_only() {
    let mut item = push(Platform::Ios, TOKEN);
    let text = PushText { title: "Bad Düben".into(), body: "Es gibt Neues zu Ihrem Anliegen.".into() };
    let json = |item: &Outgoing, critical| -> serde_json::Value {
        serde_json::from_slice(&Payload::new(item, &text, critical).to_bytes().unwrap()).unwrap()
    };
    assert_eq!(
        json(&item, false),
        serde_json::json!({
            "aps": {
                "alert": {"title": "Bad Düben", "body": "Es gibt Neues zu Ihrem Anliegen."},
                "sound": "default",
                "interruption-level": "active",
            },
            "data": {
                "message_id": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01",
                "kind": "complaint_status",
                "municipality": "bad-dueben",
                "id": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c04",
            },
        })
    );
    let mut level = |severity, critical| {
        item.severity = severity;
        json(&item, critical)["aps"]["interruption-level"].clone()
    };
    assert_eq!(level(Severity::Information, true), "active");
    assert_eq!(level(Severity::Important, true), "time-sensitive");
    assert_eq!(level(Severity::Crisis, false), "time-sensitive");
    assert_eq!(level(Severity::Crisis, true), "critical");
    assert_eq!(json(&item, true)["aps"]["sound"]["critical"], 1);
}

#[tokio::test]
async fn what_needs_no_answer_from_apple() {
    let apns = apns();
    // It would be another path at Apple, and stop the channel for everybody.
    for token in ["../../admin", "not hexadecimal", "abc/def?x", "abcdef123"] {
        assert_eq!(
            apns.send(noon(), &push(Platform::Ios, token)).await,
            Outcome::DropContactPoint { reason: "token_malformed", since: None }
        );
    }
    let item = push(Platform::Ios, TOKEN);
    assert_eq!(apns.send(item.expires_at, &item).await, Outcome::Permanent { reason: "expired" });
    let mut long = item.clone();
    long.kind = "x".repeat(payload::LONGEST);
    assert_eq!(apns.send(noon(), &long).await, Outcome::Permanent { reason: "unsendable" });
}

#[test]
fn wrong_settings_are_refused_at_the_start() {
    let refused = |change: fn(&mut ApnsConfig)| {
        let mut config = config(key());
        change(&mut config);
        Apns::new(config, Arc::new(ProcessTokens::default())).is_err()
    };
    assert!(!refused(|_| {}));
    assert!(refused(|config| config.key_pem = b"no key".to_vec()));
    assert!(refused(|config| config.key_pem = {
        let other = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        other.serialize_pem().into_bytes()
    }));
    assert!(refused(|config| config.key_id = "\"".into()));
    assert!(refused(|config| config.team_id.clear()));
    assert!(refused(|config| config.topic = "a\nb".into()));
    assert!(refused(|config| config.base_url = "http://api.push.apple.com".parse().unwrap()));
}

#[tokio::test]
async fn ten_workers_of_a_team_renew_at_most_every_twenty_minutes() {
    let (key, shared) = (key(), Arc::new(ProcessTokens::default()));
    let workers: Vec<ProviderToken> = (0..10)
        .map(|_| ProviderToken::new(&key, "ABC123DEFG", "DEF123GHIJ", shared.clone()).unwrap())
        .collect();
    let mut issued = Vec::new();
    // Two hours, each worker sending every ten seconds.
    for second in (0..7_200).step_by(10) {
        let now = noon() + TimeDelta::seconds(second);
        for worker in &workers {
            let token = worker.current(now).await.unwrap();
            assert!(now - token.issued_at < TimeDelta::minutes(60));
            issued.push(token);
        }
    }
    issued.sort_by_key(|token| token.issued_at);
    issued.dedup();
    for pair in issued.windows(2) {
        assert!(pair[1].issued_at - pair[0].issued_at >= TimeDelta::minutes(20));
    }
    assert_eq!(issued.len(), 3);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_in_twenty_minutes() {
    let token =
        ProviderToken::new(&key(), "ABC123DEFG", "DEF123GHIJ", Arc::new(ProcessTokens::default())).unwrap();
    let later = |seconds| noon() + TimeDelta::seconds(seconds);
    let first = token.current(noon()).await.unwrap();
    let second = token.instead_of(&first, later(5)).await.unwrap();
    assert_ne!(first, second);
    // Others that were refused with the first get the second.
    assert_eq!(token.instead_of(&first, later(6)).await.unwrap(), second);
    assert_eq!(
        token.instead_of(&second, later(65)).await.unwrap_err(),
        Rejected::TooOften(Duration::from_secs(1_140))
    );
    assert!(token.instead_of(&second, later(1_205)).await.is_ok());
}
