//! Content, for everybody to read.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Error, Store,
    content::{Kind, Language, Library, library::Filter},
    municipalities::Municipality,
};
use serde::de::DeserializeOwned;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    ContentPath, Shelves,
    filter::{Look, LookAmongAll, LookForEvents, Speak, spoken},
    view::{ContentView, Reader},
};
use crate::{
    crowd::Written,
    extract::{IfNoneMatch, Listed, Moment, PageParams, PageQuery, ValidQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
    reply::{Caching, written},
};

const CACHING: Caching = Caching::Public { seconds: FRESH_SECONDS };

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(search)
        .service(show)
        .service(news)
        .service(places)
        .service(tours)
        .service(contacts)
        .service(events)
        .service(gazettes);
}

/// Where content is, and when it is asked for.
struct Desk {
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    town: Municipality,
    now: DateTime<Utc>,
}

impl Desk {
    /// A page of what fits `filter`, from memory where it was asked for before.
    async fn answer<F: DeserializeOwned>(
        self,
        query: PageQuery<F>,
        filter: Filter,
        language: Language,
    ) -> Result<HttpResponse, Problem> {
        let Self { store, shelves, town, now } = self;
        let shelf = shelves.of(&**store, town, now).await?;
        let question = format!("{} {}", language.as_str(), query.question());
        let write = |library: &Library| {
            let reader = Reader { library, language, now };
            let page = library.find(&filter, now, &query.request);
            let next = page.next.clone();
            let items = page.items.iter().filter_map(|found| reader.listed(found)).collect();
            query.written(domain::page::Page::<ContentView> { items, next })
        };
        // Words and places are everybody's own; what all ask for is to stay.
        let listed = match filter.q.is_some() || filter.near.is_some() {
            true => write(&shelf.library)?,
            false => shelf.answer(question, now, write)?,
        };
        Ok(query.send(listed, CACHING))
    }
}

macro_rules! list_of {
    ($(#[doc = $doc:literal])+ $name:ident, $kind:ident, $operation:literal, $path:literal) => {
        $(#[doc = $doc])+
        #[utoipa::path(tag = "content", operation_id = $operation, security(()),
            params(TownPath, PageParams, Look),
            responses((status = 200, description = "What is public now.", body = Listed<ContentView>)))]
        #[get($path)]
        async fn $name(
            store: Data<dyn Store>,
            shelves: Data<Shelves>,
            Town(town): Town,
            moment: Moment,
            query: PageQuery<Look>,
        ) -> Result<HttpResponse, Problem> {
            let language = spoken(query.filter.language.as_ref(), moment.ctx.locale);
            let filter = query.filter.among(Kind::$kind)?;
            Desk { store, shelves, town, now: moment.ctx.now }.answer(query, filter, language).await
        }
    };
}

list_of! {
    /// List news
    ///
    /// The newest first.
    news, News, "listNews", "/v1/municipalities/{municipality}/news"
}
list_of! {
    /// List places
    ///
    /// As the town hall arranged them.
    places, Place, "listPlaces", "/v1/municipalities/{municipality}/places"
}
list_of! {
    /// List tours
    ///
    /// As the town hall arranged them.
    tours, Tour, "listTours", "/v1/municipalities/{municipality}/tours"
}
list_of! {
    /// List contacts
    ///
    /// As the town hall arranged them.
    contacts, Contact, "listContacts", "/v1/municipalities/{municipality}/contacts"
}
list_of! {
    /// List gazettes
    ///
    /// The newest issue first.
    gazettes, Gazette, "listGazettes", "/v1/municipalities/{municipality}/gazettes"
}

/// List events
///
/// Each time an event takes place stands by itself, the next one first. What was called off stays there and
/// says so.
#[utoipa::path(tag = "content", operation_id = "listEvents", security(()),
    params(TownPath, PageParams, LookForEvents),
    responses((status = 200, description = "What takes place.", body = Listed<ContentView>)))]
#[get("/v1/municipalities/{municipality}/events")]
async fn events(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    query: PageQuery<LookForEvents>,
) -> Result<HttpResponse, Problem> {
    let language = spoken(query.filter.language.as_ref(), moment.ctx.locale);
    let filter = query.filter.filter(moment.ctx.now)?;
    Desk { store, shelves, town, now: moment.ctx.now }.answer(query, filter, language).await
}

/// Search all content
///
/// News, places, tours, contacts, events and gazettes in one list: with `q` the best fit first, else the
/// newest.
#[utoipa::path(tag = "content", operation_id = "searchContent", security(()),
    params(TownPath, PageParams, LookAmongAll),
    responses((status = 200, description = "What was found.", body = Listed<ContentView>)))]
#[get("/v1/municipalities/{municipality}/content")]
async fn search(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    query: PageQuery<LookAmongAll>,
) -> Result<HttpResponse, Problem> {
    let language = spoken(query.filter.language.as_ref(), moment.ctx.locale);
    let filter = query.filter.filter()?;
    Desk { store, shelves, town, now: moment.ctx.now }.answer(query, filter, language).await
}

/// Show a piece of content
///
/// Of any kind, with all its words.
#[utoipa::path(tag = "content", operation_id = "getContent", security(()),
    params(TownPath, ContentPath, Speak),
    responses((status = 200, description = "The piece.", body = ContentView)))]
#[get("/v1/municipalities/{municipality}/content/{content}")]
async fn show(
    store: Data<dyn Store>,
    shelves: Data<Shelves>,
    Town(town): Town,
    moment: Moment,
    path: Path<ContentPath>,
    query: ValidQuery<Speak>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let now = moment.ctx.now;
    let language = spoken(query.language.as_ref(), moment.ctx.locale);
    let shelf = shelves.of(&**store, town, now).await?;
    let question = format!("{} {}", language.as_str(), path.content);
    let whole = shelf.answer(question, now, |library| {
        let entry = library.get(path.content, now).ok_or_else(Error::not_found)?;
        let view = Reader { library, language, now }.whole(entry).ok_or_else(Error::not_found)?;
        let body = serde_json::to_vec(&view).map_err(|_| Error::refused(Code::Internal))?;
        Ok(Written::new(body, None))
    })?;
    Ok(written(whole.body, whole.tag, &seen, moment.ctx.locale, CACHING))
}
