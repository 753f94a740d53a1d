use std::time::Duration;

use aws_lc_rs::{
    encoding::AsDer,
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use domain::deliveries::{Platform, Severity};
use http::StatusCode;

use super::*;
use crate::gateways::tests::{noon, push};

const TOKEN: &str = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

fn service_account() -> Vec<u8> {
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        BASE64_STANDARD.encode(der.as_ref())
    );
    serde_json::to_vec(&serde_json::json!({
        "type": "service_account",
        "project_id": "bad-dueben-app",
        "private_key_id": "0123456789abcdef",
        "private_key": pem,
        "client_email": "push@bad-dueben-app.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }))
    .unwrap()
}

fn meaning(status: u16, body: &str, retry_after: Option<&str>) -> Meaning {
    let mut headers = HeaderMap::new();
    if let Some(value) = retry_after {
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
    }
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    };
    answers::meaning(&answer, noon())
}

/// An error as Google writes it.
fn error(status: u16, rpc: &str, code: Option<&str>, fields: &[&str]) -> String {
    let mut details = Vec::new();
    if let Some(code) = code {
        details.push(serde_json::json!({
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code,
        }));
    }
    if !fields.is_empty() {
        let violations: Vec<_> =
            fields.iter().map(|field| serde_json::json!({"field": field, "description": "wrong"})).collect();
        details.push(serde_json::json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations,
        }));
    }
    serde_json::json!({"error": {"code": status, "message": "no", "status": rpc, "details": details}})
        .to_string()
}

