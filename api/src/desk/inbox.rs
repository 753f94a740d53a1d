//! What staff see of complaints.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use domain::{
    Store,
    complaints::{Status, desk, desk::InboxQuery},
    ids::{DepartmentId, StaffId},
    page::{Page, Position},
    text::{Query as SearchText, Slug},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    ComplaintPath,
    view::{HistoryEntry, StaffComplaint, StaffComplaintEntry, entry},
};
use crate::{
    auth::StaffActor,
    complaints::Intakes,
    extract::{IfNoneMatch, Listed, PageParams, PageQuery},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, read},
};

/// Which complaints.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InboxFilter {
    /// Only in this state.
    #[param(required = false, nullable = false, inline, value_type = Status)]
    status: Option<Status>,
    /// Only of this department.
    #[param(required = false, nullable = false, value_type = uuid::Uuid)]
    department: Option<DepartmentId>,
    /// Only of this kind, by its code.
    #[param(required = false, nullable = false, value_type = String, max_length = 60, pattern = "^[a-z0-9-]+$")]
    category: Option<Slug>,
    /// Only with this member of staff.
    #[param(required = false, nullable = false, value_type = uuid::Uuid)]
    assignee: Option<StaffId>,
    /// Only those whose next promise has passed.
    #[param(required = false, nullable = false, value_type = bool)]
    overdue: Option<bool>,
    /// Only those whose reference, text or address contains this.
    #[param(required = false, nullable = false, value_type = String, min_length = 1, max_length = 100)]
    q: Option<SearchText>,
}

/// List the complaints of one's departments
///
/// The newest first. Those of other departments are left out, except for roles that see all.
#[utoipa::path(tag = "desk", operation_id = "listStaffComplaints", security(("bearer" = []), ("api_key" = ["complaints.read"])),
    params(TownPath, PageParams, InboxFilter),
    responses((status = 200, description = "Complaints.", body = Listed<StaffComplaintEntry>)))]
#[get("/v1/municipalities/{municipality}/staff/complaints")]
pub async fn list(
    store: Data<dyn Store>,
    intakes: Data<Intakes>,
    StaffActor(ctx): StaffActor,
    Town(town): Town,
    query: PageQuery<InboxFilter>,
) -> Result<HttpResponse, Problem> {
    let filter = &query.filter;
    let asked = InboxQuery {
        status: filter.status,
        department: filter.department,
        category: filter.category.clone(),
        assignee: filter.assignee,
        overdue: filter.overdue.unwrap_or_default(),
        q: filter.q.as_ref().map(|q| q.as_str().to_owned()),
    };
    let intake = intakes.of(&**store, town).await?;
    let page = desk::inbox(store.as_ref(), &ctx, &intake, asked, &query.request).await?;
    let (categories, departments) = (&intake.categories, &intake.departments);
    query.answer(page.map(|complaint| entry(complaint, categories, departments, ctx.now)))
}

/// Read a complaint as staff
#[utoipa::path(tag = "desk", operation_id = "getStaffComplaint", security(("bearer" = []), ("api_key" = ["complaints.read"])),
    params(TownPath, ComplaintPath),
    responses((status = 200, description = "The complaint; its `ETag` goes into `If-Match` of a change.", body = StaffComplaint)))]
#[get("/v1/municipalities/{municipality}/staff/complaints/{complaint}")]
pub async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let dossier = desk::show(store.as_ref(), &ctx, path.complaint).await?;
    let view = StaffComplaint::new(dossier, ctx.now);
    Ok(read(&view, view.tag()?, &seen, ctx.locale, Caching::Private))
}

/// Read what happened to a complaint
///
/// The oldest first, with what only the town hall reads.
#[utoipa::path(tag = "desk", operation_id = "listStaffComplaintHistory", security(("bearer" = []), ("api_key" = ["complaints.read"])),
    params(TownPath, ComplaintPath, PageParams),
    responses((status = 200, description = "The history.", body = Listed<HistoryEntry>)))]
#[get("/v1/municipalities/{municipality}/staff/complaints/{complaint}/history")]
pub async fn history(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let (steps, staff) = desk::inbox::history(store.as_ref(), &ctx, path.complaint).await?;
    let page = Page::of(steps, &query.request, |step| Position {
        key: step.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
        id: step.id.0,
    });
    query.answer(page.map(|step| HistoryEntry::new(step, &staff)))
}
