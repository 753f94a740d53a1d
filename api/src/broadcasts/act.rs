//! Acting on whom a broadcast has not reached.

use actix_web::{
    HttpResponse, post, put,
    web::{Data, Path},
};
use domain::{
    Store,
    broadcasts::{SentAgain, service},
    ids::{MessageId, PersonId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::BroadcastPath;
use crate::{auth::StaffActor, extract::ValidJson, municipalities::TownPath, problem::Problem};

/// The part of a path that names a person of a broadcast.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PersonPath {
    /// The broadcast.
    #[param(value_type = uuid::Uuid)]
    broadcast: MessageId,
    /// The person, as the list names them.
    #[param(value_type = uuid::Uuid)]
    person: PersonId,
}

/// Note that you told a person
///
/// You went there or telephoned. It counts as their acknowledgement: nobody sends them a text message or calls
/// because of it any more. The list says that it was you. Counts once.
#[utoipa::path(tag = "broadcasts", operation_id = "putBroadcastAcknowledgement", security(("bearer" = [])),
    params(TownPath, PersonPath),
    responses((status = 204, description = "Noted.")))]
#[put("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/people/{person}/acknowledgement")]
pub async fn inform(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<PersonPath>,
) -> Result<HttpResponse, Problem> {
    service::inform(store.as_ref(), &ctx, path.broadcast, path.person).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Whom it is sent to once more.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct SendBroadcastAgain {
    /// People, as the list names them; everybody who was not reached where there are none.
    #[serde(default)]
    #[schema(required = false, max_items = 100, value_type = Vec<uuid::Uuid>)]
    people: Vec<PersonId>,
}

/// What is sent once more.
#[derive(Serialize, ToSchema)]
pub struct BroadcastSentAgain {
    /// People whose next channel is tried at once, without waiting any longer.
    #[schema(minimum = 0, example = 3)]
    ahead: u64,
    /// Messages and calls that did not arrive and are tried again.
    #[schema(minimum = 0, example = 2)]
    again: u64,
}

/// Send a broadcast again to those who were not reached
///
/// Of a crisis to who has not acknowledged: whoever waits for their next channel is told by it at once, and what
/// did not arrive at the others is tried again. Of everything else to those at whom nothing arrived. Whoever was
/// tried in the last two minutes is left alone. Refused once it was called back or has expired.
#[utoipa::path(tag = "broadcasts", operation_id = "sendBroadcastAgain", security(("bearer" = [])),
    params(TownPath, BroadcastPath), request_body = SendBroadcastAgain,
    responses((status = 202, description = "It is on its way.", body = BroadcastSentAgain)))]
#[post("/v1/municipalities/{municipality}/staff/broadcasts/{broadcast}/retries")]
pub async fn send_again(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    path: Path<BroadcastPath>,
    body: ValidJson<SendBroadcastAgain>,
) -> Result<HttpResponse, Problem> {
    let sent = service::send_again(store.as_ref(), &ctx, path.broadcast, &body.value.people).await?;
    let SentAgain { ahead, again } = sent;
    Ok(HttpResponse::Accepted().json(BroadcastSentAgain { ahead, again }))
}
