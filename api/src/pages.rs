//! Pages for people, rendered here: no script, nothing from elsewhere, kept nowhere, found by nobody.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
};
use askama::Template;
use domain::Locale;

/// Nothing but our own style and pictures; forms go nowhere else; no frame, no script.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// An answer with the headers every page has.
pub fn guarded(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header(("X-Robots-Tag", "noindex, nofollow"));
    response
}

/// A page.
pub fn html(status: StatusCode, page: &impl Template, locale: Locale) -> HttpResponse {
    match page.render() {
        Ok(text) => guarded(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_LANGUAGE, locale.to_string()))
            .insert_header((header::VARY, "Accept-Language"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            guarded(StatusCode::INTERNAL_SERVER_ERROR).finish()
        }
    }
}

/// The same for a refusal that goes away by itself after some seconds.
pub fn html_later(status: StatusCode, page: &impl Template, locale: Locale, seconds: u32) -> HttpResponse {
    let mut response = html(status, page, locale);
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    response
}

/// Leads on after a form was taken, so that loading the answer again does nothing.
pub fn see_other(place: &str) -> HttpResponse {
    guarded(StatusCode::SEE_OTHER).insert_header((header::LOCATION, place)).finish()
}
