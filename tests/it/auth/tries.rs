//! Passwords that are tried: what locks whom out, and what lets them in again.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PASSWORD, access};
use crate::support::{Engine, Fixture, http::Call, installation::Installation, on_both};

on_both!(
    wrong_passwords_lock_out_who_tries_and_not_the_address,
    an_address_bears_a_hundred_from_everywhere,
    a_reset_lets_in_whoever_had_no_tries_left,
    a_citizen_is_not_kept_out_by_others,
    codes_asked_for_by_others_keep_nobody_out,
);

const AMT: &str = "amt@example.org";
const NEW: &str = "another long password";
const OFFICE: &str = "192.0.2.1";

/// An installation behind a proxy, so that requests come from many places.
struct Proxied(Installation);

impl Fixture for Proxied {
    async fn on(engine: Engine) -> Self {
        Self(
            Installation::with(engine, |config| {
                config.http.trusted_proxies = "127.0.0.1".parse().unwrap();
            })
            .await,
        )
    }
}

impl Proxied {
    async fn post(&self, path: &str, body: Value, from: &str) -> StatusCode {
        let request = self.0.request(Method::POST, path).header("x-forwarded-for", from).json(&body);
        Call(request).send().await.status
    }

    async fn sign_in(&self, password: &str, from: &str) -> StatusCode {
        self.post("/v1/auth/staff-sessions", json!({"email": AMT, "password": password}), from).await
    }

    async fn lock_out(&self, from: &str) {
        for _ in 0..10 {
            assert_eq!(self.sign_in("guess", from).await, 401);
        }
        assert_eq!(self.sign_in(PASSWORD, from).await, 429);
    }
}

async fn wrong_passwords_lock_out_who_tries_and_not_the_address(town: Proxied) {
    town.0.staff_account(AMT).await;
    town.lock_out("198.51.100.7").await;
    assert_eq!(town.sign_in(PASSWORD, OFFICE).await, 201, "the clerk works on");
}

async fn an_address_bears_a_hundred_from_everywhere(town: Proxied) {
    town.0.staff_account(AMT).await;
    for n in 0..100 {
        assert_eq!(town.sign_in("guess", &format!("198.51.100.{}", n / 10)).await, 401, "{n}");
    }
    assert_eq!(town.sign_in(PASSWORD, OFFICE).await, 429);
    town.0.clock.advance(TimeDelta::minutes(70));
    assert_eq!(town.sign_in(PASSWORD, OFFICE).await, 201);
}

async fn a_reset_lets_in_whoever_had_no_tries_left(town: Proxied) {
    town.0.staff_account(AMT).await;
    town.lock_out(OFFICE).await;
    assert_eq!(town.post("/v1/auth/staff-password-resets", json!({"email": AMT}), OFFICE).await, 202);
    let code = town.0.reset_code(AMT).await;
    let new = json!({"email": AMT, "code": code.to_uppercase().replace('-', " "), "password": NEW});
    assert_eq!(town.post("/v1/auth/staff-passwords", new, OFFICE).await, 204);
    assert_eq!(town.sign_in(NEW, OFFICE).await, 201);
}

async fn a_citizen_is_not_kept_out_by_others(town: Proxied) {
    const ERIKA: &str = "erika@example.org";
    let erika = town.0.citizen(ERIKA).await;
    let set = town.0.request(Method::PUT, "/v1/me/password").json(&json!({"password": PASSWORD}));
    assert_eq!(Call(set).bearer(access(&erika)).send().await.status, 204);
    let sign_in = async |password: &str, from: &str| {
        let body = json!({"email": ERIKA, "password": password});
        town.post("/v1/auth/password-sessions", body, from).await
    };
    for _ in 0..10 {
        assert_eq!(sign_in("guess", "198.51.100.7").await, 401);
    }
    assert_eq!(sign_in(PASSWORD, "198.51.100.7").await, 429);
    assert_eq!(sign_in(PASSWORD, OFFICE).await, 201);
}

async fn codes_asked_for_by_others_keep_nobody_out(town: Proxied) {
    let ask =
        async |from: &str| town.post("/v1/auth/codes", json!({"email": "erika@example.org"}), from).await;
    for _ in 0..2 {
        for _ in 0..3 {
            assert_eq!(ask("198.51.100.7").await, 202);
        }
        assert_eq!(ask("198.51.100.7").await, 429);
        town.0.clock.advance(TimeDelta::minutes(12));
    }
    assert_eq!(ask("198.51.100.7").await, 429, "six a day for who asks");
    assert_eq!(ask(OFFICE).await, 202, "and as many for the person");
}
