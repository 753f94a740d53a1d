//! Sources of content, as staff keep them.

mod imports;
mod view;

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    post, put,
    web::{Data, Path},
};
use domain::{
    Code, Error, Store,
    content::sources::{
        ContentSource, EVERY_MINUTES, Format,
        service::{self, Settings},
    },
    ids::{AreaId, ContentSourceId, DepartmentId, TopicId},
    page::{Page, Position},
    text::{Name, WebAddress},
};
use infrastructure::sources::Fetcher;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
};
use view::SourceView;

/// Minutes between two questions to a source, where nobody says otherwise.
const EVERY: u16 = 60;

const _: () =
    assert!(*EVERY_MINUTES.start() == 15 && *EVERY_MINUTES.end() == 1_440, "the document names these bounds");

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list)
        .service(create)
        .service(show)
        .service(replace)
        .service(remove)
        .configure(imports::routes);
}

/// The part of a path that names a source.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct SourcePath {
    /// The source.
    #[param(value_type = uuid::Uuid)]
    source: ContentSourceId,
}

/// A source as it is set up.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WriteContentSource, example = json!({"name": "Website", "format": "feed", "url": "https://www.bad-dueben.example/rss.xml"}))]
struct SourceBody {
    /// What staff call it.
    #[schema(example = "Website der Stadt")]
    name: Name,
    /// What it speaks. `feed`: RSS 2.0 or Atom, news. `calendar`: iCalendar, events. `map`: GeoJSON with the
    /// tags of OpenStreetMap, or what Overpass answers as JSON, places and tours. Never changes.
    format: Format,
    /// Where it is asked, by `https`. Where absent, staff hand in files.
    #[schema(nullable = false)]
    url: Option<WebAddress>,
    /// Minutes between two questions; 60 where absent.
    #[schema(nullable = false, minimum = 15, maximum = 1_440, example = 60)]
    #[validate(range(min = 15, max = 1_440))]
    every_minutes: Option<u16>,
    /// Whether what it says is published at once; else it waits as a draft.
    #[serde(default)]
    #[schema(default = false)]
    publish: bool,
    /// The interest its pieces belong to. Those who chose it hear of news that are published at once.
    #[schema(nullable = false)]
    topic: Option<TopicId>,
    /// The district its pieces are about.
    #[schema(nullable = false)]
    area: Option<AreaId>,
    /// The department that answers for its pieces.
    #[schema(nullable = false)]
    office: Option<DepartmentId>,
}

impl SourceBody {
    fn settings(self, fetcher: &Fetcher) -> Result<Settings, Error> {
        let Self { name, format, url, every_minutes, publish, topic, area, office } = self;
        if url.as_ref().is_some_and(|url| !fetcher.asks(url.as_str())) {
            return Err(Error::invalid("/url", Code::NotAllowed));
        }
        let every_minutes = every_minutes.unwrap_or(EVERY);
        Ok(Settings { name, format, url, every_minutes, publishes: publish, topic, area, office })
    }
}

fn by_name(source: &ContentSource) -> Position {
    Position { key: source.name.as_str().to_lowercase(), id: source.id.0 }
}

/// List the sources of content
#[utoipa::path(tag = "content", operation_id = "listContentSources", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Sources by name.", body = Listed<SourceView>)))]
#[get("/v1/municipalities/{municipality}/staff/content-sources")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(&**store, &ctx).await?, &query.request, by_name);
    query.answer(page.map(|source| SourceView::new(source, ctx.now)))
}

/// Set up a source of content
///
/// One with an address is asked within a minute and then by its interval. What it says becomes content: published, or a
/// draft. What staff change, withdraw, remove or publish themselves stays as they left it.
#[utoipa::path(tag = "content", operation_id = "createContentSource", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = SourceBody,
    responses((status = 201, description = "The source.", body = SourceView)))]
#[post("/v1/municipalities/{municipality}/staff/content-sources")]
async fn create(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<SourceBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let settings = body.value.settings(&fetcher)?;
    let now = ctx.now;
    let answer = |source: &ContentSource| {
        let place = format!("/v1/municipalities/{}/staff/content-sources/{}", path.municipality, source.id);
        Ok(Answer::created(place, &SourceView::new(source.clone(), now))?.versioned(source.version))
    };
    request.answer(&answer, async |once| service::create(&**store, &ctx, settings, once).await).await
}

fn seen(source: ContentSource, now: chrono::DateTime<chrono::Utc>) -> HttpResponse {
    let tag = EntityTag::version(source.version).to_string();
    // Its settings have versions; when it was asked changes without one.
    HttpResponse::Ok()
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SourceView::new(source, now))
}

/// Show a source of content
///
/// With when it was taken in last, and when and why that failed.
#[utoipa::path(tag = "content", operation_id = "getContentSource", security(("bearer" = [])),
    params(TownPath, SourcePath),
    responses((status = 200, description = "The source.", body = SourceView)))]
#[get("/v1/municipalities/{municipality}/staff/content-sources/{source}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<SourcePath>,
) -> Result<HttpResponse, Problem> {
    Ok(seen(service::get(&**store, &ctx, path.source).await?, ctx.now))
}

/// Set a source of content up anew
///
/// All of its settings, as a form sends them; what it speaks stays.
#[utoipa::path(tag = "content", operation_id = "putContentSource", security(("bearer" = [])),
    params(TownPath, SourcePath, IfMatchParams),
    request_body = SourceBody,
    responses((status = 200, description = "The source now.", body = SourceView)))]
#[put("/v1/municipalities/{municipality}/staff/content-sources/{source}")]
async fn replace(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    StaffActor(ctx): StaffActor,
    path: Path<SourcePath>,
    IfMatch(version): IfMatch,
    body: ValidJson<SourceBody>,
) -> Result<HttpResponse, Problem> {
    let settings = body.value.settings(&fetcher)?;
    Ok(seen(service::replace(&**store, &ctx, (path.source, version), settings).await?, ctx.now))
}

/// Delete a source of content
///
/// What was taken from it stays, and is staff's from then on.
#[utoipa::path(tag = "content", operation_id = "deleteContentSource", security(("bearer" = [])),
    params(TownPath, SourcePath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/staff/content-sources/{source}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<SourcePath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(&**store, &ctx, path.source, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
