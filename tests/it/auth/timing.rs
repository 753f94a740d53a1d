//! Nobody learns by the clock who works in a town hall, or has an account.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;

use super::{PASSWORD, access};
use crate::support::{installation::Installation, on_both};

on_both!(
    an_unknown_address_is_refused_as_slowly_as_a_known_one,
    an_unknown_citizen_is_refused_as_slowly_as_a_known_one,
);

const ROUNDS: usize = 8;
/// Passwords that may be tried for one address before it is closed for a while.
const TRIES: usize = 10;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

async fn an_unknown_address_is_refused_as_slowly_as_a_known_one(rathaus: Installation) {
    rathaus.staff_account("amt@example.org").await;
    refuses_alike(&rathaus, "/v1/auth/staff-sessions", "amt@example.org").await;
}

async fn an_unknown_citizen_is_refused_as_slowly_as_a_known_one(rathaus: Installation) {
    let erika = rathaus.citizen("erika@example.org").await;
    let set = rathaus.put("/v1/me/password", &json!({"password": PASSWORD})).bearer(access(&erika));
    assert_eq!(set.send().await.status, 204);
    refuses_alike(&rathaus, "/v1/auth/password-sessions", "erika@example.org").await;
}

async fn refuses_alike(rathaus: &Installation, path: &str, somebody: &str) {
    let sign_in = async |email: &str| {
        let began = Instant::now();
        let body = json!({"email": email, "password": "guess"});
        let answer = rathaus.post(path, &body).send().await;
        let took = began.elapsed();
        assert_eq!(answer.status, 401, "{}", answer.body);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        (took, names)
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // In turns, so that whatever else the machine does slows both down alike.
        for _ in 0..TRIES {
            let (one, nobody) = (sign_in(somebody).await, sign_in("nobody@example.org").await);
            assert_eq!(one.1, nobody.1);
            known.push(one.0);
            unknown.push(nobody.0);
        }
        rathaus.clock.advance(TimeDelta::minutes(20));
    }
    let (known, unknown) = (median(known), median(unknown));
    println!("{path}: {} samples each: known {known:?}, unknown {unknown:?}", ROUNDS * TRIES);
    let noise = Duration::from_millis(5).max(known / 4);
    assert!(known.abs_diff(unknown) < noise, "known {known:?}, unknown {unknown:?}");
}
