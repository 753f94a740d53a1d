use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{access, renewal};
use crate::support::{installation::Installation, on_both};

on_both!(forged_tokens_open_nothing, tokens_end, keys_are_published);

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn forged_tokens_open_nothing(rathaus: Installation) {
    let session = rathaus.guest().await;
    let other = rathaus.guest().await;
    let token = access(&session);
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims) = (part(token, 0), part(token, 1));
    let keys: Value = rathaus.get("/.well-known/jwks.json").expect(200).await;
    let public = keys["keys"][0]["x"].as_str().unwrap();
    let edited = |part: &Value, name: &str, value: Value| {
        let mut part = part.clone();
        part[name] = value;
        part
    };
    let with_header = |header: &Value| format!("{}.{}.{}", text(header), parts[1], parts[2]);
    let with_claim = |name: &str, value: Value| {
        format!("{}.{}.{}", parts[0], text(&edited(&claims, name, value)), parts[2])
    };
    let hmac_header = Header {
        typ: Some("at+jwt".into()),
        kid: header["kid"].as_str().map(str::to_owned),
        ..Header::new(Algorithm::HS256)
    };
    let hmac_key = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(public).unwrap());
    let forged = [
        format!("{}.{}.", text(&edited(&header, "alg", json!("none"))), parts[1]),
        encode(&hmac_header, &claims, &hmac_key).unwrap(),
        with_header(&edited(&header, "kid", json!("unknown"))),
        with_header(&edited(&header, "jku", json!("https://example.org/keys"))),
        with_header(&edited(&header, "jwk", keys["keys"][0].clone())),
        with_header(&edited(&header, "typ", json!("JWT"))),
        with_claim("aud", json!("https://example.org")),
        with_claim("iss", json!("https://example.org")),
        with_claim("exp", json!(4_000_000_000_i64)),
        with_claim("nbf", json!(4_000_000_000_i64)),
        with_claim("sub", part(access(&other), 1)["sub"].clone()),
        with_claim("kind", json!("staff")),
        format!("{}.{}.{}", parts[0], parts[1], access(&other).split('.').nth(2).unwrap()),
        renewal(&session).to_owned(),
        String::new(),
        "x".repeat(5000),
    ];
    for token in &forged {
        let answer = rathaus.get("/v1/me").bearer(token).send().await;
        assert_eq!(answer.status, 401, "{token}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    for value in ["Basic dXNlcjpwYXNz", "Bearer", token] {
        let answer = rathaus.get("/v1/me").header("authorization", value).send().await;
        assert_eq!(answer.status, 401, "{value}");
    }
    rathaus.get("/v1/me").expect_problem(401, "unauthenticated").await;
    rathaus.me(&session).await;
}

async fn tokens_end(rathaus: Installation) {
    let session = rathaus.guest().await;
    rathaus.clock.advance(TimeDelta::minutes(14));
    rathaus.me(&session).await;
    rathaus.clock.advance(TimeDelta::minutes(2));
    rathaus.get("/v1/me").bearer(access(&session)).expect_problem(401, "unauthenticated").await;
    let renewed: Value = rathaus.refresh(renewal(&session)).expect(200).await;
    rathaus.me(&renewed).await;
}

async fn keys_are_published(rathaus: Installation) {
    let session = rathaus.guest().await;
    let keys: Value = rathaus.get("/.well-known/jwks.json").expect(200).await;
    assert_eq!(keys["keys"][0]["kid"], part(access(&session), 0)["kid"]);
    assert!(keys["keys"][0].get("d").is_none());
}
