//! Topics, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    categories::Names,
    ids::TopicId,
    municipalities::{
        Topic,
        service::topics::{self as service, NewTopic, TopicChange},
    },
    page::Page,
    text::Slug,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
    topics::position,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a topic.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TopicPath {
    /// The topic.
    #[param(value_type = uuid::Uuid)]
    topic: TopicId,
}

/// A topic to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopic)]
struct NewBody {
    /// What apps send. Never changes.
    #[schema(example = "road-closures")]
    code: Slug,
    /// What people read.
    names: Names,
    /// Its place in lists, lower first; last where absent.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// Whether it can be chosen now; it can where absent.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// What changes about a topic. Names are replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchTopic {
    /// What people read.
    #[schema(nullable = false)]
    names: Option<Names>,
    /// Its place in lists, lower first.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// Whether it can be chosen now. Those who chose it keep it.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A topic, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredTopic)]
struct TopicView {
    /// Its identity.
    id: TopicId,
    /// What apps send. Never changes.
    code: Slug,
    /// What people read.
    names: Names,
    /// Its place in lists, lower first.
    #[schema(example = 10)]
    position: i32,
    /// Whether it can be chosen now.
    active: bool,
}

impl From<Topic> for TopicView {
    fn from(topic: Topic) -> Self {
        let Topic { id, code, names, position, active, version: _ } = topic;
        Self { id, code, names, position, active }
    }
}

/// List the topics, those switched off too
#[utoipa::path(tag = "register", operation_id = "listRegisteredTopics", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "In the town hall's order.", body = Listed<TopicView>)))]
#[get("/v1/municipalities/{municipality}/admin/topics")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(TopicView::from))
}

/// Add a topic
///
/// It reaches nobody until somebody chooses it.
#[utoipa::path(tag = "register", operation_id = "createTopic", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The topic.", body = TopicView)))]
#[post("/v1/municipalities/{municipality}/admin/topics")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { code, names, position, active } = body.value;
    let new = NewTopic { code, names, position, active: active.unwrap_or(true) };
    let answer = |topic: &Topic| {
        let place = format!("/v1/municipalities/{}/admin/topics/{}", path.municipality, topic.id);
        Ok(Answer::created(place, &TopicView::from(topic.clone()))?.versioned(topic.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a topic
#[utoipa::path(tag = "register", operation_id = "getRegisteredTopic", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, TopicPath),
    responses((status = 200, description = "The topic.", body = TopicView)))]
#[get("/v1/municipalities/{municipality}/admin/topics/{topic}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TopicPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let topic = service::get(store.as_ref(), &ctx, path.topic).await?;
    let tag = EntityTag::version(topic.version);
    Ok(read(&TopicView::from(topic), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a topic
#[utoipa::path(tag = "register", operation_id = "patchTopic", security(("bearer" = [])),
    params(TownPath, TopicPath, IfMatchParams),
    request_body(content = PatchTopic, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The topic now.", body = TopicView)))]
#[patch("/v1/municipalities/{municipality}/admin/topics/{topic}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TopicPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchTopic>,
) -> Result<HttpResponse, Problem> {
    let PatchTopic { names, position, active } = body.value;
    let change = TopicChange { names, position, active };
    let topic = service::change(store.as_ref(), &ctx, path.topic, version, change).await?;
    Ok(changed(topic.version, &TopicView::from(topic)))
}

/// Delete a topic
///
/// Refused while somebody chose it; it can be switched off then.
#[utoipa::path(tag = "register", operation_id = "deleteTopic", security(("bearer" = [])),
    params(TownPath, TopicPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/topics/{topic}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TopicPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.topic, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
