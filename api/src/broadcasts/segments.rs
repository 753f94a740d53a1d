//! Saved audiences, as staff keep them.

use actix_web::{
    HttpResponse, delete, get, patch, post,
    web::{Data, Path},
};
use domain::{
    Store,
    broadcasts::{
        AudienceTree, Segment,
        service::segments::{self as service, NewSegment, SegmentChange},
    },
    ids::SegmentId,
    page::{Page, Position},
    text::Name,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The part of a path that names a segment.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SegmentPath {
    /// The segment.
    #[param(value_type = uuid::Uuid)]
    segment: SegmentId,
}

/// A segment to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSegment, example = json!({
    "name": "Häuser an der Mulde",
    "audience": {"any": [{"street": {"name": "Muldestraße"}}, {"street": {"name": "Am Lauch"}}]},
}))]
pub struct NewBody {
    /// What it is called.
    name: Name,
    /// Whom it finds. It names no other segment.
    audience: AudienceTree,
}

/// What changes about a segment. The filter is replaced as a whole.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchSegment {
    /// What it is called.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// Whom it finds.
    #[schema(nullable = false)]
    audience: Option<AudienceTree>,
}

/// A saved audience.
#[derive(Serialize, ToSchema)]
#[schema(as = Segment)]
pub struct SegmentView {
    /// Its identity: what `segment` of an audience names.
    id: SegmentId,
    /// What it is called.
    name: Name,
    /// Whom it finds.
    audience: AudienceTree,
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> Self {
        Self { id: segment.id, name: segment.name, audience: segment.audience }
    }
}

fn position(segment: &Segment) -> Position {
    Position { key: segment.name.to_string(), id: segment.id.0 }
}

/// List the saved audiences
#[utoipa::path(tag = "broadcasts", operation_id = "listSegments", security(("bearer" = [])),
    params(TownPath, PageParams),
    responses((status = 200, description = "By their names.", body = Listed<SegmentView>)))]
#[get("/v1/municipalities/{municipality}/staff/segments")]
pub async fn list(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let page = Page::of(service::list(store.as_ref(), &ctx).await?, &query.request, position);
    query.answer(page.map(SegmentView::from))
}

/// Save an audience
///
/// A broadcast that names it is for those it finds when the broadcast is sent; from then on they are written
/// down.
#[utoipa::path(tag = "broadcasts", operation_id = "createSegment", security(("bearer" = [])),
    params(TownPath, IdempotencyParams), request_body = NewBody,
    responses((status = 201, description = "The segment.", body = SegmentView)))]
#[post("/v1/municipalities/{municipality}/staff/segments")]
pub async fn create(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<TownPath>,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let NewBody { name, audience } = body.value;
    let new = NewSegment { name, audience };
    let answer = |segment: &Segment| {
        let place = format!("/v1/municipalities/{}/staff/segments/{}", path.municipality, segment.id);
        Ok(Answer::created(place, &SegmentView::from(segment.clone()))?.versioned(segment.version))
    };
    request.answer(&answer, async |once| service::create(store.as_ref(), &ctx, new, once).await).await
}

/// Read a saved audience
#[utoipa::path(tag = "broadcasts", operation_id = "getSegment", security(("bearer" = [])),
    params(TownPath, SegmentPath),
    responses((status = 200, description = "The segment.", body = SegmentView)))]
#[get("/v1/municipalities/{municipality}/staff/segments/{segment}")]
pub async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<SegmentPath>,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let segment = service::get(store.as_ref(), &ctx, path.segment).await?;
    let tag = EntityTag::version(segment.version);
    Ok(read(&SegmentView::from(segment), tag, &seen, ctx.locale, Caching::Private))
}

/// Change a saved audience
///
/// Drafts that name it are for those it finds from now on. While a broadcast that was submitted names it and
/// its people are not yet written down, the filter stays as it is: others approve what they saw.
#[utoipa::path(tag = "broadcasts", operation_id = "patchSegment", security(("bearer" = [])),
    params(TownPath, SegmentPath, IfMatchParams),
    request_body(content = PatchSegment, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The segment now.", body = SegmentView)))]
#[patch("/v1/municipalities/{municipality}/staff/segments/{segment}")]
pub async fn change(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<SegmentPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchSegment>,
) -> Result<HttpResponse, Problem> {
    let PatchSegment { name, audience } = body.value;
    let change = SegmentChange { name, audience };
    let segment = service::change(store.as_ref(), &ctx, path.segment, version, change).await?;
    Ok(changed(segment.version, &SegmentView::from(segment)))
}

/// Delete a saved audience
///
/// Refused while a draft names it, or a broadcast whose people are not yet written down.
#[utoipa::path(tag = "broadcasts", operation_id = "deleteSegment", security(("bearer" = [])),
    params(TownPath, SegmentPath, IfMatchParams),
    responses((status = 204, description = "It is gone.")))]
#[delete("/v1/municipalities/{municipality}/staff/segments/{segment}")]
pub async fn remove(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<SegmentPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    service::remove(store.as_ref(), &ctx, path.segment, version).await?;
    Ok(HttpResponse::NoContent().finish())
}
