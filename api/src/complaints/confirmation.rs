//! A guest confirms a report, and has the code sent again.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{
    Store,
    citizens::{CodePurpose, code::Subject},
    complaints::service,
    text::{CodeDigits, EmailAddress},
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
    config::Config,
    extract::{Moment, ValidJson},
    municipalities::{Town, TownPath},
    problem::Problem,
    sessions::{CodeRequested, Wanted, life, new_code},
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

/// Send the code again
///
/// For a letter that was lost or too old: to the address the report was filed with. It replaces the
/// earlier code. At most 3 in 10 minutes and 6 a day for one address.
#[utoipa::path(tag = "complaints", operation_id = "requestConfirmationCode", security((), ("bearer" = [])),
    params(TownPath, ComplaintPath, ReturnKeyHeader),
    responses((status = 202, description = "The code is on its way.", body = CodeRequested)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/confirmation/codes")]
pub async fn send_again(
    store: Data<dyn Store>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    ReporterActor(ctx): ReporterActor,
    moment: Moment,
) -> Result<HttpResponse, Problem> {
    let ctx = claim(&ctx, &secrets)?;
    let wanted = |address| Wanted {
        purpose: CodePurpose::ComplaintConfirmation,
        address,
        locale: ctx.locale,
        subject: Some((town.id, Subject::Complaint(path.complaint))),
        bound_to: None,
        client: moment.client,
    };
    let draw = |address: EmailAddress| new_code(&ctx, &config, &secrets, wanted(address.into()));
    service::send_code_again(&**store, &ctx, town.id, path.complaint, draw).await?;
    Ok(CodeRequested::accepted(life(&config)))
}
