//! What somebody who is represented is reminded of: the bins, by a call to the landline.

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Path},
};
use domain::{
    Code, Store,
    waste::service::{
        choose_ward_reminders, choose_ward_reminders_by_staff, get_ward_reminders,
        get_ward_reminders_by_staff,
    },
};
use utoipa_actix_web::service_config::ServiceConfig;

use super::mine::WardPath;
use crate::{
    auth::{PersonActor, StaffActor},
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, ValidJson},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read, written},
    waste::{PutWasteReminders, RemindersView},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(choose)
        .service(show)
        .service(end)
        .service(choose_by_staff)
        .service(show_to_staff)
        .service(end_by_staff);
}

/// Choose what somebody one represents is reminded of
///
/// Replaces all reminders for the address of the ward: which kind of waste, how many days before, at what time on
/// the town's clocks, by which way. It must be one that is chosen in `channels.notice` of the ward: their landline
/// is called where that is `voice`. Nothing is told before they agreed.
#[utoipa::path(tag = "wards", operation_id = "putWardWasteReminders", request_body = PutWasteReminders,
    security(("bearer" = [])), params(WardPath),
    responses((status = 200, description = "What is chosen now.", body = RemindersView)))]
#[put("/v1/me/wards/{ward}/waste-reminders")]
async fn choose(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    body: ValidJson<PutWasteReminders>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let chosen = choose_ward_reminders(&**store, &ctx, path.ward, body.value.read()?).await?;
    let answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(RemindersView::from(chosen));
    Ok(answer)
}

/// Show what somebody one represents is reminded of
#[utoipa::path(tag = "wards", operation_id = "getWardWasteReminders", security(("bearer" = [])), params(WardPath),
    responses((status = 200, description = "What is chosen.", body = RemindersView)))]
#[get("/v1/me/wards/{ward}/waste-reminders")]
async fn show(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let view = RemindersView::from(get_ward_reminders(&**store, &ctx, path.ward).await?);
    let body = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    let tag = EntityTag::content(&body);
    Ok(written(body.into(), tag, &seen, ctx.locale, Caching::Private))
}

/// Have somebody one represents reminded of nothing any more
#[utoipa::path(tag = "wards", operation_id = "deleteWardWasteReminders", security(("bearer" = [])),
    params(WardPath), responses((status = 204, description = "There are no reminders.")))]
#[delete("/v1/me/wards/{ward}/waste-reminders")]
async fn end(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    choose_ward_reminders(&**store, &ctx, path.ward, Vec::new()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Choose what a ward is reminded of
///
/// As they told the town hall. Replaces all reminders for the address of the ward, each by a way that is chosen in
/// their `channels.notice`. Part of the ward: its version rises.
#[utoipa::path(tag = "wards", operation_id = "putStaffWardWasteReminders", request_body = PutWasteReminders,
    security(("bearer" = [])), params(TownPath, WardPath, IfMatchParams),
    responses((status = 200, description = "What is chosen now.", body = RemindersView)))]
#[put("/v1/municipalities/{municipality}/staff/wards/{ward}/waste-reminders")]
async fn choose_by_staff(
    StaffActor(ctx): StaffActor,
    path: Path<WardPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PutWasteReminders>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let (which, new) = ((path.ward, version), body.value.read()?);
    let (chosen, version) = choose_ward_reminders_by_staff(&**store, &ctx, which, new).await?;
    Ok(changed(version, &RemindersView::from(chosen)))
}

/// Show what a ward is reminded of
#[utoipa::path(tag = "wards", operation_id = "getStaffWardWasteReminders", security(("bearer" = [])),
    params(TownPath, WardPath),
    responses((status = 200, description = "What is chosen.", body = RemindersView)))]
#[get("/v1/municipalities/{municipality}/staff/wards/{ward}/waste-reminders")]
async fn show_to_staff(
    StaffActor(ctx): StaffActor,
    path: Path<WardPath>,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let (chosen, version) = get_ward_reminders_by_staff(&**store, &ctx, path.ward).await?;
    let tag = EntityTag::version(version);
    Ok(read(&RemindersView::from(chosen), tag, &seen, ctx.locale, Caching::Private))
}

/// Have a ward reminded of nothing any more
#[utoipa::path(tag = "wards", operation_id = "deleteStaffWardWasteReminders", security(("bearer" = [])),
    params(TownPath, WardPath, IfMatchParams),
    responses((status = 204, description = "There are no reminders.")))]
#[delete("/v1/municipalities/{municipality}/staff/wards/{ward}/waste-reminders")]
async fn end_by_staff(
    StaffActor(ctx): StaffActor,
    path: Path<WardPath>,
    IfMatch(version): IfMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    choose_ward_reminders_by_staff(&**store, &ctx, (path.ward, version), Vec::new()).await?;
    Ok(HttpResponse::NoContent().finish())
}
