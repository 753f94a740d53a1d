//! What changed since an app asked last.

use actix_web::{HttpResponse, get, http::header, web::Data};
use domain::{
    Code, Error, Store,
    content::{
        changes::{Change, Since},
        library::Entry,
    },
    ids::{ContentId, MunicipalityId},
};
use infrastructure::secrets::{Purpose, Secrets, SignedToken};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    Shelves,
    filter::spoken,
    view::{ContentView, Reader, word},
};
use crate::{
    crowd::Written,
    extract::{EntityTag, IfNoneMatch, Moment, ValidQuery, malformed},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, written},
};
use domain::content::Language;

/// Most changes in one answer.
const MOST: usize = 100;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

/// From where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChangesQuery {
    /// `next_cursor` of the answer before; everything from the beginning where absent.
    #[param(required = false, nullable = false, min_length = 1, max_length = 2000)]
    cursor: Option<String>,
    /// How many changes at most.
    #[param(required = false, nullable = false, minimum = 1, maximum = 100, default = 100, example = 100)]
    limit: Option<usize>,
    /// The language of the words, where they were translated; that of `Accept-Language` where absent.
    #[param(required = false, nullable = false, value_type = String, min_length = 2, max_length = 3, pattern = "^[a-z]{2,3}$")]
    language: Option<Language>,
}

/// What became of a piece.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentChange)]
struct ChangeView {
    /// Which piece.
    id: ContentId,
    /// What it is.
    #[schema(max_length = 16, example = "news")]
    kind: String,
    /// Whether it is gone: remove it from your copy. Otherwise `content` is there: put it into your copy.
    removed: bool,
    /// The piece as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    content: Option<ContentView>,
}

/// Some changes.
#[derive(Serialize, ToSchema)]
#[schema(as = ContentChanges)]
struct ChangesView {
    /// The changes in order; a piece may come again later.
    #[schema(max_items = 100)]
    items: Vec<ChangeView>,
    /// Keep it, and send it as `cursor` the next time.
    #[schema(max_length = 2000, example = "eyJzIjoiNy8wLzEvMCJ9.c2lnbmVk")]
    next_cursor: String,
    /// Whether there is more already: ask again at once.
    more: bool,
}

/// A position as it is handed out, bound to its town.
#[derive(Serialize, Deserialize)]
struct Cursor {
    #[serde(rename = "m")]
    municipality: MunicipalityId,
    #[serde(rename = "s")]
    since: String,
}

fn position(
    secrets: &Secrets,
    town: MunicipalityId,
    cursor: &str,
    moment: &Moment,
) -> Result<Since, Problem> {
    let invalid = || Problem::new(Code::CursorInvalid);
    let token = SignedToken::<Cursor>::decode(cursor, secrets, Purpose::Cursor, moment.ctx.now);
    let cursor = token.map_err(|_| invalid())?.payload;
    if cursor.municipality != town {
        return Err(invalid());
    }
    cursor.since.parse().map_err(|_| invalid())
}

/// List changes of content
///
/// For apps that keep a copy: what came, changed and went of all kinds since the last time, so that the copy
/// becomes what the server has. Keep `next_cursor`; send it as `cursor`, and the `ETag` as `If-None-Match`,
/// the next time: where nothing changed the answer is 304. A cursor is good for 90 days; an older one is
/// answered 410 (`cursor_expired`): empty your copy and begin without a cursor.
#[utoipa::path(tag = "content", operation_id = "listContentChanges", security(()),
    params(TownPath, ChangesQuery),
    responses((status = 200, description = "Changes.", body = ChangesView)))]
#[get("/v1/municipalities/{municipality}/changes")]
async fn list(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    secrets: Data<Secrets>,
    Town(town): Town,
    moment: Moment,
    query: ValidQuery<ChangesQuery>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let now = moment.ctx.now;
    let limit = query.limit.unwrap_or(MOST);
    if !(1..=MOST).contains(&limit) {
        return Err(malformed("/limit", Code::OutOfRange));
    }
    let language = spoken(query.language.as_ref(), moment.ctx.locale);
    let id = town.id;
    let since = query.cursor.as_deref().map(|cursor| position(&secrets, id, cursor, &moment)).transpose()?;
    let shelf = shelves.of(&**store, town, now).await?;
    let question =
        format!("changes {} {limit} {}", language.as_str(), query.cursor.as_deref().unwrap_or_default());
    let changes = shelf.answer(question, now, |library| {
        let changes = library.changes(since, now, limit)?;
        let reader = Reader { library, language, now };
        let shown = |entry: &Entry| ChangeView {
            id: entry.content.id,
            kind: word(entry.content.kind),
            removed: false,
            content: reader.kept(entry),
        };
        let items = changes.items.iter().map(|change| match change {
            Change::Shown(entry) => shown(entry),
            Change::Gone(id, kind) => ChangeView { id: *id, kind: word(*kind), removed: true, content: None },
        });
        let internal = |_| Error::refused(Code::Internal);
        let cursor = Cursor { municipality: id, since: changes.next.to_string() };
        let next_cursor = SignedToken::new(cursor, None)
            .encode(&secrets, Purpose::Cursor)
            .map_err(|_| Error::refused(Code::Internal))?;
        // The position says all there is to know of the answer: who has come this far has it.
        let tag = EntityTag::content(format!("{next_cursor} {}", changes.more).as_bytes());
        let view = ChangesView { items: items.collect(), next_cursor, more: changes.more };
        let body = serde_json::to_vec(&view).map_err(internal)?;
        Ok(Written { body: body.into(), link: None, tag })
    })?;
    let mut response =
        written(changes.body, changes.tag, &seen, moment.ctx.locale, Caching::Public { seconds: 0 });
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("public, no-cache"));
    Ok(response)
}
