//! What handlers take from a request. Every one refuses with a problem.

mod address;
mod idempotency;
mod json;
mod language;
mod moment;
mod page;
mod precondition;
mod query;
mod reason;
mod strict;

pub use address::client_address;
pub use idempotency::IdempotencyKey;
pub use json::{JSON_LIMIT, ValidJson, payload_limit};
pub use language::{AcceptLanguage, preferred};
pub use moment::Moment;
pub use page::{Listed, NoFilter, PageParams, PageQuery};
pub use precondition::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch};
pub use query::ValidQuery;
pub(crate) use query::{malformed, read as read_query};
pub(crate) use reason::{Reason, reason};
pub use strict::Change;

use actix_web::HttpRequest;

/// A header's value as text, where there is exactly one and it is text.
pub(crate) fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}
