//! The town hall's form for people without a smartphone: search, add, change, end.

use actix_web::{
    HttpResponse, delete, get, post, put,
    web::{Data, Path},
};
use domain::{
    Store,
    consents::Means,
    text::Query as SearchText,
    wards::service::{self, Reason, Shown},
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    body::{StaffWard, TownMeans},
    mine::WardPath,
    view::{WardEntry, WardView},
};
use crate::{
    auth::StaffActor,
    config::Config,
    extract::{
        EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson, ValidQuery,
    },
    follows::offered,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(register).service(show).service(change).service(end);
}

/// Which wards.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WardFilter {
    /// Part of the name, or a whole number or e-mail address, however it is written.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100, example = "Muster")]
    q: Option<SearchText>,
}

/// How the end was told.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EndedBy {
    /// On paper, by telephone or in person.
    #[param(required = false, nullable = false, value_type = TownMeans, inline)]
    means: Option<TownMeans>,
    /// Whether they said no themselves, as is assumed where absent: then nobody else may have them asked for 180
    /// days. `false` where it ends for another reason, such as a move.
    #[param(required = false, nullable = false, value_type = bool)]
    said_no: Option<bool>,
}

/// Search the town hall's wards
///
/// By name; those a search text fits.
#[utoipa::path(tag = "wards", operation_id = "listStaffWards", security(("bearer" = [])),
    params(TownPath, PageParams, WardFilter),
    responses((status = 200, description = "Wards by name.", body = Listed<WardEntry>)))]
#[get("/v1/municipalities/{municipality}/staff/wards")]
async fn list(
    StaffActor(ctx): StaffActor,
    store: Data<dyn Store>,
    query: PageQuery<WardFilter>,
) -> Result<HttpResponse, Problem> {
    let page = service::list(&**store, &ctx, query.filter.q.as_ref(), &query.request).await?;
    query.answer(page.map(WardEntry::from))
}

/// Register somebody who agreed
///
/// On paper, by telephone or in person. They are told by call, text message or e-mail, and can leave.
#[utoipa::path(tag = "wards", operation_id = "createStaffWard", request_body = StaffWard,
    security(("bearer" = [])), params(TownPath, IdempotencyParams),
    responses((status = 201, description = "The ward.", body = WardView)))]
#[post("/v1/municipalities/{municipality}/staff/wards")]
async fn register(
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    idempotency: Idempotency,
    body: ValidJson<StaffWard>,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let new = body.value.read()?;
    super::paid(&config, &new.0.choice)?;
    let offered = offered(&config);
    let answer = |shown: &Shown| {
        let place = format!("/v1/municipalities/{}/staff/wards/{}", shown.town.slug, shown.ward.person);
        Ok(Answer::created(place, &WardView::from(shown.clone()))?.versioned(shown.ward.version))
    };
    request
        .answer(&answer, async |once| {
            service::register_by_staff(&**store, &ctx, &town, new, &offered, once).await
        })
        .await
}

/// Show a ward
#[utoipa::path(tag = "wards", operation_id = "getStaffWard", security(("bearer" = [])),
    params(TownPath, WardPath),
    responses((status = 200, description = "The ward.", body = WardView)))]
#[get("/v1/municipalities/{municipality}/staff/wards/{ward}")]
async fn show(
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<WardPath>,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let shown = service::look(&**store, &ctx, &town, path.ward).await?;
    let tag = EntityTag::version(shown.ward.version);
    Ok(read(&WardView::from(shown), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a ward
///
/// Replaces name, contact data, choice and papers as a whole.
#[utoipa::path(tag = "wards", operation_id = "putStaffWard", request_body = StaffWard,
    security(("bearer" = [])),
    params(TownPath, WardPath, IfMatchParams),
    responses((status = 200, description = "The ward now.", body = WardView)))]
#[put("/v1/municipalities/{municipality}/staff/wards/{ward}")]
async fn change(
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    path: Path<WardPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<StaffWard>,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.read()?;
    super::paid(&config, &new.0.choice)?;
    let which = (path.ward, version);
    let shown = service::change_by_staff(&**store, &ctx, &town, which, new, &offered(&config)).await?;
    Ok(changed(shown.ward.version, &WardView::from(shown)))
}

/// End a ward's registration
///
/// They told the town hall, or somebody who represents them did. Nothing is sent from now on.
#[utoipa::path(tag = "wards", operation_id = "deleteStaffWard", security(("bearer" = [])),
    params(TownPath, WardPath, EndedBy, IfMatchParams),
    responses((status = 204, description = "It is over.")))]
#[delete("/v1/municipalities/{municipality}/staff/wards/{ward}")]
async fn end(
    StaffActor(ctx): StaffActor,
    path: Path<WardPath>,
    told: ValidQuery<EndedBy>,
    IfMatch(version): IfMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let means = told.means.map_or(Means::Phone, Means::from);
    let reason = if told.said_no.unwrap_or(true) { Reason::SaidNo } else { Reason::Other };
    service::end_by_staff(&**store, &ctx, (path.ward, version), (means, reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
