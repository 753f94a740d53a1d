//! Several may represent one ward: by a code that is passed on.

use actix_web::{
    HttpResponse, post,
    web::{Data, Path},
};
use chrono::TimeDelta;
use domain::{
    Ctx, Store,
    citizens::code,
    text::InvitationCode,
    wards::{
        proxy::INVITATION_LIFE,
        service::{self, Drawn, NewInvitation},
    },
};
use infrastructure::secrets::Secrets;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use super::{mine::WardPath, view::WardView};
use crate::{
    auth::{PersonActor, StaffActor},
    extract::ValidJson,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    municipalities::TownPath,
    problem::Problem,
    time::Time,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(invite).service(invite_by_staff).service(accept);
}

/// For how long.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProxyInvitation {
    /// Days the code is good; seven where absent.
    #[schema(nullable = false, minimum = 1, maximum = 7, example = 7)]
    #[validate(range(min = 1, max = 7))]
    days: Option<u8>,
}

/// A code to pass on.
#[derive(Serialize, ToSchema)]
pub struct ProxyInvitation {
    /// Shown once. Good for one person.
    #[schema(max_length = 40, example = "k7mq-2xvd-9hbn-4tpe")]
    code: String,
    /// Until when.
    expires_at: Time,
}

fn drawn<A>(ctx: &Ctx<A>, secrets: &Secrets, new: &NewProxyInvitation) -> Drawn {
    let code = code::draw_letters(ctx);
    let life = new.days.map_or(INVITATION_LIFE, |days| TimeDelta::days(days.into()));
    Drawn { code_hash: secrets.proxy_code_hash(&code), code, life }
}

fn answer(made: &NewInvitation) -> Result<Answer, domain::Error> {
    let expires_at = made.invitation.expires_at.into();
    let place = "/v1/me/ward-invitations".to_owned();
    Answer::created(place, &ProxyInvitation { code: made.code.clone(), expires_at })
}

/// Invite somebody to represent a ward too
///
/// Whoever gets the code has the same rights as oneself. At most 10 people represent one ward.
#[utoipa::path(tag = "wards", operation_id = "inviteProxy", request_body = NewProxyInvitation,
    security(("bearer" = [])), params(WardPath, IdempotencyParams),
    responses((status = 201, description = "The code.", body = ProxyInvitation)))]
#[post("/v1/me/wards/{ward}/proxy-invitations")]
async fn invite(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    idempotency: Idempotency,
    body: ValidJson<NewProxyInvitation>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let code = drawn(&ctx, &secrets, &body.value);
    request.answer(&answer, async |once| service::invite(&**store, &ctx, path.ward, code, once).await).await
}

/// Invite somebody to represent a ward of the town hall
///
/// For a form that names a relative: the code goes to them by letter.
#[utoipa::path(tag = "wards", operation_id = "inviteProxyByStaff", request_body = NewProxyInvitation,
    security(("bearer" = [])), params(TownPath, WardPath, IdempotencyParams),
    responses((status = 201, description = "The code.", body = ProxyInvitation)))]
#[post("/v1/municipalities/{municipality}/staff/wards/{ward}/proxy-invitations")]
async fn invite_by_staff(
    StaffActor(ctx): StaffActor,
    path: Path<WardPath>,
    idempotency: Idempotency,
    body: ValidJson<NewProxyInvitation>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let code = drawn(&ctx, &secrets, &body.value);
    request
        .answer(&answer, async |once| service::invite_by_staff(&**store, &ctx, path.ward, code, once).await)
        .await
}

/// A code that was passed on.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedProxy {
    /// The code; capitals and blanks do not matter.
    code: InvitationCode,
}

/// Accept an invitation to represent somebody
///
/// Needs an account. The code is good once and for seven days.
#[utoipa::path(tag = "wards", operation_id = "acceptProxyInvitation", request_body = AcceptedProxy,
    security(("bearer" = [])),
    responses((status = 200, description = "Who is represented from now on.", body = WardView)))]
#[post("/v1/me/ward-invitations")]
async fn accept(
    PersonActor(ctx): PersonActor,
    body: ValidJson<AcceptedProxy>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let hash = secrets.proxy_code_hash(&code::typed(body.value.code.as_str()));
    let tie = service::accept(&**store, &ctx, &hash).await?;
    let shown = service::get(&**store, &ctx, tie.ward).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(WardView::from(shown)))
}
