//! Others are concerned too.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use domain::{Store, complaints::service};
use serde::Serialize;
use utoipa::ToSchema;

use super::{ComplaintPath, Intakes};
use crate::{
    auth::PersonActor,
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// How many are concerned.
#[derive(Serialize, ToSchema)]
struct ComplaintSupport {
    /// People who said so, besides whoever reported it.
    #[schema(minimum = 0, example = 3)]
    supporters: u64,
}

/// Say that a complaint concerns you too
///
/// A public complaint, as a citizen or a guest. Counts once, however often it is said.
#[utoipa::path(tag = "complaints", operation_id = "supportComplaint", security(("bearer" = [])),
    params(TownPath, ComplaintPath),
    responses((status = 200, description = "It counts.", body = ComplaintSupport)))]
#[post("/v1/municipalities/{municipality}/complaints/{complaint}/support")]
pub async fn support(
    store: Data<dyn Store>,
    intakes: Data<Intakes>,
    Town(town): Town,
    path: Path<ComplaintPath>,
    PersonActor(ctx): PersonActor,
) -> Result<HttpResponse, Problem> {
    let intake = intakes.of(&**store, town).await?;
    let supporters = service::support(&**store, &ctx, &intake, path.complaint).await?;
    Ok(HttpResponse::Ok().json(ComplaintSupport { supporters }))
}
