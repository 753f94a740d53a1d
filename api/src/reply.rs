//! Answers to reads: entity tag, caching, and 304 for what the client has already.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, ContentType},
    web::Bytes,
};
use domain::Locale;
use serde::Serialize;

use crate::extract::{EntityTag, IfNoneMatch};

/// Who may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caching {
    /// Only the client, and it asks again each time.
    Private,
    /// Anyone for some seconds: the same for everybody who speaks the language.
    Public {
        /// How long it counts as fresh.
        seconds: u32,
    },
}

/// Answers `body`, or 304 where `seen` names `tag`. A public answer's tag gets the language.
///
/// ```
/// use actix_web::HttpResponse;
/// use api::{extract::{AcceptLanguage, EntityTag, IfNoneMatch}, reply::{Caching, read}};
///
/// async fn show(seen: IfNoneMatch, AcceptLanguage(locale): AcceptLanguage) -> HttpResponse {
///     let view = ["from the store"];
///     read(&view, EntityTag::version(3), &seen, locale, Caching::Public { seconds: 60 })
/// }
/// ```
pub fn read<T: Serialize>(
    body: &T,
    tag: EntityTag,
    seen: &IfNoneMatch,
    locale: Locale,
    caching: Caching,
) -> HttpResponse {
    reply(tag, seen, locale, caching, |mut response| response.json(body))
}

/// Answers a change: what it is now, and the tag of that version.
pub fn changed<T: Serialize>(version: i64, now: &T) -> HttpResponse {
    let tag = EntityTag::version(version).to_string();
    HttpResponse::Ok().insert_header((header::ETAG, tag)).json(now)
}

/// The same for a body that is JSON already.
pub fn written(
    body: Bytes,
    tag: EntityTag,
    seen: &IfNoneMatch,
    locale: Locale,
    caching: Caching,
) -> HttpResponse {
    reply(tag, seen, locale, caching, |mut response| response.content_type(ContentType::json()).body(body))
}

/// The same for a body that is no JSON.
pub fn file(
    body: Bytes,
    kind: &'static str,
    tag: EntityTag,
    seen: &IfNoneMatch,
    locale: Locale,
    caching: Caching,
) -> HttpResponse {
    reply(tag, seen, locale, caching, |mut response| response.content_type(kind).body(body))
}

fn reply(
    tag: EntityTag,
    seen: &IfNoneMatch,
    locale: Locale,
    caching: Caching,
    finish: impl FnOnce(HttpResponseBuilder) -> HttpResponse,
) -> HttpResponse {
    let (tag, control) = match caching {
        Caching::Private => (tag, "private, no-cache".to_owned()),
        Caching::Public { seconds } => (tag.in_locale(locale), format!("public, max-age={seconds}")),
    };
    let mut response = if seen.has(&tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::ETAG, tag.to_string()))
        .insert_header((header::CACHE_CONTROL, control))
        .insert_header((header::VARY, "Accept-Language"));
    if seen.has(&tag) {
        return response.finish();
    }
    response.insert_header((header::CONTENT_LANGUAGE, locale.to_string()));
    finish(response)
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest, http::StatusCode, test::TestRequest};

    use super::*;

    async fn answer(seen: &str, locale: Locale, caching: Caching) -> HttpResponse {
        let request = TestRequest::default().insert_header(("if-none-match", seen)).to_http_request();
        let seen = IfNoneMatch::extract(&request).await.unwrap();
        read(&["body"], EntityTag::version(3), &seen, locale, caching)
    }

    #[actix_web::test]
    async fn what_the_client_has_is_not_sent_again() {
        let public = Caching::Public { seconds: 60 };
        for (seen, locale, caching, status, control) in [
            ("\"v3\"", Locale::De, Caching::Private, 304, "private, no-cache"),
            ("\"v2\"", Locale::De, Caching::Private, 200, "private, no-cache"),
            ("\"v3-de\"", Locale::De, public, 304, "public, max-age=60"),
            ("\"v3-de\"", Locale::En, public, 200, "public, max-age=60"),
        ] {
            let response = answer(seen, locale, caching).await;
            assert_eq!(response.status(), StatusCode::from_u16(status).unwrap(), "{seen}");
            assert_eq!(response.headers().get("cache-control").unwrap(), control);
            assert_eq!(response.headers().get("vary").unwrap(), "Accept-Language");
            assert!(response.headers().contains_key("etag"));
        }
    }
}
