//! Nobody learns by the clock who works in a town hall, or has an account.

use std::{
    env,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{PASSWORD, access};
use crate::support::{installation::Installation, on_both};

on_both!(
    an_unknown_address_is_refused_as_slowly_as_a_known_one,
    an_unknown_citizen_is_refused_as_slowly_as_a_known_one,
    a_code_is_asked_for_as_fast_for_anybody,
    a_wrong_code_is_refused_as_fast_for_anybody,
    a_lost_password_is_as_fast_for_anybody,
);

/// Requests timed for a known address and as many for an unknown one. `RATHAUS_TIMING_SAMPLES=500` in the
/// environment asks for more.
const SAMPLES: usize = 80;

const CITIZEN: &str = "erika@example.org";
const STAFF: &str = "amt@example.org";
const NOBODY: &str = "nobody@example.org";

fn samples() -> usize {
    env::var("RATHAUS_TIMING_SAMPLES").ok().and_then(|many| many.parse().ok()).unwrap_or(SAMPLES)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A route that must not tell who is known.
struct Route {
    path: &'static str,
    status: u16,
    body: fn(&str) -> Value,
    /// As often it may be asked about one address before it is closed for a while.
    tries: usize,
    /// That while.
    pause: TimeDelta,
    /// Whether a code is on its way to both addresses.
    has_codes: bool,
}

impl Route {
    /// Asks about both in turns, so that whatever else the machine does slows both down alike.
    async fn takes_alike(self, rathaus: &Installation, known: &str) {
        let (mut somebody, mut nobody) = (Vec::new(), Vec::new());
        while somebody.len() < samples() {
            if self.has_codes {
                for email in [known, NOBODY] {
                    let _: Value = rathaus.post("/v1/auth/codes", &json!({"email": email})).expect(202).await;
                }
            }
            for _ in 0..self.tries {
                let (one, other) = (self.ask(rathaus, known).await, self.ask(rathaus, NOBODY).await);
                assert_eq!(one.1, other.1, "{}", self.path);
                somebody.push(one.0);
                nobody.push(other.0);
            }
            rathaus.clock.advance(self.pause);
        }
        let (path, many) = (self.path, somebody.len());
        let (known, unknown) = (median(somebody), median(nobody));
        println!("{path}: {many} samples each: known {known:?}, unknown {unknown:?}");
        let noise = Duration::from_millis(5).max(known / 4);
        assert!(known.abs_diff(unknown) < noise, "{path}: known {known:?}, unknown {unknown:?}");
    }

    /// How long the answer takes, its body where it is no problem, and the names of its headers.
    async fn ask(&self, rathaus: &Installation, email: &str) -> (Duration, (String, Vec<String>)) {
        let began = Instant::now();
        let answer = rathaus.post(self.path, &(self.body)(email)).send().await;
        let took = began.elapsed();
        assert_eq!(answer.status, self.status, "{}", answer.body);
        let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        // A problem names its request.
        let body = if self.status < 300 { answer.body } else { String::new() };
        (took, (body, names))
    }
}

fn guess(email: &str) -> Value {
    json!({"email": email, "password": "guess"})
}

async fn an_unknown_address_is_refused_as_slowly_as_a_known_one(rathaus: Installation) {
    rathaus.staff_account(STAFF).await;
    let path = "/v1/auth/staff-sessions";
    let pause = TimeDelta::minutes(20);
    let route = Route { path, status: 401, body: guess, tries: 10, pause, has_codes: false };
    route.takes_alike(&rathaus, STAFF).await;
}

async fn an_unknown_citizen_is_refused_as_slowly_as_a_known_one(rathaus: Installation) {
    let erika = rathaus.citizen(CITIZEN).await;
    let set = rathaus.put("/v1/me/password", &json!({"password": PASSWORD})).bearer(access(&erika));
    assert_eq!(set.send().await.status, 204);
    let path = "/v1/auth/password-sessions";
    let pause = TimeDelta::minutes(20);
    let route = Route { path, status: 401, body: guess, tries: 10, pause, has_codes: false };
    route.takes_alike(&rathaus, CITIZEN).await;
}

async fn a_code_is_asked_for_as_fast_for_anybody(rathaus: Installation) {
    rathaus.citizen(CITIZEN).await;
    rathaus.clock.advance(TimeDelta::hours(25));
    let body = |email: &str| json!({"email": email});
    let (path, pause) = ("/v1/auth/codes", TimeDelta::hours(25));
    let route = Route { path, status: 202, body, tries: 3, pause, has_codes: false };
    route.takes_alike(&rathaus, CITIZEN).await;
}

async fn a_wrong_code_is_refused_as_fast_for_anybody(rathaus: Installation) {
    rathaus.citizen(CITIZEN).await;
    rathaus.clock.advance(TimeDelta::hours(25));
    let body = |email: &str| json!({"email": email, "code": "000000"});
    let (path, pause) = ("/v1/auth/sessions", TimeDelta::hours(25));
    for has_codes in [true, false] {
        let route = Route { path, status: 401, body, tries: 4, pause, has_codes };
        route.takes_alike(&rathaus, CITIZEN).await;
    }
}

async fn a_lost_password_is_as_fast_for_anybody(rathaus: Installation) {
    rathaus.staff_account(STAFF).await;
    let body = |email: &str| json!({"email": email});
    let (path, pause) = ("/v1/auth/staff-password-resets", TimeDelta::hours(25));
    let route = Route { path, status: 202, body, tries: 3, pause, has_codes: false };
    route.takes_alike(&rathaus, STAFF).await;
    // What is written for somebody is written for anybody, but goes nowhere.
    let written = "SELECT address || CASE WHEN sealed_code IS NULL AND send_at IS NULL THEN '' ELSE ' sent' END \
                   FROM one_time_codes WHERE purpose = 'password_reset' GROUP BY 1 ORDER BY 1";
    let written = rathaus.ask(domain::ids::MunicipalityId(uuid::Uuid::nil()), written).await;
    assert_eq!(written, [format!("{STAFF} sent"), NOBODY.to_owned()]);
}
