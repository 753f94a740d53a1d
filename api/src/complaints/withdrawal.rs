//! A reporter takes a complaint back.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, complaints::service};
use infrastructure::secrets::Secrets;

use super::{
    ComplaintPath, Intakes,
    claim::{ComplaintStanding, ReturnKeyHeader, claim},
};
use crate::{
    auth::ReporterActor,
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// Take a complaint back
///
/// One's own complaint, as long as work on it has not begun. For good.
#[utoipa::path(tag = "complaints", operation_id = "withdrawComplaint", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader),
    responses((status = 200, description = "It is withdrawn, and the desk is told.", body = ComplaintStanding)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/withdrawal")]
pub async fn withdraw(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
) -> Result<HttpResponse, Problem> {
    let ctx = claim(&ctx, &secrets)?;
    let intake = intakes.of(&**store, town).await?;
    let complaint = service::withdraw(&**store, &ctx, &intake, path.complaint).await?;
    Ok(HttpResponse::Ok().json(ComplaintStanding::from(complaint)))
}
