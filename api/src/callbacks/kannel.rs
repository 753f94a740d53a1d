//! Kannel's delivery reports.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path, Query},
};
use domain::{Code, Store};
use infrastructure::{gateways::kannel, secrets::Secrets};
use serde::Deserialize;

use super::take;
use crate::{extract::Moment, problem::Problem};

/// What we asked to be told; a gateway may add what it likes.
#[derive(Deserialize)]
struct Told {
    status: Option<String>,
}

/// `GET` with the value of `%d`. The signed token in the address is the proof.
#[get("/callbacks/kannel/reports/{token}")]
pub async fn report(
    moment: Moment,
    token: Path<String>,
    told: Query<Told>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let status = told.into_inner().status.and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| Problem::new(Code::MalformedParameter))?;
    take(&**store, &secrets, &moment.ctx, &token, kannel::report(status)).await?;
    Ok(HttpResponse::Ok().finish())
}
