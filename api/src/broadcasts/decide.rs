//! Looking ahead, submitting, approving, calling back.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, broadcasts::service};

use super::{
    BroadcastPath,
    body::{ApproveBroadcast, TestBroadcast},
    view::{BroadcastPreview, BroadcastTest, BroadcastView},
    write::answered,
};
use crate::{
    auth::StaffActor,
    config::Config,
    extract::{IfMatch, IfMatchParams, ValidJson},
    municipalities::TownPath,
    problem::Problem,
};

/// Count whom a broadcast would reach
///
/// People and channels as they are now, how much of each channel's room the words take, and what is paid for.
/// Nothing is sent.
#[utoipa::path(tag = "broadcasts", operation_id = "previewBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath),
    responses((status = 200, description = "What sending it would mean.", body = BroadcastPreview)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/preview")]
pub async fn preview(
    store: Data<dyn Store>,
    config: Data<Config>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
) -> Result<HttpResponse, Problem> {
    let budget = config.sms.budget();
    let estimate = service::preview(store.as_ref(), &ctx, path.broadcast, budget).await?;
    Ok(HttpResponse::Ok().json(BroadcastPreview::new(estimate, config.broadcasts.usual_people)))
}

/// Send yourself a test
///
/// What residents would see, marked as a test, to phones and mailboxes of the staff named, or your own. Residents
/// get nothing, and nobody needs to approve it.
#[utoipa::path(tag = "broadcasts", operation_id = "testBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath), request_body = TestBroadcast,
    responses((status = 202, description = "It is on its way.", body = BroadcastTest)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/tests")]
pub async fn test(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    body: ValidJson<TestBroadcast>,
) -> Result<HttpResponse, Problem> {
    let contact_points = service::send_test(store.as_ref(), &ctx, path.broadcast, &body.value.staff).await?;
    Ok(HttpResponse::Accepted().json(BroadcastTest { contact_points }))
}

/// Submit a draft
///
/// From now on it can no longer be edited. Refused where it is for nobody, or where the words do not fit into a
/// channel that is used.
#[utoipa::path(tag = "broadcasts", operation_id = "submitBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath, IfMatchParams),
    responses((status = 200, description = "It waits to be approved.", body = BroadcastView)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/submit")]
pub async fn submit(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    Ok(answered(service::submit(store.as_ref(), &ctx, path.broadcast, version).await?))
}

/// Approve a broadcast
///
/// It is sent at its time, or now. A crisis is approved by somebody else than who submitted it, unless nobody
/// else can: `break_glass` says why. More people than usual need `confirm_people`.
#[utoipa::path(tag = "broadcasts", operation_id = "approveBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath, IfMatchParams),
    request_body = ApproveBroadcast,
    responses((status = 200, description = "It is on its way, or waits for its time.", body = BroadcastView)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/approve")]
pub async fn approve(
    store: Data<dyn Store>,
    config: Data<Config>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<ApproveBroadcast>,
) -> Result<HttpResponse, Problem> {
    let seen = (path.broadcast, version);
    let usual = config.broadcasts.usual_people;
    Ok(answered(service::approve(store.as_ref(), &ctx, seen, body.value.into(), usual).await?))
}

/// Call a broadcast back
///
/// Nothing of it leaves any more, whatever its state. What has left cannot be brought back: follow it up.
#[utoipa::path(tag = "broadcasts", operation_id = "cancelBroadcast", security(("bearer" = [])),
    params(TownPath, BroadcastPath),
    responses((status = 200, description = "It is stopped.", body = BroadcastView)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/cancel")]
pub async fn cancel(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
) -> Result<HttpResponse, Problem> {
    Ok(answered(service::cancel(store.as_ref(), &ctx, path.broadcast).await?))
}
