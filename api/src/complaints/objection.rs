//! A reporter objects.

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

/// Why it is not settled.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewObjection {
    /// What the desk reads.
    text: Remark,
}

/// Object to how a complaint was settled
///
/// To one's own complaint, within 28 days after it was resolved, rejected or handed over. It is open again.
#[utoipa::path(tag = "complaints", operation_id = "objectToComplaint", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader, IdempotencyParams), request_body = NewObjection,
    responses((status = 201, description = "It is open again, and the desk is told.", body = ComplaintStanding)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/objections")]
#[expect(clippy::too_many_arguments, reason = "a handler takes each part of the request by itself")]
pub async fn object_to(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
    idempotency: Idempotency,
    body: ValidJson<NewObjection>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let ctx = claim(&ctx, &secrets)?;
    let intake = intakes.of(&**store, town).await?;
    let (id, text) = (path.complaint, body.value.text);
    let answer = |complaint: &Complaint| {
        Answer::json(StatusCode::CREATED, &ComplaintStanding::from(complaint.clone()))
    };
    request.answer(&answer, async |once| service::object(&**store, &ctx, &intake, id, text, once).await).await
}
