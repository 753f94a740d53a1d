//! A town hall's staff, as its admins keep it.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Ctx, Store,
    citizens::{CodePurpose, code::INVITATION_LIFE, service::NewCode},
    context,
    ids::{CategoryId, DepartmentId, StaffId},
    page::{Page, Position},
    staff::{
        Member, Role, invitation,
        roster::{self as service, MemberChange},
        team::NewMember,
    },
    text::{EmailAddress, Name},
};
use infrastructure::secrets::Secrets;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::{Gate, StaffActor},
    config::Config,
    extract::{
        EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, Moment, PageParams, PageQuery, ValidJson,
    },
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
    sessions::{CodeRequested, Wanted, new_code},
    time::Time,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove).service(invite);
}

/// The part of a path that names somebody of the staff.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct MemberPath {
    /// The member of staff.
    #[param(value_type = uuid::Uuid)]
    staff: StaffId,
}

/// Somebody who starts to work in the town hall.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMember)]
struct NewBody {
    /// Their name, for colleagues only.
    #[schema(example = "Ada Beispiel")]
    name: Name,
    /// The address they sign in with and the invitation goes to.
    email: EmailAddress,
    /// What they may do.
    role: Role,
    /// The departments they work in; none where absent.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 100)]
    #[validate(length(max = 100))]
    departments: Vec<DepartmentId>,
    /// The kinds of complaints they are limited to; all where absent.
    #[serde(default)]
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 100)]
    #[validate(length(max = 100))]
    categories: Vec<CategoryId>,
}

/// What changes about somebody of the staff.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchMember {
    /// Their name, for colleagues only.
    #[schema(nullable = false, example = "Ada Beispiel")]
    name: Option<Name>,
    /// What they may do.
    #[schema(nullable = false)]
    role: Option<Role>,
    /// The departments they work in, all of them.
    #[schema(nullable = false, value_type = Vec<uuid::Uuid>, required = false, max_items = 100)]
    #[validate(length(max = 100))]
    departments: Option<Vec<DepartmentId>>,
    /// The kinds of complaints they are limited to, all of them; empty for no limit.
    #[schema(nullable = false, value_type = Vec<uuid::Uuid>, required = false, max_items = 100)]
    #[validate(length(max = 100))]
    categories: Option<Vec<CategoryId>>,
    /// Whether they work here. False locks them out at once.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// Somebody of the staff.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
struct MemberView {
    /// Their identity in this town hall.
    id: StaffId,
    /// Their name, for colleagues only.
    #[schema(example = "Ada Beispiel")]
    name: Name,
    /// The address they sign in with.
    email: EmailAddress,
    /// What they may do: `admin`, `editor`, `lead`, `clerk` or `auditor`.
    #[schema(max_length = 16, example = "clerk")]
    role: String,
    /// The departments they work in.
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 100)]
    departments: Vec<DepartmentId>,
    /// The kinds of complaints they are limited to; all where there are none.
    #[schema(value_type = Vec<uuid::Uuid>, max_items = 100)]
    categories: Vec<CategoryId>,
    /// Whether they work here.
    active: bool,
    /// When they were last here, to ten minutes; in lists only, and absent where they never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_used_at: Option<Time>,
}

impl From<Member> for MemberView {
    fn from(member: Member) -> Self {
        let Member { id, name, email, role, mut departments, mut categories, active, .. } = member;
        departments.sort_unstable();
        categories.sort_unstable();
        Self { id, name, email, role: role.to_string(), departments, categories, active, last_used_at: None }
    }
}

impl MemberView {
    /// In a list. Being here changes no version, so what has one does not show it.
    fn listed(member: Member) -> Self {
        let last_used_at = member.last_used_at.map(Time::from);
        Self { last_used_at, ..member.into() }
    }
}

/// By name.
fn position(member: &Member) -> Position {
    Position { key: member.name.to_string(), id: member.id.0 }
}

/// List the staff, those who no longer work here too
#[utoipa::path(tag = "register", operation_id = "listStaff", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "The staff by name.", body = Listed<MemberView>)))]
#[get("/v1/municipalities/{municipality}/admin/staff")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(MemberView::listed))
}

