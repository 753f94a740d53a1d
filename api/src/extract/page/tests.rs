use actix_web::{
    App,
    http::StatusCode,
    middleware::from_fn,
    test::{TestRequest, call_service, init_service, read_body_json},
    web,
};
use serde_json::Value;

use super::*;
use crate::{clock::Clock, frame::frame, problem::query};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    status: Option<String>,
}

/// Numbers in order, one after the other.
async fn numbers(list: PageQuery<Filter>) -> Result<HttpResponse, Problem> {
    let first = match &list.request.after {
        Some(position) => position.key.parse::<u64>().unwrap() + 1,
        None => 0,
    };
    let last = if list.filter.status.is_some() { 5 } else { 60 };
    let rows = (first..last).take(usize::try_from(list.request.limit).unwrap() + 1).collect();
    let page = Page::cut(rows, &list.request, |number| Position { key: number.to_string(), id: Uuid::nil() });
    list.answer(page)
}

async fn get(uri: &str) -> (StatusCode, Option<String>, Value) {
    let app = App::new()
        .app_data(Data::new(Clock::adjustable("2026-11-22T16:00:00Z".parse().unwrap())))
        .app_data(Data::new(Secrets::new("a secret for tests that is long enough").unwrap()))
        .app_data(query())
        .route("/v1/municipalities/{m}/numbers", web::get().to(numbers))
        .wrap(from_fn(frame));
    let response = call_service(&init_service(app).await, TestRequest::get().uri(uri).to_request()).await;
    let link = response.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
    (response.status(), link, read_body_json(response).await)
}

const LIST: &str = "/v1/municipalities/bad-dueben/numbers";

#[actix_web::test]
async fn following_the_link_sees_everything_once() {
    let (mut uri, mut seen) = (format!("{LIST}?limit=25"), Vec::new());
    loop {
        let (status, link, body) = get(&uri).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        seen.extend(body["items"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()));
        assert_eq!(link.is_some(), body["next_cursor"].is_string());
        match link {
            Some(link) => uri = link.trim_start_matches('<').split('>').next().unwrap().to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_page_has_25_items_unless_asked() {
    assert_eq!(get(LIST).await.2["items"].as_array().unwrap().len(), 25);
    assert_eq!(get(&format!("{LIST}?limit=1")).await.2["items"].as_array().unwrap().len(), 1);
    assert!(get(&format!("{LIST}?limit=100")).await.2.get("next_cursor").is_none());
}

#[actix_web::test]
async fn an_edited_or_borrowed_cursor_is_refused() {
    let (_, _, body) = get(&format!("{LIST}?limit=2&status=open")).await;
    let cursor = body["next_cursor"].as_str().unwrap();
    assert_eq!(get(&format!("{LIST}?status=open&limit=3&cursor={cursor}")).await.0, StatusCode::OK);
    let mut edited = cursor.to_owned();
    edited.replace_range(3..4, if cursor[3..4] == *"A" { "B" } else { "A" });
    for uri in [
        format!("{LIST}?status=open&cursor={edited}"),
        format!("{LIST}?status=open&cursor={cursor}x"),
        format!("{LIST}?status=closed&cursor={cursor}"),
        format!("{LIST}?cursor={cursor}"),
        format!("/v1/municipalities/eilenburg/numbers?status=open&cursor={cursor}"),
        format!("{LIST}?cursor="),
        format!("{LIST}?cursor={}", "x".repeat(5000)),
    ] {
        let (status, _, body) = get(&uri).await;
        assert_eq!((status.as_u16(), body["code"].as_str()), (400, Some("cursor_invalid")), "{uri}");
    }
}

#[actix_web::test]
async fn wrong_parameters_are_named() {
    for (query, pointer, code) in [
        ("limit=0", "/limit", "out_of_range"),
        ("limit=101", "/limit", "out_of_range"),
        ("limit=-1", "/limit", "wrong_type"),
        ("limit=ten", "/limit", "wrong_type"),
        ("limit=1&limit=2", "/limit", "contradiction"),
        ("cursor=a&cursor=b", "/cursor", "contradiction"),
        ("colour=red", "/colour", "unknown_field"),
        ("status=a&status=b", "/status", "contradiction"),
    ] {
        let (status, _, body) = get(&format!("{LIST}?{query}")).await;
        assert_eq!((status.as_u16(), body["code"].as_str()), (400, Some("malformed_parameter")), "{query}");
        assert_eq!(body["errors"][0]["pointer"], pointer, "{query}");
        assert_eq!(body["errors"][0]["code"], code, "{query}");
    }
}
