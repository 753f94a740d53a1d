//! A reporter takes a complaint back.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use domain::{
    Store,
    complaints::{Complaint, service},
};
use infrastructure::secrets::{Secrets, sha256};

use super::{
    ComplaintPath, Intakes,
    claim::{ComplaintStanding, ReturnKeyHeader, claim},
};
use crate::{
    auth::ReporterActor,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// Take a complaint back
///
/// One's own complaint, as long as work on it has not begun. For good.
#[utoipa::path(tag = "complaints", operation_id = "withdrawComplaint", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader, IdempotencyParams),
    responses((status = 200, description = "It is withdrawn, and the desk is told.", body = ComplaintStanding)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/withdrawal")]
pub async fn withdraw(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
    idempotency: Idempotency,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.with(&ctx.actor, sha256(&[]));
    let ctx = claim(&ctx, &secrets)?;
    let intake = intakes.of(&**store, town).await?;
    let answer =
        |complaint: &Complaint| Answer::json(StatusCode::OK, &ComplaintStanding::from(complaint.clone()));
    request
        .answer(&answer, async |once| service::withdraw(&**store, &ctx, &intake, path.complaint, once).await)
        .await
}
