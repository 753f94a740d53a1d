//! Content in the formats that other programs subscribe to: calendars, contact cards, feeds, maps.

mod calendar;
mod card;
mod feeds;
mod map;

use actix_web::{HttpResponse, http::header, web::Bytes};
use chrono::{DateTime, Utc};
use domain::{
    Error,
    content::{
        Kind, Library,
        library::{Filter, Found},
    },
    page::PageRequest,
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    crowd::Written,
    extract::IfNoneMatch,
    municipalities::FRESH_SECONDS,
    reply::{Caching, written},
};

/// Pieces in one file.
const MOST: u64 = 1_000;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(calendar::routes)
        .configure(card::routes)
        .configure(feeds::routes)
        .configure(map::routes);
}

/// The pieces of a kind, at most `limit`.
fn all(library: &Library, filter: &Filter, now: DateTime<Utc>, limit: u64) -> Vec<Found> {
    library.find(filter, now, &PageRequest { limit, after: None }).items
}

/// Of one kind, whatever else.
fn of(kind: Kind) -> Filter {
    Filter { kind: Some(kind), ..Filter::default() }
}

/// A file with its tag.
fn file(text: impl Into<Bytes>) -> Result<Written, Error> {
    Ok(Written::new(text, None))
}

/// Sends a file of that media type; a browser that opens it runs nothing.
fn send(
    file: Written,
    media: &'static str,
    name: &str,
    seen: &IfNoneMatch,
    locale: domain::Locale,
) -> HttpResponse {
    let caching = Caching::Public { seconds: FRESH_SECONDS };
    let mut response = written(file.body, file.tag, seen, locale, caching);
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media));
        if let Ok(name) = header::HeaderValue::from_str(&format!("inline; filename=\"{name}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, name);
        }
    }
    response
}
