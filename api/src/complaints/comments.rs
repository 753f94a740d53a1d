//! A reporter writes to the desk.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use domain::{
    Store,
    complaints::{Complaint, service},
    text::Remark,
};
use infrastructure::secrets::Secrets;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    ComplaintPath, Intakes,
    claim::{ComplaintStanding, ReturnKeyHeader, claim},
};
use crate::{
    auth::ReporterActor,
    extract::ValidJson,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// A remark of the reporter.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewComplaintComment {
    /// What the desk reads.
    text: Remark,
}

/// Write to the desk
///
/// To one's own complaint. Answers the desk's question where it waits for one: work goes on. At most 30 remarks and objections a day.
#[utoipa::path(tag = "complaints", operation_id = "addComplaintComment", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader, IdempotencyParams), request_body = NewComplaintComment,
    responses((status = 201, description = "The desk is told.", body = ComplaintStanding)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/comments")]
#[expect(clippy::too_many_arguments, reason = "a handler takes each part of the request by itself")]
pub async fn comment(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
    idempotency: Idempotency,
    body: ValidJson<NewComplaintComment>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let ctx = claim(&ctx, &secrets)?;
    let intake = intakes.of(&**store, town).await?;
    let (id, text) = (path.complaint, body.value.text);
    let answer = |complaint: &Complaint| {
        Answer::json(StatusCode::CREATED, &ComplaintStanding::from(complaint.clone()))
    };
    request
        .answer(&answer, async |once| service::comment(&**store, &ctx, &intake, id, text, once).await)
        .await
}
