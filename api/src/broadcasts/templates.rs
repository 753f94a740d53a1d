//! Templates, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use chrono::{DateTime, SubsecRound, Utc};
use domain::{
    Store,
    broadcasts::{
        Placeholder, Template, TemplateBody, Texts,
        service::templates::{self as service, TemplateChange},
    },
    deliveries::Severity,
    ids::BroadcastTemplateId,
    page::{Page, Position},
    text::Name,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::body::BroadcastSeverity;
use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The part of a path that names a template.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TemplatePath {
    /// The template.
    #[param(value_type = uuid::Uuid)]
    template: BroadcastTemplateId,
}

/// The part of a path that names a version of a template.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    /// The template.
    #[param(value_type = uuid::Uuid)]
    template: BroadcastTemplateId,
    /// The version, from 1.
    #[param(minimum = 1, maximum = 1_000_000, example = 3)]
    version: i64,
}

/// A template to be added. In its words a place to fill in stands as its name in curly brackets.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBroadcastTemplate, example = json!({
    "name": "Straßensperrung", "severity": "important", "sender": "Bauamt",
    "texts": {"de": {"title": "Sperrung: {street}", "body": "Ab {day} ist {street} gesperrt."}},
    "placeholders": [
        {"name": "street", "kind": "place", "labels": {"de": "Gesperrte Straße"}},
        {"name": "day", "kind": "date", "labels": {"de": "Erster Tag"}},
    ],
}))]
pub struct NewBody {
    /// What it is called.
    name: Name,
    /// How urgent broadcasts made of it are.
    severity: BroadcastSeverity,
    /// The office that speaks.
    sender: Name,
    /// The words.
    texts: Texts,
    /// The places to fill in, all that the words name.
    #[serde(default)]
    #[schema(required = false, max_items = 20)]
    placeholders: Vec<Placeholder>,
}

/// What changes about a template. Words and places are replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchBroadcastTemplate {
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// How urgent broadcasts made of it are.
    #[schema(nullable = false)]
    severity: Option<BroadcastSeverity>,
    /// The office that speaks.
    #[schema(nullable = false)]
    sender: Option<Name>,
    /// The words.
    #[schema(nullable = false)]
    texts: Option<Texts>,
    /// The places to fill in.
    #[schema(nullable = false, max_items = 20)]
    placeholders: Option<Vec<Placeholder>>,
}

/// A template at one version.
#[derive(Serialize, ToSchema)]
#[schema(as = BroadcastTemplate)]
pub struct TemplateView {
    /// Its identity.
    id: BroadcastTemplateId,
    /// Which version it is.
    #[schema(minimum = 1, example = 3)]
    version: i64,
    /// What it is called.
    name: Name,
    /// `information`, `important` or `crisis`.
    #[schema(max_length = 20, example = "important")]
    severity: String,
    /// The office that speaks.
    sender: Name,
    /// The words.
    texts: Texts,
    /// The places to fill in.
    #[schema(max_items = 20)]
    placeholders: Vec<PlaceholderView>,
    /// Since when it is this version.
    changed_at: DateTime<Utc>,
}

/// A place to fill in.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplatePlaceholder)]
pub struct PlaceholderView {
    /// Its name in the words.
    name: domain::text::PlaceholderName,
    /// `text`, `date`, `time`, `number` or `place`.
    #[schema(max_length = 20, example = "place")]
    kind: String,
    /// What whoever fills it in is asked for.
    labels: domain::categories::Names,
}

impl From<Template> for TemplateView {
    fn from(template: Template) -> Self {
        let TemplateBody { severity, sender, texts, placeholders } = template.body;
        let view = |placeholder: Placeholder| PlaceholderView {
            name: placeholder.name,
            kind: placeholder.kind.to_string(),
            labels: placeholder.labels,
        };
        Self {
            id: template.id,
            version: template.version,
            name: template.name,
            severity: severity.to_string(),
            sender,
            texts,
            placeholders: placeholders.into_iter().map(view).collect(),
            changed_at: template.changed_at.trunc_subsecs(0),
        }
    }
}

fn position(template: &Template) -> Position {
    Position { key: template.name.to_string(), id: template.id.0 }
}

/// List the templates
#[utoipa::path(tag = "broadcasts", operation_id = "listBroadcastTemplates", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "By their names.", body = Listed<TemplateView>)))]
#[get("/v1/municipalities/{municipality}/staff/broadcast-templates")]
pub async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(TemplateView::from))
}

/// Add a template
///
/// A place that the words name and nobody described is refused, and so is one that the words do not name.
#[utoipa::path(tag = "broadcasts", operation_id = "createBroadcastTemplate", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The template.", body = TemplateView)))]
#[post("/v1/municipalities/{municipality}/staff/broadcast-templates")]
pub async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, severity, sender, texts, placeholders } = body.value;
    let new = (name, TemplateBody { severity: severity.into(), sender, texts, placeholders });
    let answer = |template: &Template| {
        let town = &path.municipality;
        let place = format!("/v1/municipalities/{town}/staff/broadcast-templates/{}", template.id);
        Ok(Answer::created(place, &TemplateView::from(template.clone()))?.versioned(template.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Read a template
#[utoipa::path(tag = "broadcasts", operation_id = "getBroadcastTemplate", security(("bearer" = [])),
    params(TownPath, TemplatePath),
    responses((status = 200, description = "The template as it is now.", body = TemplateView)))]
#[get("/v1/municipalities/{municipality}/staff/broadcast-templates/{template}")]
pub async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TemplatePath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let template = service::get(store.as_ref(), &ctx, path.template, None).await?;
    let tag = EntityTag::version(template.version);
    Ok(read(&TemplateView::from(template), tag, &seen, ctx.locale, Caching::Private))
}

/// Read an earlier version of a template
///
/// Of one that was deleted as well: broadcasts say which version they were made of.
#[utoipa::path(tag = "broadcasts", operation_id = "getBroadcastTemplateVersion", security(("bearer" = [])),
    params(TownPath, VersionPath),
    responses((status = 200, description = "The template as it was.", body = TemplateView)))]
#[get("/v1/municipalities/{municipality}/staff/broadcast-templates/{template}/versions/{version}")]
pub async fn show_version(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<VersionPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let template = service::get(store.as_ref(), &ctx, path.template, Some(path.version)).await?;
    let tag = EntityTag::version(template.version);
    Ok(read(&TemplateView::from(template), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a template
///
/// Makes a new version. Drafts that were made of it stay as they are.
#[utoipa::path(tag = "broadcasts", operation_id = "patchBroadcastTemplate", security(("bearer" = [])),
    params(TownPath, TemplatePath, IfMatchParams),
    request_body(content = PatchBroadcastTemplate, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The template now.", body = TemplateView)))]
#[patch("/v1/municipalities/{municipality}/staff/broadcast-templates/{template}")]
pub async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TemplatePath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchBroadcastTemplate>,
) -> Result<HttpResponse, Problem> {
    let PatchBroadcastTemplate { name, severity, sender, texts, placeholders } = body.value;
    let severity = severity.map(Severity::from);
    let change = TemplateChange { name, severity, sender, texts, placeholders };
    let template = service::change(store.as_ref(), &ctx, path.template, version, change).await?;
    Ok(changed(template.version, &TemplateView::from(template)))
}

/// Delete a template
///
/// Nothing is made of it any more. Its versions stay readable.
#[utoipa::path(tag = "broadcasts", operation_id = "deleteBroadcastTemplate", security(("bearer" = [])),
    params(TownPath, TemplatePath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/staff/broadcast-templates/{template}")]
pub async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TemplatePath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.template, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
