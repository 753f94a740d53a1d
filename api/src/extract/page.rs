//! Lists: `?limit=&cursor=` and a filter of one's own. Cursors are signed and bound to the list's path
//! (which names the town hall) and to its filter, so an edited or borrowed one is refused.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{self, HeaderValue},
    web::Data,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Locale,
    page::{Page, PageRequest, Position},
};
use infrastructure::secrets::{Purpose, Secrets, SignedToken, sha256};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    IfNoneMatch, Moment,
    query::{self, malformed},
};
use crate::{
    crowd::Written,
    problem::Problem,
    reply::{Caching, written},
};

const DEFAULT_LIMIT: u64 = 25;
const MOST: u64 = 100;

/// The parameters of every list, for its document: `params(PageParams, ComplaintFilter)`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many items at most.
    #[param(required = false, minimum = 1, maximum = 100, default = 25, example = 25)]
    pub limit: u64,
    /// Where to go on: `next_cursor` of the page before. Opaque, and only good for the same list and filter.
    #[param(required = false, min_length = 1, max_length = 2000)]
    pub cursor: String,
}

/// For lists without a filter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

/// A part of a list and the filter it is asked for with. `F` derives `Deserialize` with
/// `deny_unknown_fields` and does not mention `limit` and `cursor`.
///
/// ```
/// use actix_web::HttpResponse;
/// use api::{extract::PageQuery, problem::Problem};
/// use domain::page::Page;
///
/// async fn list(query: PageQuery) -> Result<HttpResponse, Problem> {
///     let page: Page<String> = Page { items: vec![], next: None }; // from the store, with `query.request`
///     query.answer(page)
/// }
/// ```
pub struct PageQuery<F = NoFilter> {
    /// What the store is asked for.
    pub request: PageRequest,
    /// The rest of the query.
    pub filter: F,
    list: List,
    seen: IfNoneMatch,
    locale: Locale,
}

/// What a cursor is bound to, and how to make the next one.
struct List {
    secrets: Data<Secrets>,
    path: String,
    /// The filter in canonical form, without limit and cursor.
    filter: String,
    limit: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "l")]
    list: String,
    #[serde(rename = "k")]
    key: String,
    #[serde(rename = "i")]
    id: Uuid,
}

impl List {
    fn name(&self) -> String {
        let digest = sha256(format!("{}?{}", self.path, self.filter).as_bytes());
        URL_SAFE_NO_PAD.encode(digest.iter().take(12).copied().collect::<Vec<_>>())
    }

    fn cursor(&self, position: Position) -> Result<String, Error> {
        let cursor = Cursor { list: self.name(), key: position.key, id: position.id };
        let token = SignedToken::new(cursor, None).encode(&self.secrets, Purpose::Cursor);
        token.map_err(|_| Error::refused(Code::Internal))
    }

    fn position(&self, cursor: &str, now: DateTime<Utc>) -> Result<Position, Problem> {
        let token = SignedToken::<Cursor>::decode(cursor, &self.secrets, Purpose::Cursor, now);
        let token = token.map_err(|_| Problem::new(Code::CursorInvalid))?.payload;
        if token.list != self.name() {
            return Err(Problem::new(Code::CursorInvalid));
        }
        Ok(Position { key: token.key, id: token.id })
    }

    /// The address of the next page, relative to the site (RFC 8288).
    fn link(&self, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(self.filter.clone());
        if let Some(limit) = self.limit {
            query.append_pair("limit", &limit.to_string());
        }
        query.append_pair("cursor", cursor);
        format!("<{}?{}>; rel=\"next\"", self.path, query.finish())
    }
}

impl<F> PageQuery<F> {
    /// The answer for `page`: items, cursor of the next page, and its link. Not sent again to a client
    /// that has it.
    pub fn answer<T: Serialize>(&self, page: Page<T>) -> Result<HttpResponse, Problem> {
        Ok(self.send(self.written(page)?, Caching::Private))
    }

    /// The same for a list that is public: anyone may keep it for some seconds.
    pub fn answer_public<T: Serialize>(&self, page: Page<T>, seconds: u32) -> Result<HttpResponse, Problem> {
        Ok(self.send(self.written(page)?, Caching::Public { seconds }))
    }

    /// What is asked, the same for all who ask for the same part of the same list.
    pub fn question(&self) -> String {
        let Self { list, request, .. } = self;
        format!("{}?{}&{:?}&{request:?}", list.path, list.filter, list.limit)
    }

    /// The answer for `page`, to be sent to anybody with the same question.
    ///
    /// # Errors
    /// None for types whose keys are texts.
    pub fn written<T: Serialize>(&self, page: Page<T>) -> Result<Written, Error> {
        let next_cursor = page.next.map(|position| self.list.cursor(position)).transpose()?;
        let link = next_cursor.as_deref().map(|cursor| self.list.link(cursor));
        let listed = Listed { items: page.items, next_cursor };
        let body = serde_json::to_vec(&listed).map_err(|_| Error::refused(Code::Internal))?;
        Ok(Written::new(body, link))
    }

    /// An answer that is written already.
    pub fn send(&self, Written { body, link, tag }: Written, caching: Caching) -> HttpResponse {
        let mut response = written(body, tag, &self.seen, self.locale, caching);
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

impl<F: DeserializeOwned> PageQuery<F> {
    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let secrets = request.app_data::<Data<Secrets>>().cloned();
        let secrets = secrets.ok_or_else(|| Problem::new(Code::Internal))?;
        let ctx = Moment::of(request)?.ctx;
        let (mut limit, mut cursor, mut filters) = (None, None, Vec::new());
        for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
            let before = match name.as_ref() {
                "limit" => limit.replace(value),
                "cursor" => cursor.replace(value),
                _ => {
                    filters.push((name, value));
                    continue;
                }
            };
            if before.is_some() {
                return Err(malformed(&format!("/{name}"), Code::Contradiction));
            }
        }
        filters.sort();
        let filter = form_urlencoded::Serializer::new(String::new()).extend_pairs(filters).finish();
        let limit = limit.map(|text| limit_of(&text)).transpose()?;
        let list = List { secrets, path: request.path().to_owned(), filter, limit };
        let after = cursor.map(|cursor| list.position(&cursor, ctx.now)).transpose()?;
        let filter = query::read(&list.filter)?;
        Ok(Self {
            request: PageRequest { limit: limit.unwrap_or(DEFAULT_LIMIT), after },
            filter,
            list,
            seen: IfNoneMatch::of(request),
            locale: ctx.locale,
        })
    }
}

fn limit_of(text: &str) -> Result<u64, Problem> {
    match text.parse() {
        Ok(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Ok(_) => Err(malformed("/limit", Code::OutOfRange)),
        Err(_) => Err(malformed("/limit", Code::WrongType)),
    }
}

impl<F: DeserializeOwned> FromRequest for PageQuery<F> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

/// Some items of a list and, where more follow, the cursor of the next page.
#[derive(Serialize, ToSchema)]
pub struct Listed<T> {
    /// The items in order.
    #[schema(max_items = 100)]
    pub items: Vec<T>,
    /// Send it as `cursor` to go on. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 2000, example = "eyJsIjoiNGYxYyJ9.c2lnbmVk")]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests;
