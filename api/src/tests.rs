use std::sync::Arc;

use actix_web::{
    http::StatusCode,
    test::{TestRequest, call_service, init_service, read_body, read_body_json},
};
use infrastructure::{
    db::{Connections, SqlStore},
    photos::{PhotoStore, Photos},
};
use serde_json::Value;

use super::*;

async fn parts(database_answers: bool) -> Parts {
    of(Readiness::new(Arc::new(move || Box::pin(async move { database_answers })))).await
}

async fn of(readiness: Readiness) -> Parts {
    with(Config::default(), readiness).await
}

async fn with(config: Config, readiness: Readiness) -> Parts {
    let secrets = Secrets::new("a secret for tests that is long enough").unwrap();
    Parts::new(config, Clock::system(), secrets, unused_store().await, unused_photos(), readiness).unwrap()
}

/// What stands here is answered without a database; the end-to-end tests have one.
async fn unused_store() -> SqlStore {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("unused.db").display());
    SqlStore::new(Connections::open(&url, 1).await.unwrap())
}

fn unused_photos() -> Photos {
    let folder = tempfile::tempdir().unwrap();
    Photos::new(PhotoStore::open(&format!("file://{}", folder.path().display()), []).unwrap())
}

macro_rules! answer {
    ($parts:expr, $request:expr) => {
        call_service(&init_service(app($parts)).await, $request.to_request()).await
    };
}

#[actix_web::test]
async fn health_tells_life_from_readiness() {
    let well = parts(true).await;
    assert_eq!(answer!(&well, TestRequest::get().uri("/livez")).status(), StatusCode::OK);
    assert_eq!(answer!(&well, TestRequest::get().uri("/readyz")).status(), StatusCode::OK);
    well.readiness.drain();
    assert_eq!(answer!(&well, TestRequest::get().uri("/livez")).status(), StatusCode::OK);
    let stopping = answer!(&well, TestRequest::get().uri("/readyz"));
    assert_eq!(stopping.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(stopping.headers().contains_key("retry-after"));
    let ill = parts(false).await;
    assert_eq!(answer!(&ill, TestRequest::get().uri("/livez")).status(), StatusCode::OK);
    assert_eq!(answer!(&ill, TestRequest::get().uri("/readyz")).status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn a_database_that_hangs_is_not_ready() {
    let parts = of(Readiness::new(Arc::new(|| Box::pin(std::future::pending())))).await;
    assert_eq!(answer!(&parts, TestRequest::get().uri("/readyz")).status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[actix_web::test]
async fn the_document_is_served_and_revalidated() {
    let parts = parts(true).await;
    let response = answer!(&parts, TestRequest::get().uri("/openapi.json"));
    let tag = response.headers().get("etag").unwrap().clone();
    let document: Value = read_body_json(response).await;
    assert_eq!(document, serde_json::from_str::<Value>(openapi::COMMITTED).unwrap());
    let again =
        answer!(&parts, TestRequest::get().uri("/openapi.json").insert_header(("if-none-match", tag)));
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(read_body(again).await.is_empty());
}

#[actix_web::test]
async fn the_rendered_document_needs_no_outside_host() {
    let parts = parts(true).await;
    assert_eq!(answer!(&parts, TestRequest::get().uri("/docs")).status(), StatusCode::PERMANENT_REDIRECT);
    let page = answer!(&parts, TestRequest::get().uri("/docs/"));
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers().get("content-security-policy").unwrap().to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'self'"), "{policy}");
    let page = String::from_utf8(read_body(page).await.to_vec()).unwrap();
    assert!(!page.contains("https://") && !page.contains("//cdn"), "{page}");
    let script = read_body(answer!(&parts, TestRequest::get().uri("/docs/swagger-initializer.js"))).await;
    let script = String::from_utf8(script.to_vec()).unwrap();
    assert!(script.contains("/openapi.json") && script.contains("\"validatorUrl\": \"none\""), "{script}");
}

#[actix_web::test]
async fn unknown_addresses_and_wrong_methods_differ() {
    let parts = parts(true).await;
    let unknown = answer!(&parts, TestRequest::get().uri("/v1/nothing"));
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let wrong = answer!(&parts, TestRequest::post().uri("/livez"));
    assert_eq!(wrong.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.headers().get("allow").unwrap(), "GET, HEAD");
    assert_eq!(wrong.headers().get("x-content-type-options").unwrap(), "nosniff");
    assert_eq!(
        answer!(&parts, TestRequest::with_uri("/livez").method(Method::HEAD)).status(),
        StatusCode::OK
    );
}

#[actix_web::test]
async fn browsers_may_read_but_not_sign_in_from_elsewhere() {
    let parts = parts(true).await;
    let origin = ("origin", "https://example.org");
    let read = answer!(&parts, TestRequest::get().uri("/livez").insert_header(origin));
    assert_eq!(read.headers().get("access-control-allow-origin").unwrap(), "*");
    assert!(!read.headers().contains_key("access-control-allow-credentials"));
    let preflight = TestRequest::with_uri("/livez")
        .method(Method::OPTIONS)
        .insert_header(origin)
        .insert_header(("access-control-request-method", "GET"))
        .insert_header(("access-control-request-headers", "authorization"));
    let refused = answer!(&parts, preflight);
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let problem: Value = read_body_json(refused).await;
    assert_eq!(problem["code"], "malformed_parameter");
}

#[actix_web::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let mut config = Config::default();
    config.http.requests_per_minute = 1;
    let parts = with(config, Readiness::new(Arc::new(|| Box::pin(async { true })))).await;
    let first = answer!(&parts, TestRequest::get().uri("/v1/nothing"));
    assert_eq!(first.headers().get("ratelimit-policy").unwrap(), "\"address\";q=1;w=60");
    assert_eq!(first.headers().get("ratelimit").unwrap(), "\"address\";r=0;t=60");
    let refused = answer!(&parts, TestRequest::get().uri("/v1/nothing"));
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers().get("ratelimit").unwrap(), "\"address\";r=0;t=60");
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(answer!(&parts, TestRequest::get().uri("/livez")).status(), StatusCode::OK);
}
