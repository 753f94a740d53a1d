//! How much clients may ask: of one instance, of several together, and when nothing can be counted.

use std::{net::SocketAddr, time::Instant};

use api::{cli::Role, server::Server};
use futures::future::join_all;
use reqwest::{Client, Method, StatusCode};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};

use crate::{
    auth::access,
    support::{
        Engine, Fixture,
        http::Call,
        installation::{Installation, config},
        on_both,
    },
};

on_both!(
    an_address_has_a_quota_and_is_told,
    an_account_has_a_quota_of_its_own,
    two_instances_share_one_quota,
    without_counters_reads_stay_open_and_sign_in_closes,
);

/// An installation that lets an address and an account ask 40 times a minute.
struct Strict(Installation);

impl Fixture for Strict {
    async fn on(engine: Engine) -> Self {
        Self(
            Installation::with(engine, |config| {
                config.http.requests_per_minute = 40;
                config.http.account_requests_per_minute = 20;
                config.http.trusted_proxies = "127.0.0.1".parse().unwrap();
            })
            .await,
        )
    }
}

impl Strict {
    fn get(&self, path: &str, from: &str) -> Call {
        Call(self.0.request(Method::GET, path).header("x-forwarded-for", from))
    }
}

async fn an_address_has_a_quota_and_is_told(strict: Strict) {
    for n in 1..=40 {
        // Another address of the same /64 each time.
        let answer = strict.get("/v1/me", &format!("2001:db8::{n:x}")).send().await;
        assert_eq!(answer.status, 401);
        assert_eq!(answer.headers["ratelimit-policy"], "\"address\";q=40;w=60");
        let left = answer.headers["ratelimit"].to_str().unwrap();
        assert!(left.starts_with("\"address\";r="), "{left}");
    }
    let refused = strict.get("/v1/me", "2001:db8::ffff");
    let refused = refused.expect_problem(429, "too_many_requests").await;
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.headers["ratelimit"], "\"address\";r=0;t=60");
    assert_eq!(strict.get("/v1/me", "2001:db8:0:1::1").send().await.status, 401, "a neighbour");
    assert_eq!(strict.get("/livez", "2001:db8::1").send().await.status, 200);
}

async fn an_account_has_a_quota_of_its_own(strict: Strict) {
    let [mine, other] = [strict.0.guest().await, strict.0.guest().await];
    let ask = |session: &Value, n: u32| strict.get("/v1/me", &format!("192.0.2.{n}")).bearer(access(session));
    for n in 1..=20 {
        let answer = ask(&mine, n).send().await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["ratelimit-policy"], "\"address\";q=40;w=60, \"account\";q=20;w=60");
        let left = answer.headers["ratelimit"].to_str().unwrap();
        assert!(left.contains("\"account\";r="), "{left}");
    }
    let refused = ask(&mine, 21).expect_problem(429, "too_many_requests").await;
    assert!(refused.headers["ratelimit"].to_str().unwrap().contains("\"account\";r=0;t=60"));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(ask(&other, 21).send().await.status, 200);
}

/// How many of `requests` to one address are let through, some at a time, and how long it took.
async fn let_through(client: &Client, address: SocketAddr, requests: usize) -> usize {
    let mut through = 0;
    let all: Vec<_> = (0..requests).collect();
    for some in all.chunks(5) {
        let asked = some.iter().map(|_| client.get(format!("http://{address}/v1/me")).send());
        for answer in join_all(asked).await {
            through += usize::from(answer.unwrap().status() != StatusCode::TOO_MANY_REQUESTS);
        }
    }
    through
}

/// SQLite serves one process; there is nobody to share with.
async fn two_instances_share_one_quota(strict: Strict) {
    if strict.0.database().engine == Engine::Sqlite {
        return;
    }
    const QUOTA: u32 = 400;
    let files = tempfile::tempdir().unwrap();
    let mut settings = config(strict.0.database(), &files);
    settings.http.requests_per_minute = QUOTA;
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(Server::start(settings.clone(), strict.0.clock.clone(), Role::Api).await.unwrap());
    }
    let client = Client::new();
    let began = Instant::now();
    let asked = servers.iter().map(|server| let_through(&client, server.address().unwrap(), 600));
    let through = join_all(asked).await;
    let took = began.elapsed().as_secs_f64();
    // What comes back while the test runs, on each of them.
    let again = f64::from(QUOTA) / 60.0 * took;
    let through_all: usize = through.iter().sum();
    println!(
        "two instances of {QUOTA} a minute let {through:?} through in {took:.1} s, {again:.0} of them came back"
    );
    let most = 1.10 * f64::from(QUOTA) + 2.0 * again;
    assert!(f64::from(u32::try_from(through_all).unwrap()) <= most, "{through_all} > {most}");
    assert!(through_all >= 400);
    for server in servers {
        server.stop().await.unwrap();
    }
}

async fn without_counters_reads_stay_open_and_sign_in_closes(strict: Strict) {
    let rathaus = &strict.0;
    rathaus.found("bad-dueben", "Bad Düben").await;
    let session = rathaus.guest().await;
    let owner = Database::connect(&rathaus.database().owner_url).await.unwrap();
    owner.execute_unprepared("DROP TABLE rate_counters").await.unwrap();
    owner.close().await.unwrap();
    for (path, body) in [
        ("/v1/auth/codes", json!({"email": "erika@example.org"})),
        ("/v1/auth/staff-sessions", json!({"email": "amt@example.org", "password": "guess"})),
        ("/v1/auth/sessions", json!({"email": "erika@example.org", "code": "000000"})),
    ] {
        let answer = rathaus.post(path, &body).send().await;
        assert!(answer.status.is_server_error(), "{path}: {}", answer.status);
    }
    assert!(rathaus.codes_due().await.is_empty(), "nothing is sent that cannot be counted");
    for n in 0..6 {
        let answer = rathaus.get("/v1/municipalities").send().await;
        assert_eq!(answer.status, 200, "{n}: {}", answer.body);
        let own = rathaus.get("/v1/me").bearer(access(&session)).send().await;
        assert_eq!(own.status, 200, "{n}: {}", own.body);
    }
}
