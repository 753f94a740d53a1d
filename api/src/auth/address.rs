//! Keys for programs on their way in, before anything else is looked at.

use actix_web::{
    Error, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
};
use domain::Code;
use infrastructure::{db::rehearsal::rehearse, secrets::KeyText};

use crate::problem::Problem;

/// Refuses a key that stands in the address, where proxies and logs keep it; undoes whatever is done
/// with a test key.
pub async fn guard_keys(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
    if KeyText::occurs_in(path) || KeyText::occurs_in(query) {
        return Ok(request.into_response(Problem::new(Code::KeyInAddress).error_response()));
    }
    let authorization = request.headers().get(header::AUTHORIZATION);
    let tests =
        authorization.and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("rh_test_"));
    let response = if tests { rehearse(next.call(request)).await? } else { next.call(request).await? };
    Ok(response.map_into_boxed_body())
}
