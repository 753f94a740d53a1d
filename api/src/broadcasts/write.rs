//! Writing broadcasts.

use actix_web::{
    HttpResponse, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    broadcasts::{Broadcast, BroadcastState, service},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    BroadcastPath,
    body::{NewBroadcast, PatchBroadcast},
    view::BroadcastView,
};
use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// Which broadcasts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BroadcastFilter {
    /// Only in this state.
    #[param(required = false, nullable = false, inline, value_type = BroadcastState)]
    state: Option<BroadcastState>,
}

/// List the broadcasts
///
/// The newest first.
#[utoipa::path(tag = "broadcasts", operation_id = "listBroadcasts", security(("bearer" = [])),
    params(TownPath, PageParams, BroadcastFilter),
    responses((status = 200, description = "Broadcasts.", body = Listed<BroadcastView>)))]
#[get("/v1/municipalities/{municipality}/staff/broadcasts")]
pub async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery<BroadcastFilter>,
) -> Result<HttpResponse, Problem> {
    let page = service::list(store.as_ref(), &ctx, query.filter.state, &query.request).await?;
    query.answer(page.map(BroadcastView::from))
}

/// Write a broadcast
///
/// A draft: nothing of it is sent before it was submitted and approved.
#[utoipa::path(tag = "broadcasts", operation_id = "createBroadcast", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBroadcast,
    responses((status = 201, description = "The draft.", body = BroadcastView)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts")]
pub async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBroadcast>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let draft = body.value.into();
    let answer = |broadcast: &Broadcast| {
        let place = format!("/v1/municipalities/{}/staff/broadcasts/{}", path.municipality, broadcast.id);
        Ok(Answer::created(place, &BroadcastView::from(broadcast.clone()))?.versioned(broadcast.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, draft, once).await).await
}

/// Read a broadcast
#[utoipa::path(tag = "broadcasts", operation_id = "getBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath),
    responses((status = 200, description = "The broadcast.", body = BroadcastView)))]
#[get("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}")]
pub async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let broadcast = service::get(store.as_ref(), &ctx, path.broadcast).await?;
    let tag = EntityTag::version(broadcast.version);
    Ok(read(&BroadcastView::from(broadcast), tag, &seen, ctx.locale, Caching::Private))
}

/// Edit a draft
///
/// Refused once it was submitted: others approve what they saw.
#[utoipa::path(tag = "broadcasts", operation_id = "patchBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath, IfMatchParams),
    request_body(content = PatchBroadcast, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The draft now.", body = BroadcastView)))]
#[patch("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}")]
pub async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchBroadcast>,
) -> Result<HttpResponse, Problem> {
    let change = body.value.into();
    let broadcast = service::change(store.as_ref(), &ctx, path.broadcast, version, change).await?;
    Ok(answered(broadcast))
}

/// A broadcast after a step.
pub(super) fn answered(broadcast: Broadcast) -> HttpResponse {
    changed(broadcast.version, &BroadcastView::from(broadcast))
}