#[test]
fn every_code_has_its_meaning() {
    let ten = Some(Duration::from_secs(10));
    let dead = |reason| Meaning::Settled(Outcome::DropContactPoint { reason, since: None });
    let stop = |reason| Meaning::Settled(Outcome::StopChannel { reason });
    let permanent = |reason| Meaning::Settled(Outcome::Permanent { reason });
    let retry = |reason| Meaning::Settled(Outcome::Retry { after: ten, reason });
    let quota =
        Meaning::Settled(Outcome::PauseProvider { pause: Duration::from_secs(60), reason: "quota_exceeded" });
    let invalid = Some("INVALID_ARGUMENT");
    let rpc = "INVALID_ARGUMENT";
    let table = [
        (404, "NOT_FOUND", Some("UNREGISTERED"), &[][..], dead("unregistered")),
        (404, "NOT_FOUND", None, &[], stop("project_not_found")),
        (403, "PERMISSION_DENIED", Some("SENDER_ID_MISMATCH"), &[], dead("sender_id_mismatch")),
        (403, "PERMISSION_DENIED", None, &[], stop("permission_denied")),
        (400, rpc, invalid, &["message.token"], dead("invalid_token")),
        (400, rpc, None, &["message.token"], dead("invalid_token")),
        (400, rpc, invalid, &["message.android.ttl"], permanent("invalid_argument")),
        (400, rpc, invalid, &["message.token", "message.data"], permanent("invalid_argument")),
        (400, rpc, invalid, &[], permanent("invalid_argument")),
        (400, rpc, None, &[], permanent("invalid_argument")),
        (401, "UNAUTHENTICATED", Some("THIRD_PARTY_AUTH_ERROR"), &[], permanent("third_party_auth_error")),
        (401, "UNAUTHENTICATED", Some("APNS_AUTH_ERROR"), &[], permanent("third_party_auth_error")),
        (401, "UNAUTHENTICATED", None, &[], Meaning::AccessExpired),
        (429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"), &[], quota.clone()),
        (429, "RESOURCE_EXHAUSTED", None, &[], quota),
        (503, "UNAVAILABLE", Some("UNAVAILABLE"), &[], retry("unavailable")),
        (503, "UNAVAILABLE", None, &[], retry("unavailable")),
        (500, "INTERNAL", Some("INTERNAL"), &[], retry("internal")),
        (500, "INTERNAL", None, &[], retry("internal")),
        (500, "UNKNOWN", Some("UNSPECIFIED_ERROR"), &[], retry("unspecified_error")),
        (504, "DEADLINE_EXCEEDED", None, &[], retry("unrecognised_fault")),
        (413, "INVALID_ARGUMENT", None, &[], permanent("payload_too_large")),
        (409, "ABORTED", None, &[], permanent("unrecognised_refusal")),
    ];
    for (status, rpc, code, fields, expected) in table {
        let body = error(status, rpc, code, fields);
        assert_eq!(meaning(status, &body, None), expected, "{status} {body}");
    }
}

#[test]
fn answers_that_are_not_googles_json() {
    let html = "<!DOCTYPE html><title>Error 502 (Server Error)!!1</title>";
    let reason = |status| match meaning(status, html, None) {
        Meaning::Settled(outcome) => outcome.reason(),
        Meaning::AccessExpired => Some("access_expired"),
    };
    assert_eq!(reason(502), Some("unrecognised_fault"));
    assert_eq!(reason(404), Some("project_not_found"));
    assert_eq!(reason(400), Some("unrecognised_refusal"));
    assert_eq!(reason(401), Some("access_expired"));
    assert_eq!(meaning(200, "", None), Meaning::Settled(Outcome::Sent { provider_id: None }));
}

#[test]
fn accepted_with_googles_name_for_it() {
    let body = r#"{"name":"projects/bad-dueben-app/messages/0:1500415314455276%31bd1c9631bd1c96"}"#;
    assert_eq!(
        meaning(200, body, None),
        Meaning::Settled(Outcome::Sent {
            provider_id: Some("projects/bad-dueben-app/messages/0:1500415314455276%31bd1c9631bd1c96".into())
        })
    );
}

#[test]
fn waits_are_googles_where_it_names_them() {
    let quota = error(429, "RESOURCE_EXHAUSTED", Some("QUOTA_EXCEEDED"), &[]);
    let pause = |value| match meaning(429, &quota, Some(value)) {
        Meaning::Settled(Outcome::PauseProvider { pause, .. }) => pause.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(pause("30"), 30);
    assert_eq!(pause("Sun, 22 Nov 2026 12:00:45 GMT"), 45);
    assert_eq!(pause("nonsense"), 60);
    let unavailable = error(503, "UNAVAILABLE", Some("UNAVAILABLE"), &[]);
    assert_eq!(
        meaning(503, &unavailable, Some("7")),
        Meaning::Settled(Outcome::Retry { after: Some(Duration::from_secs(7)), reason: "unavailable" })
    );
}

fn json(item: &Outgoing, now: DateTime<Utc>) -> serde_json::Value {
    let Content::Push { to, text } = &item.content else { panic!("not a push") };
    serde_json::from_slice(&Envelope::new(item, to, text, now).to_bytes().unwrap()).unwrap()
}

#[test]
fn the_message_carries_ids_only() {
    assert_eq!(
        json(&push(Platform::Android, TOKEN), noon()),
        serde_json::json!({"message": {
            "token": TOKEN,
            "notification": {"title": "Bad Düben", "body": "Es gibt Neues zu Ihrem Anliegen."},
            "data": {
                "message_id": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01",
                "kind": "complaint_status",
                "municipality": "bad-dueben",
                "id": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c04",
            },
            "android": {
                "priority": "HIGH",
                "ttl": "3600s",
                "notification": {"tag": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01", "channel_id": "notice"},
            },
        }})
    );
}

#[test]
fn attempts_of_one_delivery_keep_their_ids() {
    let item = push(Platform::Android, TOKEN);
    let first = json(&item, noon());
    let mut later = json(&item, noon() + TimeDelta::minutes(6));
    assert_eq!(later["message"]["android"]["ttl"], "3240s");
    later["message"]["android"]["ttl"] = "3600s".into();
    assert_eq!(first, later);
}

#[test]
fn google_keeps_nothing_longer_than_four_weeks() {
    let mut item = push(Platform::Android, TOKEN);
    item.expires_at = noon() + TimeDelta::days(90);
    item.severity = Severity::Information;
    let message = json(&item, noon());
    assert_eq!(message["message"]["android"]["ttl"], "2419200s");
    assert_eq!(message["message"]["android"]["priority"], "NORMAL");
}

#[tokio::test]
async fn settings_and_what_needs_no_answer_from_google() {
    let config = FcmConfig {
        name: "fcm".into(),
        service_account: service_account(),
        base_url: PRODUCTION.parse().unwrap(),
        ca_pem: None,
        limits: Limits::default(),
    };
    let fcm = Fcm::new(config.clone()).unwrap();
    assert_eq!(fcm.path, "/v1/projects/bad-dueben-app/messages:send");
    let item = push(Platform::Android, TOKEN);
    assert_eq!(fcm.send(item.expires_at, &item).await, Outcome::Permanent { reason: "expired" });
    let mut account: serde_json::Value = serde_json::from_slice(&config.service_account).unwrap();
    account["private_key"] = "-----BEGIN".into();
    assert!(
        Fcm::new(FcmConfig { service_account: serde_json::to_vec(&account).unwrap(), ..config }).is_err()
    );
}
