//! Kinds of waste, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    categories::Names,
    ids::WasteTypeId,
    page::Page,
    text::{Line, Slug},
    waste::{
        WasteType,
        service::{self, NewType, TypeChange},
    },
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
    waste::position,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a kind of waste.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct TypePath {
    /// The kind.
    #[param(value_type = uuid::Uuid)]
    waste_type: WasteTypeId,
}

/// A kind of waste to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWasteType)]
struct NewBody {
    /// What apps send. Never changes.
    #[schema(example = "organic")]
    code: Slug,
    /// What people read.
    names: Names,
    /// What sources call it, besides its names.
    #[serde(default)]
    #[schema(max_items = 50, example = json!(["Bioabfall", "Biotonne 120 l"]))]
    words: Vec<Line>,
    /// Its place in lists, lower first; last where absent.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
}

/// What changes about a kind of waste. Names and words are replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchWasteType {
    /// What people read.
    #[schema(nullable = false)]
    names: Option<Names>,
    /// What sources call it, besides its names.
    #[schema(nullable = false, max_items = 50)]
    words: Option<Vec<Line>>,
    /// Its place in lists, lower first.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
}

/// A kind of waste, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredWasteType)]
struct TypeView {
    /// Its identity.
    id: WasteTypeId,
    /// What apps send. Never changes.
    code: Slug,
    /// What people read.
    names: Names,
    /// What sources call it, besides its names.
    #[schema(max_items = 50)]
    words: Vec<Line>,
    /// Its place in lists, lower first.
    #[schema(example = 10)]
    position: i32,
}

impl From<WasteType> for TypeView {
    fn from(kind: WasteType) -> Self {
        let WasteType { id, code, names, words, position, version: _ } = kind;
        Self { id, code, names, words, position }
    }
}

/// List the kinds of waste with the words sources use
#[utoipa::path(tag = "register", operation_id = "listRegisteredWasteTypes", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "In the town hall's order.", body = Listed<TypeView>)))]
#[get("/v1/municipalities/{municipality}/admin/waste-types")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list_types(&**store, &ctx).await?, &query.request, position);
    query.answer(page.map(TypeView::from))
}

/// Add a kind of waste
#[utoipa::path(tag = "register", operation_id = "createWasteType", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The kind.", body = TypeView)))]
#[post("/v1/municipalities/{municipality}/admin/waste-types")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { code, names, words, position } = body.value;
    let new = NewType { code, names, words, position };
    let answer = |kind: &WasteType| {
        let place = format!("/v1/municipalities/{}/admin/waste-types/{}", path.municipality, kind.id);
        Ok(Answer::created(place, &TypeView::from(kind.clone()))?.versioned(kind.version))
    };
    request.answer(&answer, async |once| service::create_type(&**store, &ctx, new, once).await).await
}

/// Show a kind of waste
#[utoipa::path(tag = "register", operation_id = "getRegisteredWasteType", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, TypePath),
    responses((status = 200, description = "The kind.", body = TypeView)))]
#[get("/v1/municipalities/{municipality}/admin/waste-types/{waste_type}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TypePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let kind = service::get_type(&**store, &ctx, path.waste_type).await?;
    let tag = EntityTag::version(kind.version);
    Ok(read(&TypeView::from(kind), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a kind of waste
#[utoipa::path(tag = "register", operation_id = "patchWasteType", security(("bearer" = [])),
    params(TownPath, TypePath, IfMatchParams),
    request_body(content = PatchWasteType, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The kind now.", body = TypeView)))]
#[patch("/v1/municipalities/{municipality}/admin/waste-types/{waste_type}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TypePath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchWasteType>,
) -> Result<HttpResponse, Problem> {
    let PatchWasteType { names, words, position } = body.value;
    let change = TypeChange { names, words, position };
    let kind = service::change_type(&**store, &ctx, path.waste_type, version, change).await?;
    Ok(changed(kind.version, &TypeView::from(kind)))
}

/// Delete a kind of waste
///
/// Refused while collections or somebody's reminders are of it.
#[utoipa::path(tag = "register", operation_id = "deleteWasteType", security(("bearer" = [])),
    params(TownPath, TypePath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/waste-types/{waste_type}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TypePath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove_type(&**store, &ctx, path.waste_type, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
