//! Content, as staff write it.

mod body;
mod files;
mod linked;
mod view;

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    post, put,
    web::{Data, Path},
};
use domain::{
    Store,
    content::{Content, Kind, State, service},
    municipalities::Municipality,
};
use infrastructure::sources::Fetcher;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::ContentPath;
use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, changed, read},
};
use body::ContentBody;
use view::StaffContent;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list)
        .service(create)
        .configure(files::routes)
        .service(show)
        .service(replace)
        .service(transition)
        .service(remove);
}

/// Which pieces.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StaffFilter {
    /// Only of this kind.
    #[param(required = false, inline, nullable = false, value_type = Kind)]
    kind: Option<Kind>,
    /// Only in this state.
    #[param(required = false, inline, nullable = false, value_type = State)]
    state: Option<State>,
}

/// A step to another state.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoveContent, example = json!({"to": "published"}))]
struct MoveBody {
    /// The state wanted: from `draft` to `review` or `published`, from `review` back to `draft` or to
    /// `published`, from `published` to `archived` or back to `draft`, from `archived` to `draft`.
    to: State,
}

fn place(town: &Municipality, content: &Content) -> String {
    format!("/v1/municipalities/{}/staff/content/{}", town.slug, content.id)
}

fn now(content: Content) -> HttpResponse {
    changed(content.version, &StaffContent::from(content))
}

/// List content
///
/// Drafts and what is archived too, the newest first.
#[utoipa::path(tag = "content", operation_id = "listStaffContent", security(("bearer" = [])),
    params(TownPath, PageParams, StaffFilter),
    responses((status = 200, description = "The pieces.", body = Listed<StaffContent>)))]
#[get("/v1/municipalities/{municipality}/staff/content")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery<StaffFilter>,
) -> Result<HttpResponse, Problem> {
    let which = (query.filter.kind, query.filter.state);
    let page = service::list(store.as_ref(), &ctx, which, &query.request).await?;
    query.answer(page.map(StaffContent::from))
}

/// Begin a piece of content
///
/// A draft: nobody but staff sees it until it is published. The PDF that a gazette links to is looked at first.
#[utoipa::path(tag = "content", operation_id = "createContent", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = ContentBody,
    responses((status = 201, description = "The draft.", body = StaffContent)))]
#[post("/v1/municipalities/{municipality}/staff/content")]
async fn create(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    Town(town): Town,
    StaffActor(ctx): StaffActor,
    idempotency: Idempotency,
    body: ValidJson<ContentBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let (kind, mut sheet) = body.value.written();
    let link = service::linked::unseen(&ctx, town.calendar(), (kind, &mut sheet), None)?;
    let answer = |content: &Content| {
        let tag = EntityTag::version(content.version).to_string();
        Ok(Answer::created(place(&town, content), &StaffContent::from(content.clone()))?
            .with(header::ETAG, tag))
    };
    let calendar = town.calendar();
    request
        .answer(&answer, async |once| {
            if let Some(link) = &link {
                if let Some(known) = service::linked::answered(store.as_ref(), &ctx, &once).await? {
                    return Ok(known);
                }
                sheet = linked::looked_at(&fetcher, sheet, link).await?;
            }
            service::create(store.as_ref(), &ctx, calendar, (kind, sheet), once).await
        })
        .await
}

/// Show a piece of content as it is kept
#[utoipa::path(tag = "content", operation_id = "getStaffContent", security(("bearer" = [])),
    params(TownPath, ContentPath),
    responses((status = 200, description = "The piece.", body = StaffContent)))]
#[get("/v1/municipalities/{municipality}/staff/content/{content}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ContentPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let content = service::get(store.as_ref(), &ctx, path.content).await?;
    let tag = EntityTag::version(content.version);
    Ok(read(&StaffContent::from(content), tag, &seen, ctx.locale, Caching::Private))
}

/// Write a piece of content anew
///
/// All of it, as a form sends it; the kind stays. What is public changes at once, and takes the right to
/// publish. The PDF that a gazette links to is looked at first, where it is another.
#[utoipa::path(tag = "content", operation_id = "putContent", security(("bearer" = [])),
    params(TownPath, ContentPath, IfMatchParams),
    request_body = ContentBody,
    responses((status = 200, description = "The piece now.", body = StaffContent)))]
#[put("/v1/municipalities/{municipality}/staff/content/{content}")]
async fn replace(
    store: Data<dyn Store>,
    fetcher: Data<Fetcher>,
    Town(town): Town,
    StaffActor(ctx): StaffActor,
    path: Path<ContentPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<ContentBody>,
) -> Result<HttpResponse, Problem> {
    let (which, calendar) = ((path.content, version), town.calendar());
    let (kind, mut sheet) = body.value.written();
    if sheet.document_url().is_some() {
        let before = service::get(store.as_ref(), &ctx, path.content).await?;
        if let Some(link) = service::linked::unseen(&ctx, calendar, (kind, &mut sheet), Some(&before))? {
            sheet = linked::looked_at(&fetcher, sheet, &link).await?;
        }
    }
    Ok(now(service::replace(store.as_ref(), &ctx, calendar, which, (kind, sheet)).await?))
}

/// Take a piece of content a step further
///
/// Hand it in for review, publish it, withdraw or archive it.
#[utoipa::path(tag = "content", operation_id = "transitionContent", security(("bearer" = [])),
    params(TownPath, ContentPath, IfMatchParams),
    request_body = MoveBody,
    responses((status = 200, description = "The piece now.", body = StaffContent)))]
#[post("/v1/municipalities/{municipality}/staff/content/{content}/transitions")]
async fn transition(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ContentPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<MoveBody>,
) -> Result<HttpResponse, Problem> {
    Ok(now(service::transition(store.as_ref(), &ctx, path.content, version, body.value.to).await?))
}

/// Remove a piece of content for good
///
/// Refused while it is public: withdraw or archive it first. Apps that keep a copy are told.
#[utoipa::path(tag = "content", operation_id = "deleteContent", security(("bearer" = [])),
    params(TownPath, ContentPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/staff/content/{content}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ContentPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.content, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
