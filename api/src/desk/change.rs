//! What staff do with complaints.

use actix_web::{
    HttpResponse, delete,
    http::{StatusCode, header},
    patch, post,
    web::{Data, Path},
};
use chrono::{DateTime, Utc};
use domain::{
    Code, Store,
    complaints::{
        Status, Step,
        desk::{self, Comment, Dossier, Edit, Move},
    },
    ids::{ComplaintId, DepartmentId, StaffId},
    routing::Priority,
    text::{Line, Remark, Slug},
};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::{
    ComplaintPath, PhotoPath,
    view::{HistoryEntry, StaffComplaint},
};
use crate::{
    auth::StaffActor,
    extract::{Change, IfMatch, IfMatchParams, ValidJson},
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
};

/// A step to another state.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "resolved", "public_text": "Die Reifen sind abgeholt. Danke für den Hinweis!"}))]
struct MoveComplaint {
    /// The state wanted.
    to: Status,
    /// What the reporter reads. Required for `resolved`, `rejected`, `handed_over` and `reopened`, and
    /// where the promise begins to stand still.
    #[schema(nullable = false)]
    public_text: Option<Remark>,
    /// What only the town hall reads; together with `reason` at most 2000 characters.
    #[schema(nullable = false)]
    internal_text: Option<Remark>,
    /// Why, in short, for colleagues: stands before `internal_text` in the history.
    #[schema(nullable = false)]
    reason: Option<Line>,
    /// Of a step to `routed`: whose it is. Without it the default department gets it.
    #[schema(nullable = false)]
    department: Option<DepartmentId>,
    /// Of a step to `duplicate`: the complaint it repeats.
    #[schema(nullable = false)]
    original: Option<ComplaintId>,
}

impl TryFrom<MoveComplaint> for Move {
    type Error = Problem;

    fn try_from(wanted: MoveComplaint) -> Result<Self, Problem> {
        let internal: Vec<_> =
            [wanted.reason.map(Line::into_string), wanted.internal_text.map(Remark::into_string)]
                .into_iter()
                .flatten()
                .collect();
        let internal_text = (!internal.is_empty()).then(|| Remark::parse(internal.join("\n")));
        Ok(Self {
            to: wanted.to,
            public_text: wanted.public_text,
            internal_text: internal_text
                .transpose()
                .map_err(|code| Problem::invalid("/internal_text", code))?,
            department: wanted.department,
            original: wanted.original,
        })
    }
}

/// What should become different.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"priority": "high", "title": "Reifen am Waldrand"}))]
struct PatchComplaint {
    /// Another kind, by its code. What was promised stays promised.
    #[schema(nullable = false)]
    category: Option<Slug>,
    /// Another department: the same as a step to `routed`.
    #[schema(nullable = false)]
    department: Option<DepartmentId>,
    /// Somebody in the department; null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uuid", max_length = 36)]
    assignee: Change<StaffId>,
    /// Another priority.
    #[schema(nullable = false)]
    priority: Option<Priority>,
    /// What the public list calls it; null for nothing.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 160)]
    title: Change<Line>,
    /// Whether everybody sees the exact place. Needs the right to release.
    #[schema(nullable = false)]
    place_released: Option<bool>,
    /// Another date for the solution. Needs a public text.
    #[schema(nullable = false)]
    solution_due_at: Option<DateTime<Utc>>,
    /// What the reporter reads about it.
    #[schema(nullable = false)]
    public_text: Option<Remark>,
}

impl From<PatchComplaint> for Edit {
    fn from(patch: PatchComplaint) -> Self {
        Self {
            category: patch.category,
            department: patch.department,
            assignee: wanted(patch.assignee),
            priority: patch.priority,
            title: wanted(patch.title),
            place_released: patch.place_released,
            solution_due_at: patch.solution_due_at,
            public_text: patch.public_text,
        }
    }
}

fn wanted<T>(change: Change<T>) -> Option<Option<T>> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(value) => Some(Some(value)),
    }
}

/// A remark: exactly one of the two.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[validate(schema(function = "one_text"))]
#[schema(example = json!({"public_text": "Wir sehen es uns morgen an."}))]
struct NewComment {
    /// For the reporter, who is told.
    #[schema(nullable = false)]
    public_text: Option<Remark>,
    /// For colleagues only.
    #[schema(nullable = false)]
    internal_text: Option<Remark>,
}

