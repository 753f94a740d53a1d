//! Rules that say which department a complaint belongs to, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Locale, Store,
    ids::RoutingRuleId,
    page::{Page, Position},
    routing::{
        Actions, ConditionTree, Rule,
        service::{self, NewRule, RuleChange},
    },
    text::Name,
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
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(create).service(show).service(change).service(remove);
}

/// The part of a path that names a rule.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct RulePath {
    /// The rule.
    #[param(value_type = uuid::Uuid)]
    rule: RoutingRuleId,
}

/// A rule to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Gefährlicher Abfall", "condition": {"words": ["reifen", "asbest"]},
    "actions": {"department": "019a8f3e-7c11-7d2b-9a52-3f1f0f2a6c01", "priority": "high"},
}))]
struct NewRoutingRule {
    /// What the town hall calls it.
    name: Name,
    /// Its place in the order, lower first; last where absent.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// What it asks.
    condition: ConditionTree,
    /// What it does.
    actions: Actions,
    /// Whether it takes part; it does where absent.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// What changes about a rule. A condition and actions are replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchRoutingRule {
    /// What the town hall calls it.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// Its place in the order, lower first.
    #[schema(nullable = false, minimum = 0, maximum = 1_000_000, example = 10)]
    #[validate(range(min = 0, max = 1_000_000))]
    position: Option<i32>,
    /// What it asks.
    #[schema(nullable = false)]
    condition: Option<ConditionTree>,
    /// What it does.
    #[schema(nullable = false)]
    actions: Option<Actions>,
    /// Whether it takes part.
    #[schema(nullable = false)]
    active: Option<bool>,
}

/// A rule that says which department a complaint belongs to. The first that holds decides.
#[derive(Serialize, ToSchema)]
#[schema(as = RoutingRule)]
struct RuleView {
    /// Its identity.
    id: RoutingRuleId,
    /// What the town hall calls it.
    name: Name,
    /// Its place in the order, lower first.
    #[schema(example = 10)]
    position: i32,
    /// What it asks.
    condition: ConditionTree,
    /// What it does.
    actions: Actions,
    /// Whether it takes part.
    active: bool,
    /// Why it cannot be evaluated. Complaints it would place go to the default department.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    broken: Option<BrokenView>,
}

/// Why a rule cannot be evaluated.
#[derive(Serialize, ToSchema)]
#[schema(as = BrokenRule)]
struct BrokenView {
    /// Since when.
    since: DateTime<Utc>,
    /// What it can no longer rely on: `condition`, `area`, `category`, `department` or `assignee`.
    #[schema(max_length = 20, example = "assignee")]
    kind: String,
    /// The same in a few words, in the language asked for.
    #[schema(max_length = 120, example = "the responsible person no longer works here")]
    detail: String,
}

impl RuleView {
    fn new(rule: Rule, locale: Locale) -> Self {
        Self {
            id: rule.id,
            name: rule.name,
            position: rule.position,
            condition: rule.condition,
            actions: rule.actions,
            active: rule.active,
            broken: rule.broken.map(|broken| BrokenView {
                since: broken.since.trunc_subsecs(0),
                kind: broken.defect.kind.to_string(),
                detail: broken.defect.explain(locale).to_owned(),
            }),
        }
    }
}

/// In the order rules are tried.
fn position(rule: &Rule) -> Position {
    // Shifted so that text sorts as the numbers do.
    let order = i64::from(rule.position) - i64::from(i32::MIN);
    Position { key: format!("{order:010}"), id: rule.id.0 }
}

/// List the routing rules
///
/// In the order they are tried.
#[utoipa::path(tag = "register", operation_id = "listRoutingRules", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "Rules in their order.", body = Listed<RuleView>)))]
#[get("/v1/municipalities/{municipality}/admin/routing-rules")]
async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(|rule| RuleView::new(rule, ctx.locale)))
}

/// Add a routing rule
///
/// Refused where it names a department, area, category or person that is not there.
#[utoipa::path(tag = "register", operation_id = "createRoutingRule", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewRoutingRule,
    responses((status = 201, description = "The rule.", body = RuleView)))]
#[post("/v1/municipalities/{municipality}/admin/routing-rules")]
async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewRoutingRule>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewRoutingRule { name, position, condition, actions, active } = body.value;
    let new = NewRule { name, position, condition, actions, active: active.unwrap_or(true) };
    let answer = |rule: &Rule| {
        let place = format!("/v1/municipalities/{}/admin/routing-rules/{}", path.municipality, rule.id);
        Ok(Answer::created(place, &RuleView::new(rule.clone(), ctx.locale))?.versioned(rule.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Show a routing rule
#[utoipa::path(tag = "register", operation_id = "getRoutingRule", security(("bearer" = [])),
    params(TownPath, RulePath),
    responses((status = 200, description = "The rule.", body = RuleView)))]
#[get("/v1/municipalities/{municipality}/admin/routing-rules/{rule}")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<RulePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let rule = service::get(store.as_ref(), &ctx, path.rule).await?;
    let tag = EntityTag::version(rule.version);
    Ok(read(&RuleView::new(rule, ctx.locale), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a routing rule
///
/// Another position moves it. A broken rule that can be evaluated again counts as whole.
#[utoipa::path(tag = "register", operation_id = "patchRoutingRule", security(("bearer" = [])),
    params(TownPath, RulePath, IfMatchParams),
    request_body(content = PatchRoutingRule, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The rule now.", body = RuleView)))]
#[patch("/v1/municipalities/{municipality}/admin/routing-rules/{rule}")]
async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<RulePath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchRoutingRule>,
) -> Result<HttpResponse, Problem> {
    let PatchRoutingRule { name, position, condition, actions, active } = body.value;
    let change = RuleChange { name, position, condition, actions, active };
    let rule = service::change(store.as_ref(), &ctx, path.rule, version, change).await?;
    Ok(changed(rule.version, &RuleView::new(rule, ctx.locale)))
}

/// Delete a routing rule
#[utoipa::path(tag = "register", operation_id = "deleteRoutingRule", security(("bearer" = [])),
    params(TownPath, RulePath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/admin/routing-rules/{rule}")]
async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<RulePath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.rule, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
