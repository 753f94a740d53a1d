//! Where somebody is signed in, and signing out from afar.

use std::time::Instant;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use infrastructure::{
    secrets::Secrets,
    tokens::{Keyring, rotate_old},
};
use serde_json::{Value, json};

use super::{access, renewal};
use crate::support::{
    installation::{Installation, SECRET},
    on_both,
};

on_both!(
    sessions_are_listed_and_ended_from_afar,
    keys_change_and_nobody_is_signed_out,
    an_old_key_is_replaced_by_itself,
    keys_change_under_load,
);

const ERIKA: &str = "erika@example.org";

async fn signed_in(rathaus: &Installation, device: &str) -> Value {
    rathaus.clock.advance(TimeDelta::minutes(11));
    let code = rathaus.code(ERIKA).await;
    let sign_in = json!({"email": ERIKA, "code": code, "device_name": device});
    rathaus.post("/v1/auth/sessions", &sign_in).expect(201).await
}

async fn sessions_are_listed_and_ended_from_afar(rathaus: Installation) {
    let lost = signed_in(&rathaus, "Lost phone").await;
    let here = signed_in(&rathaus, "Tablet").await;
    let stranger = rathaus.guest().await;
    let list = async || -> Vec<Value> {
        let listed: Value = rathaus.get("/v1/me/sessions").bearer(access(&here)).expect(200).await;
        listed["items"].as_array().unwrap().clone()
    };
    let sessions = list().await;
    let names: Vec<_> = sessions.iter().map(|session| session["device_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tablet", "Lost phone"], "used last comes first");
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(true), &json!(false)));
    let path = format!("/v1/me/sessions/{}", sessions[1]["id"].as_str().unwrap());
    rathaus.delete(&path).bearer(access(&stranger)).expect_problem(404, "not_found").await;
    assert_eq!(rathaus.delete(&path).bearer(access(&here)).send().await.status, 204);
    rathaus.delete(&path).bearer(access(&here)).expect_problem(404, "not_found").await;
    assert_eq!(rathaus.get("/v1/me").bearer(access(&lost)).send().await.status, 401);
    assert_eq!(rathaus.refresh(renewal(&lost)).send().await.status, 401);
    assert_eq!(list().await.len(), 1);
}

async fn keys_change_and_nobody_is_signed_out(rathaus: Installation) {
    let session = rathaus.guest().await;
    let keys = async || -> usize {
        let jwks: Value = rathaus.get("/.well-known/jwks.json").expect(200).await;
        jwks["keys"].as_array().unwrap().len()
    };
    assert_eq!(keys().await, 1);
    let config = &rathaus.server.parts().config;
    let beside = Keyring::new(
        rathaus.store().clone(),
        Secrets::new(SECRET).unwrap(),
        rathaus.clock.entropy(),
        (config.issuer().to_owned(), config.audience().to_owned()),
        TimeDelta::minutes(15),
    );
    // As the command does it, in another process.
    let kid = beside.rotate(rathaus.clock.now()).await.unwrap();
    let _: Value = rathaus.me(&session).await;
    let newest = beside.tokens(rathaus.clock.now()).await.unwrap().jwks();
    let kids: Vec<_> = newest["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
    assert!(kids.len() == 2 && kids.contains(&json!(kid)), "{kids:?}");
    // A session renewed where the new key is known gives a token that the running process knows too.
    let renewed: Value = rathaus.refresh(renewal(&session)).expect(200).await;
    assert_eq!(rathaus.get("/v1/me").bearer(access(&renewed)).send().await.status, 200);
}

async fn an_old_key_is_replaced_by_itself(rathaus: Installation) {
    rathaus.guest().await;
    let (secrets, entropy) = (Secrets::new(SECRET).unwrap(), rathaus.clock.entropy());
    let swept = async || rotate_old(rathaus.store(), &secrets, &*entropy, rathaus.clock.now()).await.unwrap();
    rathaus.clock.advance(TimeDelta::days(90) - TimeDelta::seconds(1));
    assert_eq!(swept().await, None);
    let session = rathaus.guest().await;
    rathaus.clock.advance(TimeDelta::seconds(1));
    let kid = swept().await.unwrap();
    assert_eq!(swept().await, None, "once");
    let _: Value = rathaus.me(&session).await;
    let tokens = rathaus.server.parts().gate.keyring().rotate(rathaus.clock.now()).await;
    assert_ne!(tokens.unwrap(), kid);
}

/// A figure of the bar: keys change while people come and go, and nobody notices.
async fn keys_change_under_load(rathaus: Installation) {
    const REQUESTS: usize = 1_000;
    let mut sessions = Vec::new();
    for _ in 0..8 {
        sessions.push(rathaus.guest().await);
    }
    let started = Instant::now();
    let (rathaus, sessions) = (&rathaus, &sessions);
    let answers = stream::iter(0..REQUESTS).map(|n| async move {
        match n {
            250 | 750 => {
                rathaus.server.parts().gate.keyring().rotate(rathaus.clock.now()).await.unwrap();
                rathaus.clock.advance(TimeDelta::seconds(61));
                rathaus.get("/v1/me").bearer(access(&rathaus.guest().await)).send().await.status
            }
            // Some come new, and have a token of the key that signs by then.
            _ if n % 50 == 0 => {
                rathaus.get("/v1/me").bearer(access(&rathaus.guest().await)).send().await.status
            }
            _ => rathaus.get("/v1/me").bearer(access(&sessions[n % sessions.len()])).send().await.status,
        }
    });
    let answers: Vec<_> = answers.buffer_unordered(8).collect().await;
    let failures = answers.iter().filter(|status| !status.is_success()).count();
    println!(
        "{failures} failures of {REQUESTS} requests around 2 changes of the signing key, {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert_eq!(failures, 0, "{answers:?}");
}
