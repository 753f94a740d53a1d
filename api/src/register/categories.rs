//! Kinds of complaint, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    categories::{
        Category, Names,
        service::{self, CategoryChange, NewCategory},
    },
    complaints::promise::Promise,
    ids::CategoryId,
    page::Page,
    text::Slug,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    categories::position,
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

/// The part of a path that names a category.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct CategoryPath {
    /// The category.
    #[param(value_type = uuid::Uuid)]
    category: CategoryId,
}

/// A kind of complaint to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCategory)]
struct NewBody {
    /// What apps send. Never changes.
    code: Slug,
    /// What people read.
    names: Names,
    /// Its place in lists, lower first; last where absent.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// What the town hall promises.
    promise: Promise,
    /// Whether title, state and coarse place of such reports are public; not where absent.
    #[serde(default)]
    public: bool,
    /// Whether it may be reported without an account; not where absent.
    #[serde(default)]
    accepts_guests: bool,
    /// Whether it may be reported without any contact; not where absent.
    #[serde(default)]
    accepts_anonymous: bool,
    /// Within how many metres reports may be the same; 50 where absent, and 0 looks for none.
    #[serde(default = "near")]
    #[schema(minimum = 0, maximum = 1_000, example = 50)]
    #[validate(range(max = 1_000))]
    duplicate_radius_m: u32,
    /// Whether it can be reported now; it can where absent.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// Metres within which reports of the same kind are often the same.
fn near() -> u32 {
    50
}

/// What changes about a kind of complaint. Names and promise are replaced as a whole; what was
/// promised for a complaint stays.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchCategory {
    /// What people read.
    #[schema(nullable = false)]
    names: Option<Names>,
    /// Its place in lists, lower first.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// What the town hall promises.
    #[schema(nullable = false)]
    promise: Option<Promise>,
    /// Whether title, state and coarse place of such reports are public.
    #[schema(nullable = false)]
    public: Option<bool>,
    /// Whether it may be reported without an account.
    #[schema(nullable = false)]
    accepts_guests: Option<bool>,
    /// Whether it may be reported without any contact.
    #[schema(nullable = false)]
    accepts_anonymous: Option<bool>,
    /// Within how many metres reports may be the same; 0 looks for none.
    #[schema(nullable = false, minimum = 0, maximum = 1_000, example = 50)]
    #[validate(range(max = 1_000))]
    duplicate_radius_m: Option<u32>,
    /// Whether it can be reported now.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A kind of complaint, as its staff sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegisteredCategory)]
struct CategoryView {
    /// Its identity.
    id: CategoryId,
    /// What apps send. Never changes.
    code: Slug,
    /// What people read.
    names: Names,
    /// Its place in lists, lower first.
    #[schema(example = 10)]
    position: i32,
    /// What the town hall promises.
    promise: Promise,
    /// Whether title, state and coarse place of such reports are public.
    public: bool,
    /// Whether it may be reported without an account.
    accepts_guests: bool,
    /// Whether it may be reported without any contact.
    accepts_anonymous: bool,
    /// Within how many metres reports may be the same; 0 looks for none.
    #[schema(example = 50)]
    duplicate_radius_m: u32,
    /// Whether it can be reported now.
    active: bool,
}

impl From<Category> for CategoryView {
    fn from(category: Category) -> Self {
        Self {
            id: category.id,
            code: category.code,
            names: category.names,
            position: category.position,
            promise: category.promise,
            public: category.is_public,
            accepts_guests: category.accepts_guests,
            accepts_anonymous: category.accepts_anonymous,
            duplicate_radius_m: category.duplicate_radius_m,
            active: category.active,
        }
    }
}

fn checked(promise: Promise) -> Result<Promise, Problem> {
    Promise::parse(promise.first_answer_days, promise.solution_days)
        .map_err(|code| Problem::invalid("/promise", code))
}

/// List the kinds of complaint, those switched off too
#[utoipa::path(tag = "register", operation_id = "listRegisteredCategories", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, PageParams),
    responses((status = 200, description = "In the town hall's order.", body = Listed<CategoryView>)))]
#[get("/v1/municipalities/{municipality}/admin/categories")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(CategoryView::from))
}

/// Add a category
#[utoipa::path(tag = "register", operation_id = "createCategory", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The category.", body = CategoryView)))]
#[post("/v1/municipalities/{municipality}/admin/categories")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let new = body.value;
    let new = NewCategory {
        code: new.code,
        names: new.names,
        position: new.position,
        promise: checked(new.promise)?,
        is_public: new.public,
        accepts_guests: new.accepts_guests,
        accepts_anonymous: new.accepts_anonymous,
        duplicate_radius_m: new.duplicate_radius_m,
        active: new.active.unwrap_or(true),
    };
    let answer = |category: &Category| {
        let place = format!("/v1/municipalities/{}/admin/categories/{}", path.municipality, category.id);
        Ok(Answer::created(place, &CategoryView::from(category.clone()))?.versioned(category.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a category
#[utoipa::path(tag = "register", operation_id = "getRegisteredCategory", security(("bearer" = []), ("api_key" = ["register.read"])),
    params(TownPath, CategoryPath),
    responses((status = 200, description = "The category.", body = CategoryView)))]
#[get("/v1/municipalities/{municipality}/admin/categories/{category}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CategoryPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let category = service::get(store.as_ref(), &ctx, path.category).await?;
    let tag = EntityTag::version(category.version);
    Ok(read(&CategoryView::from(category), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a category
#[utoipa::path(tag = "register", operation_id = "patchCategory", security(("bearer" = [])),
    params(TownPath, CategoryPath, IfMatchParams),
    request_body(content = PatchCategory, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The category now.", body = CategoryView)))]
#[patch("/v1/municipalities/{municipality}/admin/categories/{category}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CategoryPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchCategory>,
) -> Result<HttpResponse, Problem> {
    let patch = body.value;
    let change = CategoryChange {
        names: patch.names,
        position: patch.position,
        promise: patch.promise.map(checked).transpose()?,
        is_public: patch.public,
        accepts_guests: patch.accepts_guests,
        accepts_anonymous: patch.accepts_anonymous,
        duplicate_radius_m: patch.duplicate_radius_m,
        active: patch.active,
    };
    let category = service::change(store.as_ref(), &ctx, path.category, version, change).await?;
    Ok(changed(category.version, &CategoryView::from(category)))
}

/// Delete a category
///
/// Refused while rules name it or complaints are of it; it can be switched off then.
#[utoipa::path(tag = "register", operation_id = "deleteCategory", security(("bearer" = [])),
    params(TownPath, CategoryPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/categories/{category}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<CategoryPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.category, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