fn one_text(new: &NewComment) -> Result<(), ValidationError> {
    if new.public_text.is_some() == new.internal_text.is_some() {
        return Err(ValidationError::new(Code::ExactlyOne.into()));
    }
    Ok(())
}

fn changed(dossier: Dossier, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
    let view = StaffComplaint::new(dossier, now);
    let tag = view.tag()?;
    Ok(HttpResponse::Ok().insert_header((header::ETAG, tag.to_string())).json(view))
}

/// Change a complaint
///
/// Moving the promised date needs a text for the reporter, who is told.
#[utoipa::path(tag = "desk", operation_id = "patchStaffComplaint", security(("bearer" = [])),
    params(TownPath, ComplaintPath, IfMatchParams),
    request_body(content = PatchComplaint, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The complaint now.", body = StaffComplaint)))]
#[patch("/v1/municipalities/{municipality}/staff/complaints/{complaint}")]
pub async fn edit(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchComplaint>,
) -> Result<HttpResponse, Problem> {
    let dossier = desk::edit(store.as_ref(), &ctx, path.complaint, version, body.value.into()).await?;
    changed(dossier, ctx.now)
}

/// Take a complaint to another state
///
/// The reporter's phones and, where it moves to another desk, the department are told.
#[utoipa::path(tag = "desk", operation_id = "transitionStaffComplaint", security(("bearer" = [])),
    params(TownPath, ComplaintPath, IfMatchParams),
    request_body = MoveComplaint,
    responses((status = 200, description = "The complaint now.", body = StaffComplaint)))]
#[post("/v1/municipalities/{municipality}/staff/complaints/{complaint}/transitions")]
pub async fn transition(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    IfMatch(version): IfMatch,
    body: ValidJson<MoveComplaint>,
) -> Result<HttpResponse, Problem> {
    let wanted = body.value.try_into()?;
    let dossier = desk::transition(store.as_ref(), &ctx, path.complaint, version, wanted).await?;
    changed(dossier, ctx.now)
}

/// Write to the reporter, or to colleagues
#[utoipa::path(tag = "desk", operation_id = "createStaffComment", security(("bearer" = [])),
    params(TownPath, ComplaintPath, IdempotencyParams),
    request_body = NewComment,
    responses((status = 201, description = "The remark in the history.", body = HistoryEntry)))]
#[post("/v1/municipalities/{municipality}/staff/complaints/{complaint}/comments")]
pub async fn comment(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<ComplaintPath>,
    idempotency: Idempotency,
    body: ValidJson<NewComment>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let said = match (body.value.public_text, body.value.internal_text) {
        (Some(text), _) => Comment::Public(text),
        (None, Some(text)) => Comment::Internal(text),
        (None, None) => return Err(Problem::invalid("", Code::ExactlyOne)),
    };
    let answer = |step: &Step| {
        let name = ctx.actor.name.clone();
        Answer::json(StatusCode::CREATED, &HistoryEntry::by(step.clone(), Some(name)))
    };
    request
        .answer(&answer, async |once| desk::comment(store.as_ref(), &ctx, path.complaint, said, once).await)
        .await
}

/// Make a photo public
///
/// After somebody looked at it: faces, plates and house numbers are personal data.
#[utoipa::path(tag = "desk", operation_id = "releaseComplaintPhoto", security(("bearer" = [])),
    params(TownPath, PhotoPath, IfMatchParams),
    responses((status = 200, description = "The complaint now.", body = StaffComplaint)))]
#[post("/v1/municipalities/{municipality}/staff/complaints/{complaint}/photos/{photo}/release")]
pub async fn release(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<PhotoPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    let PhotoPath { complaint, photo } = *path;
    let dossier = desk::release_photo(store.as_ref(), &ctx, complaint, version, photo, true).await?;
    changed(dossier, ctx.now)
}

/// Make a photo private again
#[utoipa::path(tag = "desk", operation_id = "withdrawComplaintPhoto", security(("bearer" = [])),
    params(TownPath, PhotoPath, IfMatchParams),
    responses((status = 200, description = "The complaint now.", body = StaffComplaint)))]
#[delete("/v1/municipalities/{municipality}/staff/complaints/{complaint}/photos/{photo}/release")]
pub async fn withdraw_release(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<PhotoPath>,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    let PhotoPath { complaint, photo } = *path;
    let dossier = desk::release_photo(store.as_ref(), &ctx, complaint, version, photo, false).await?;
    changed(dossier, ctx.now)
}
