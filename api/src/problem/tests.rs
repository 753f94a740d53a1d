use std::collections::BTreeMap;

use actix_web::{
    App, HttpResponse,
    http::StatusCode,
    middleware::from_fn,
    test::{self, TestRequest},
    web::{self, Data},
};
use domain::geo::Point;
use serde_json::Value;

use super::*;
use crate::{
    clock::Clock,
    config::Config,
    extract::{JSON_LIMIT, ValidJson, payload_limit},
    frame::frame,
};

#[derive(serde::Deserialize, validator::Validate)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Place {
    location: Point,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[expect(dead_code, reason = "only read")]
    status: Option<String>,
}

/// One route for each way to fail.
async fn answer(request: TestRequest) -> (StatusCode, BTreeMap<String, String>, Value) {
    let config = Config::default();
    let routes = "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"\",\"version\":\"\"},\"paths\":{\"/thing/{id}\":{\"get\":{\"responses\":{}},\"put\":{\"responses\":{}}}}}";
    let routes: utoipa::openapi::OpenApi = serde_json::from_str(routes).unwrap();
    let app = App::new()
        .app_data(Data::new(Clock::adjustable("2026-11-22T16:00:00Z".parse().unwrap())))
        .app_data(Data::new(config))
        .app_data(Data::new(Routes::of(&routes)))
        .app_data(path())
        .app_data(query())
        .app_data(payload_limit())
        .route("/json", web::post().to(async |_: ValidJson<Place>| "read"))
        .route("/path/{id}", web::get().to(async |_: web::Path<Uuid>| "read"))
        .route("/query", web::get().to(async |_: web::Query<Filter>| "read"))
        .route("/panic", web::get().to(async || -> &'static str { panic!("hunter2") }))
        .route("/bare", web::get().to(async || HttpResponse::Forbidden().finish()))
        .route(
            "/own",
            web::get().to(async || HttpResponse::BadRequest().content_type("text/html").body("<p>")),
        )
        .route("/stale", web::get().to(async || Err::<String, Problem>(StoreError::Stale.into())))
        .route("/busy", web::get().to(async || Err::<String, Problem>(StoreError::Busy.into())))
        .route(
            "/wait",
            web::get().to(async || {
                Err::<String, Problem>(Error::wait(Code::TooManyRequests, Duration::from_millis(1500)).into())
            }),
        )
        .route(
            "/broken",
            web::get().to(async || {
                let cause = std::io::Error::other("hunter2");
                Err::<String, Problem>(StoreError::Database(Box::new(cause)).into())
            }),
        )
        .service(pages::all)
        .service(pages::one)
        .default_service(web::to(unrouted))
        .wrap(from_fn(frame));
    let app = test::init_service(app).await;
    let response = match test::try_call_service(&app, request.to_request()).await {
        Ok(response) => response.into_parts().1.map_into_boxed_body(),
        Err(error) => error.error_response(),
    };
    let status = response.status();
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into())).collect();
    let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn refused(request: TestRequest, status: u16, code: &str) -> Value {
    let (found, headers, body) = answer(request).await;
    assert_eq!((found.as_u16(), body["code"].as_str()), (status, Some(code)), "{body}");
    assert_eq!(headers["content-type"], PROBLEM_JSON);
    assert_eq!(body["status"], status);
    assert_eq!(body["type"], format!("http://127.0.0.1:8080/problems/{code}"));
    let id = &headers["x-request-id"];
    assert_eq!(body["instance"], format!("urn:uuid:{id}"));
    assert_eq!(headers.contains_key("retry-after"), matches!(status, 429 | 503));
    if let Some(seconds) = headers.get("retry-after") {
        let detail = body["detail"].as_str().unwrap();
        assert!(detail.ends_with(&format!(": {seconds}.")), "{detail}");
    }
    assert!(!body.to_string().contains("hunter2"), "{body}");
    body
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn post(body: &str) -> TestRequest {
    TestRequest::post()
        .uri("/json")
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned())
}

#[actix_web::test]
async fn every_bad_input_is_a_problem() {
    let good = r#"{"location":{"lat":51.6,"lon":12.6}}"#;
    assert_eq!(answer(post(good)).await.0, StatusCode::OK);
    refused(get("/nowhere"), 404, "not_found").await;
    refused(get("/path/no-uuid"), 400, "malformed_parameter").await;
    refused(get("/path/%ff"), 400, "malformed_parameter").await;
    refused(post("{"), 400, "malformed_json").await;
    refused(post("{\"a\":\"\0\"}"), 400, "malformed_json").await;
    let missing = TestRequest::post().uri("/json").set_payload(good);
    refused(missing, 415, "unsupported_media_type").await;
    let wrong = TestRequest::post().uri("/json").insert_header(("content-type", "text/plain"));
    refused(wrong.set_payload(good), 415, "unsupported_media_type").await;
    refused(post(&" ".repeat(JSON_LIMIT + 1)), 413, "payload_too_large").await;
    refused(get("/panic"), 500, "internal").await;
    refused(get("/bare"), 403, "forbidden").await;
    refused(get("/stale"), 412, "stale").await;
    refused(get("/busy"), 503, "overloaded").await;
    refused(get("/broken"), 500, "internal").await;
    let body = refused(get("/query?colour=hunter2"), 400, "malformed_parameter").await;
    assert_eq!(body["errors"][0]["pointer"], "/colour");
    let body = refused(post(r#"{"location":{"lat":51.6}}"#), 422, "validation_failed").await;
    assert_eq!(body["errors"][0]["pointer"], "/location/lon");
    assert_eq!(body["errors"][0]["code"], "required");
}

#[actix_web::test]
async fn a_wrong_method_names_the_right_ones() {
    let request = TestRequest::delete().uri("/thing/7");
    let (status, headers, body) = answer(request).await;
    assert_eq!((status.as_u16(), body["code"].as_str()), (405, Some("method_not_allowed")));
    assert_eq!(headers["allow"], "GET, HEAD, PUT");
}

#[actix_web::test]
async fn waiting_is_said_in_whole_seconds() {
    let (_, headers, _) = answer(get("/wait")).await;
    assert_eq!(headers["retry-after"], "2");
}

#[actix_web::test]
async fn both_languages_are_spoken() {
    for (header, language, title) in [
        ("", "de", "Nicht gefunden"),
        ("en-GB, de;q=0.5", "en", "Not found"),
        ("\u{fffd};;q=x", "de", "Nicht gefunden"),
    ] {
        let request = get("/nowhere").insert_header(("accept-language", header));
        let (_, headers, body) = answer(request).await;
        assert_eq!(body["title"], title);
        assert_eq!(headers["content-language"], language);
        assert_eq!(headers["vary"], "Accept-Language");
    }
}

#[actix_web::test]
async fn a_request_id_is_taken_over_where_it_is_one() {
    let id = "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01";
    let (_, headers, body) = answer(get("/nowhere").insert_header(("x-request-id", id))).await;
    assert_eq!(headers["x-request-id"], id);
    assert_eq!(body["instance"], format!("urn:uuid:{id}"));
    let (_, headers, _) = answer(get("/nowhere").insert_header(("x-request-id", "a\tb"))).await;
    assert_eq!(headers["x-request-id"].len(), 36);
}

#[actix_web::test]
async fn a_page_of_ones_own_stays() {
    let (status, headers, _) = answer(get("/own")).await;
    assert_eq!((status.as_u16(), headers["content-type"].as_str()), (400, "text/html"));
}

#[actix_web::test]
async fn every_type_leads_to_a_page() {
    for code in Code::iter() {
        assert_eq!(answer(get(&format!("/problems/{code}"))).await.0, StatusCode::OK, "{code}");
    }
    assert_eq!(answer(get("/problems")).await.0, StatusCode::OK);
    refused(get("/problems/hunter2"), 404, "not_found").await;
}

#[::core::prelude::v1::test]
fn every_text_is_there_and_within_the_documented_length() {
    for code in Code::iter() {
        let row = texts::row_of(code);
        assert!((400..600).contains(&row.status), "{code}");
        assert!(code.to_string().len() <= 40, "{code}");
        for locale in [Locale::De, Locale::En] {
            let texts::Text(title, detail) = row.text(locale);
            assert!((3..=80).contains(&title.chars().count()), "{code}");
            assert!((10..=300).contains(&detail.chars().count()), "{code}");
            assert!(detail.lines().all(|line| line.ends_with('.')), "{code}");
            assert!(!texts::fill(detail, &[]).contains('{'), "{code}");
        }
        assert_ne!(row.text(Locale::De).1, row.text(Locale::En).1, "{code}");
    }
}

#[::core::prelude::v1::test]
fn a_line_without_its_value_is_left_out() {
    let detail = "A.\nIt is {municipality}.";
    assert_eq!(texts::fill(detail, &[]), "A.");
    assert_eq!(texts::fill(detail, &[("municipality", "Eilenburg".into())]), "A. It is Eilenburg.");
}
