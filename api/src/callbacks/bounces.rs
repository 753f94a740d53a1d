//! Letters that come back. The mail server of the domain that return addresses are of hands them on.

use actix_web::{
    Error, HttpResponse, post,
    web::{Bytes, Data, Path},
};
use domain::{Code, Store, deliveries::report::receive_back};
use infrastructure::{
    gateways::bounce_report,
    secrets::{BounceName, Secrets},
};

use super::count;
use crate::{extract::Moment, problem::Problem};

/// A notification as it came, at the part of its recipient's address before the `@`: that is signed, and the proof.
/// What is no notification, or says that a letter is only late, is taken and changes nothing.
#[post("/callbacks/bounces/{name}")]
pub async fn bounce(
    moment: Moment,
    name: Path<String>,
    notification: Result<Bytes, Error>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let name = BounceName::read(&name, &secrets).ok_or_else(|| Problem::new(Code::NotFound))?;
    let notification = notification.map_err(|_| Problem::new(Code::PayloadTooLarge))?;
    if let Some(report) = bounce_report(&notification) {
        let changed = receive_back(&**store, moment.ctx.now, name.tried(), report).await?;
        count(report, changed);
    }
    Ok(HttpResponse::Ok().finish())
}
