//! What pages of other sites may read.

use reqwest::Method;
use serde_json::Value;

use crate::support::{
    http::{Answer, Call},
    installation::Installation,
    on_both,
};

on_both!(pages_of_any_site_read_what_is_public_and_nothing_else);

const EXPOSED: &str = "etag, link, retry-after, x-request-id";
/// What pages see anyway (Fetch, "CORS-safelisted response-header name"), and what is none of their business.
const OTHERS: [&str; 17] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "ratelimit",
    "ratelimit-policy",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
    "www-authenticate",
];

async fn pages_of_any_site_read_what_is_public_and_nothing_else(rathaus: Installation) {
    let town = rathaus.found("bad-dueben", "Bad Düben").await;
    for (position, code) in (1..).zip(["light", "waste", "roads"]) {
        rathaus.add_category(&town, code, position).await;
    }
    let read = |path: &str| rathaus.get(path).header("origin", "https://karte.example.org");
    let list = "/v1/municipalities/bad-dueben/categories?limit=2";
    let first = read(list).send().await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    assert!(first.headers.contains_key("link"));
    let check = |answer: &Answer, status: u16| {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["access-control-expose-headers"], EXPOSED);
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        let exposed: Vec<_> = EXPOSED.split(", ").collect();
        for name in answer.headers.keys() {
            assert!(
                exposed.contains(&name.as_str()) || OTHERS.contains(&name.as_str()),
                "{name} is not exposed"
            );
        }
    };
    check(&first, 200);
    // Always in the same order: equal answers are equal.
    for _ in 0..10 {
        check(&read(list).send().await, 200);
        check(&read(list).header("if-none-match", &tag).send().await, 304);
        check(&read("/v1/municipalities/nowhere").send().await, 404);
        check(&read("/v1/nothing").send().await, 404);
    }

    let asks = |method: &str, headers: &str| {
        let request = rathaus.request(Method::OPTIONS, list).header("origin", "https://karte.example.org");
        let request = request.header("access-control-request-method", method);
        Call(request.header("access-control-request-headers", headers))
    };
    let may = asks("GET", "if-none-match").send().await;
    assert_eq!(
        (may.status.as_u16(), &may.headers["access-control-allow-origin"]),
        (200, &"*".parse().unwrap())
    );
    for (method, headers) in
        [("GET", "authorization"), ("GET", "return-key"), ("POST", "content-type"), ("DELETE", "accept")]
    {
        let refused = asks(method, headers).send().await;
        assert!(refused.status.is_client_error(), "{method} {headers}: {}", refused.status);
        let problem: Value = refused.json();
        assert!(problem["code"].is_string(), "{problem}");
    }
}