/// Add somebody to the staff
///
/// A letter invites them to set a password, with a code that is good once and for seven days. Whoever
/// has a password already, from another town hall, may keep it.
#[utoipa::path(tag = "register", operation_id = "createMember", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The member of staff.", body = MemberView)))]
#[post("/v1/municipalities/{municipality}/admin/staff")]
#[expect(clippy::too_many_arguments, reason = "each says what the answer depends on")]
async fn create(
    store: Data<dyn Store>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    StaffActor(ctx): StaffActor,
    moment: Moment,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, email, role, departments, categories } = body.value;
    // Before the letter is made: whoever may not invite learns nothing of the mail server.
    ctx.require(context::Permission::ManageStaff)?;
    let letter = letter(&ctx, &config, &secrets, &moment, &email)?;
    let new = NewMember { name, email, role, departments, categories };
    let answer = |member: &Member| {
        let place = format!("/v1/municipalities/{}/admin/staff/{}", path.municipality, member.id);
        Ok(Answer::created(place, &MemberView::from(member.clone()))?.versioned(member.version))
    };
    request.answer(&answer, async |once| service::invite(store.as_ref(), &ctx, new, letter, once).await).await
}

/// Show somebody of the staff
#[utoipa::path(tag = "register", operation_id = "getMember", security(("bearer" = [])),
    params(TownPath, MemberPath),
    responses((status = 200, description = "The member of staff.", body = MemberView)))]
#[get("/v1/municipalities/{municipality}/admin/staff/{staff}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<MemberPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let member = service::get(store.as_ref(), &ctx, path.staff).await?;
    let tag = EntityTag::version(member.version);
    Ok(read(&MemberView::from(member), tag, &seen, ctx.locale, Caching::Private))
}

/// Change somebody of the staff
///
/// Another role counts at once. With `"active": false` they are locked out, and their sessions end unless
/// another town hall employs them too. At least one active admin stays. A rule that names somebody who is not active counts as broken: its
/// complaints go to the default department, and the admins are told.
#[utoipa::path(tag = "register", operation_id = "patchMember", security(("bearer" = [])),
    params(TownPath, MemberPath, IfMatchParams),
    request_body(content = PatchMember, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The member of staff now.", body = MemberView)))]
#[patch("/v1/municipalities/{municipality}/admin/staff/{staff}")]
async fn change(
    store: Data<dyn Store>,
    gate: Data<Gate>,
    StaffActor(ctx): StaffActor,
    path: Path<MemberPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchMember>,
) -> Result<HttpResponse, Problem> {
    let PatchMember { name, role, departments, categories, active } = body.value;
    let change = MemberChange { name, role, departments, categories, active };
    let member = service::change(store.as_ref(), &ctx, path.staff, version, change).await?;
    gate.forget();
    Ok(changed(member.version, &MemberView::from(member)))
}

/// Remove somebody from the staff
///
/// For who was added by mistake. Refused while rules or complaints name them: send `"active": false`
/// instead.
#[utoipa::path(tag = "register", operation_id = "deleteMember", security(("bearer" = [])),
    params(TownPath, MemberPath, IfMatchParams),
    responses((status = 204, description = "They are gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/staff/{staff}")]
async fn remove(
    store: Data<dyn Store>,
    gate: Data<Gate>,
    StaffActor(ctx): StaffActor,
    path: Path<MemberPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.staff, version).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().finish())
}

/// Send another invitation
///
/// For a letter that was lost or too old, and for a lost password. It replaces any earlier one; the
/// password in use stays until the invitation is accepted.
#[utoipa::path(tag = "register", operation_id = "inviteMember", security(("bearer" = [])),
    params(TownPath, MemberPath),
    responses((status = 202, description = "The letter is on its way.", body = CodeRequested)))]
#[post("/v1/municipalities/{municipality}/admin/staff/{staff}/invitations")]
async fn invite(
    store: Data<dyn Store>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    StaffActor(ctx): StaffActor,
    moment: Moment,
    path: Path<MemberPath>,
) -> Result<HttpResponse, Problem> {
    // Looked up first, since the code is bound to the address.
    let member = service::get(store.as_ref(), &ctx, path.staff).await?;
    let letter = letter(&ctx, &config, &secrets, &moment, &member.email)?;
    invitation::send_again(store.as_ref(), &ctx, path.staff, letter).await?;
    Ok(CodeRequested::accepted(INVITATION_LIFE))
}

fn letter(
    ctx: &Ctx<context::Staff>,
    config: &Config,
    secrets: &Secrets,
    moment: &Moment,
    email: &EmailAddress,
) -> domain::Result<NewCode> {
    let wanted = Wanted {
        purpose: CodePurpose::StaffInvitation,
        address: email.clone().into(),
        // The town hall's, which is looked up where the letter is stored.
        locale: ctx.locale,
        subject: None,
        bound_to: None,
        client: moment.client,
    };
    new_code(ctx, config, secrets, wanted)
}
