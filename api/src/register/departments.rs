//! Departments, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    ids::DepartmentId,
    municipalities::{
        Department,
        service::departments::{self as service, DepartmentChange, NewDepartment},
    },
    page::{Page, Position},
    text::{EmailAddress, Name},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{
        Change, EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson,
    },
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a department.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct DepartmentPath {
    /// The department.
    #[param(value_type = uuid::Uuid)]
    department: DepartmentId,
}

/// A department to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDepartment)]
struct NewBody {
    /// Its name.
    name: Name,
    /// Where its mail goes; without one its staff see complaints in the inbox only.
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// Who is told when a promise passes.
    #[schema(nullable = false)]
    lead_email: Option<EmailAddress>,
}

/// What changes about a department.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchDepartment {
    /// Its name.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// Where its mail goes; null for nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email", min_length = 3, max_length = 254, example = "ordnungsamt@example.org")]
    email: Change<EmailAddress>,
    /// Who is told when a promise passes; null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email", min_length = 3, max_length = 254, example = "leitung@example.org")]
    lead_email: Change<EmailAddress>,
    /// True makes it the one that gets what no rule places, instead of the one before.
    #[schema(nullable = false)]
    is_default: Option<bool>,
}

/// A desk complaints are routed to.
#[derive(Serialize, ToSchema)]
#[schema(as = Department)]
struct DepartmentView {
    /// Its identity.
    id: DepartmentId,
    /// Its name.
    name: Name,
    /// Where its mail goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// Who is told when a promise passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lead_email: Option<EmailAddress>,
    /// Whether it gets what no rule places. Exactly one does.
    is_default: bool,
}

impl From<Department> for DepartmentView {
    fn from(department: Department) -> Self {
        let Department { id, name, email, lead_email, is_default, version: _ } = department;
        Self { id, name, email, lead_email, is_default }
    }
}

/// By name.
fn position(department: &Department) -> Position {
    Position { key: department.name.to_string(), id: department.id.0 }
}

/// List the departments
#[utoipa::path(tag = "register", operation_id = "listDepartments", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Departments by name.", body = Listed<DepartmentView>)))]
#[get("/v1/municipalities/{municipality}/admin/departments")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(DepartmentView::from))
}

/// Add a department
#[utoipa::path(tag = "register", operation_id = "createDepartment", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The department.", body = DepartmentView)))]
#[post("/v1/municipalities/{municipality}/admin/departments")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, email, lead_email } = body.value;
    let new = NewDepartment { name, email, lead_email };
    let answer = |department: &Department| {
        let place = format!("/v1/municipalities/{}/admin/departments/{}", path.municipality, department.id);
        Ok(Answer::created(place, &DepartmentView::from(department.clone()))?.versioned(department.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a department
#[utoipa::path(tag = "register", operation_id = "getDepartment", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, DepartmentPath),
    responses((status = 200, description = "The department.", body = DepartmentView)))]
#[get("/v1/municipalities/{municipality}/admin/departments/{department}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<DepartmentPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let department = service::get(store.as_ref(), &ctx, path.department).await?;
    let tag = EntityTag::version(department.version);
    Ok(read(&DepartmentView::from(department), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a department
///
/// The default department stays the default until another one becomes it.
#[utoipa::path(tag = "register", operation_id = "patchDepartment", security(("bearer" = [])),
    params(TownPath, DepartmentPath, IfMatchParams),
    request_body(content = PatchDepartment, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The department now.", body = DepartmentView)))]
#[patch("/v1/municipalities/{municipality}/admin/departments/{department}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<DepartmentPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchDepartment>,
) -> Result<HttpResponse, Problem> {
    let change = DepartmentChange {
        name: body.value.name,
        email: body.value.email.wanted(),
        lead_email: body.value.lead_email.wanted(),
        is_default: body.value.is_default,
    };
    let department = service::change(store.as_ref(), &ctx, path.department, version, change).await?;
    Ok(changed(department.version, &DepartmentView::from(department)))
}

/// Delete a department
///
/// Refused for the default department, and while rules or complaints name it.
#[utoipa::path(tag = "register", operation_id = "deleteDepartment", security(("bearer" = [])),
    params(TownPath, DepartmentPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/departments/{department}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<DepartmentPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.department, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
