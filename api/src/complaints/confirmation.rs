//! A guest confirms a report.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, complaints::service, text::CodeDigits};
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
    extract::{Moment, ValidJson},
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// The code from the e-mail.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplaintConfirmation {
    /// The six digits.
    code: CodeDigits,
}

/// Confirm a report
///
/// Where the town hall asks guests to: with the code that was mailed when the report was sent. The
/// code is good once and for five tries. The report is on a desk when this answers.
#[utoipa::path(tag = "complaints", operation_id = "confirmComplaint", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader), request_body = ComplaintConfirmation,
    responses((status = 200, description = "It is on a desk.", body = ComplaintStanding)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/confirmation")]
#[expect(clippy::too_many_arguments, reason = "each says what the answer depends on")]
pub async fn confirm(
    store: Data<dyn Store>,
    secrets: Data<Secrets>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
    moment: Moment,
    body: ValidJson<ComplaintConfirmation>,
) -> Result<HttpResponse, Problem> {
    let ctx = claim(&ctx, &secrets)?;
    let intake = intakes.of(&**store, town).await?;
    let digits = body.value.code.as_str();
    let confirmed = service::confirm(&**store, &ctx, &intake, path.complaint, moment.client, |code| {
        code.hash == secrets.code_hash(code.purpose, &code.address, digits)
    });
    Ok(HttpResponse::Ok().json(ComplaintStanding::from(confirmed.await?)))
}
