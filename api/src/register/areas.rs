//! Areas, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Code, Store,
    geo::{Geometry, MultiPolygon},
    ids::AreaId,
    municipalities::{
        Area, AreaKind,
        service::areas::{self as service, AreaChange, NewArea},
    },
    page::Page,
    text::{Name, Slug},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    areas::position,
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names an area.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct AreaPath {
    /// The area.
    #[param(value_type = uuid::Uuid)]
    area: AreaId,
}

/// An area to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewArea)]
struct NewBody {
    /// Names it in imports. Never changes.
    code: Slug,
    /// Its name for people.
    name: Name,
    /// What it is for.
    kind: AreaKind,
    /// Where it lies.
    geometry: Geometry,
}

/// What changes about an area. The geometry is replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchArea {
    /// Its name for people.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// What it is for.
    #[schema(nullable = false)]
    kind: Option<AreaKind>,
    /// Where it lies.
    #[schema(nullable = false)]
    geometry: Option<Geometry>,
}

/// A district or a service area, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredArea)]
struct AreaView {
    /// Its identity.
    id: AreaId,
    /// Names it in imports. Never changes.
    code: Slug,
    /// Its name for people.
    name: Name,
    /// `district`, where people say they live, or `service_area`, where somebody is responsible.
    #[schema(max_length = 20, example = "district")]
    kind: String,
    /// Where it lies.
    geometry: Geometry,
}

impl From<Area> for AreaView {
    fn from(area: Area) -> Self {
        Self {
            id: area.id,
            code: area.code,
            name: area.name,
            kind: area.kind.to_string(),
            geometry: area.geometry.geometry(),
        }
    }
}

fn polygons(geometry: &Geometry) -> Result<MultiPolygon, Problem> {
    MultiPolygon::parse(geometry).map_err(|code: Code| Problem::invalid("/geometry", code))
}

/// List the areas with their identities
#[utoipa::path(tag = "register", operation_id = "listRegisteredAreas", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Areas by name.", body = Listed<AreaView>)))]
#[get("/v1/municipalities/{municipality}/admin/areas")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(AreaView::from))
}

/// Add an area
#[utoipa::path(tag = "register", operation_id = "createArea", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The area.", body = AreaView)))]
#[post("/v1/municipalities/{municipality}/admin/areas")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { code, name, kind, geometry } = body.value;
    let new = NewArea { code, name, kind, geometry: polygons(&geometry)? };
    let answer = |area: &Area| {
        let place = format!("/v1/municipalities/{}/admin/areas/{}", path.municipality, area.id);
        Ok(Answer::created(place, &AreaView::from(area.clone()))?.versioned(area.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show an area
#[utoipa::path(tag = "register", operation_id = "getRegisteredArea", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, AreaPath),
    responses((status = 200, description = "The area.", body = AreaView)))]
#[get("/v1/municipalities/{municipality}/admin/areas/{area}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AreaPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let area = service::get(store.as_ref(), &ctx, path.area).await?;
    let tag = EntityTag::version(area.version);
    Ok(read(&AreaView::from(area), tag, &seen, ctx.locale, Caching::Private))
}

/// Change an area
#[utoipa::path(tag = "register", operation_id = "patchArea", security(("bearer" = [])),
    params(TownPath, AreaPath, IfMatchParams),
    request_body(content = PatchArea, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The area now.", body = AreaView)))]
#[patch("/v1/municipalities/{municipality}/admin/areas/{area}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AreaPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchArea>,
) -> Result<HttpResponse, Problem> {
    let PatchArea { name, kind, geometry } = body.value;
    let geometry = geometry.as_ref().map(polygons).transpose()?;
    let change = AreaChange { name, kind, geometry };
    let area = service::change(store.as_ref(), &ctx, path.area, version, change).await?;
    Ok(changed(area.version, &AreaView::from(area)))
}

/// Delete an area
///
/// Refused while rules name it or addresses lie in it.
#[utoipa::path(tag = "register", operation_id = "deleteArea", security(("bearer" = [])),
    params(TownPath, AreaPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/areas/{area}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<AreaPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.area, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
