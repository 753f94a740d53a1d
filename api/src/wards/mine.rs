//! Those one represents.

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    post, put,
    web::{Data, Path},
};
use domain::{
    Code, Scope, Store,
    citizens::CodePurpose,
    ids::PersonId,
    page::{Page, Position},
    wards::service::{self, Shown},
};
use infrastructure::secrets::Secrets;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    body::{NewBody, PutWard},
    view::WardView,
};
use crate::{
    auth::PersonActor,
    config::Config,
    extract::{EntityTag, IfNoneMatch, Listed, Moment, PageParams, PageQuery, ValidJson},
    follows::offered,
    idempotency::{Answer, Idempotency, IdempotencyParams},
    problem::Problem,
    reply::{Caching, read},
    sessions::{Wanted, new_code},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(register).service(show).service(change).service(end);
}

/// The part of a path that names a ward.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct WardPath {
    /// The ward.
    #[param(value_type = uuid::Uuid)]
    pub ward: PersonId,
}

/// List those one represents
#[utoipa::path(tag = "wards", operation_id = "listWards", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "Wards by name.", body = Listed<WardView>)))]
#[get("/v1/me/wards")]
async fn list(
    PersonActor(ctx): PersonActor,
    store: Data<dyn Store>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let position = |shown: &Shown| Position { key: shown.ward.name.to_string(), id: shown.ward.person.0 };
    let page = Page::of(service::mine(&**store, &ctx).await?, &query.request, position);
    query.answer(page.map(WardView::from))
}

/// Register somebody one knows
///
/// For people without a smartphone: a parent, a grandmother, a neighbour. They are asked by a call, a text
/// message or an e-mail, at each number they have, and nothing is sent where nobody agreed; they can refuse, and
/// leave at any time. Needs an account. At most 10 people; at most 5 questions a day, and 2 to one number or
/// address.
#[utoipa::path(tag = "wards", operation_id = "createWard", request_body = NewBody, security(("bearer" = [])),
    params(IdempotencyParams),
    responses((status = 201, description = "They are asked.", body = WardView)))]
#[post("/v1/me/wards")]
async fn register(
    PersonActor(ctx): PersonActor,
    idempotency: Idempotency,
    body: ValidJson<NewBody>,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let request = idempotency.of(&ctx.actor, &body);
    let town = store.read(Scope::Installation).await?.municipality(&body.value.municipality).await?;
    let town = town.ok_or_else(|| Problem::invalid("/municipality", Code::UnknownReference))?;
    let new = body.value.read()?;
    super::paid(&config, &new.choice)?;
    let offered = offered(&config);
    let answer = |shown: &Shown| {
        let place = format!("/v1/me/wards/{}", shown.ward.person);
        Answer::created(place, &WardView::from(shown.clone()))
    };
    request
        .answer(&answer, async |once| {
            service::register_by_proxy(&**store, &ctx, &town, new, &offered, once).await
        })
        .await
}

/// Show somebody one represents
#[utoipa::path(tag = "wards", operation_id = "getWard", security(("bearer" = [])), params(WardPath),
    responses((status = 200, description = "The ward.", body = WardView)))]
#[get("/v1/me/wards/{ward}")]
async fn show(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let shown = service::get(&**store, &ctx, path.ward).await?;
    let view = WardView::from(shown);
    let body = serde_json::to_vec(&view).map_err(|_| Problem::new(Code::Internal))?;
    Ok(read(&view, EntityTag::content(&body), &seen, ctx.locale, Caching::Private))
}

/// Change contact data and choice of somebody one represents
///
/// Replaces them as a whole. A number or mailbox that is new is asked, and until it agrees nothing is sent there;
/// where none is left that agreed, nothing is sent at all. One that agreed before and goes is told.
#[utoipa::path(tag = "wards", operation_id = "putWard", request_body = PutWard, security(("bearer" = [])),
    params(WardPath), responses((status = 200, description = "The ward now.", body = WardView)))]
#[put("/v1/me/wards/{ward}")]
async fn change(
    PersonActor(ctx): PersonActor,
    moment: Moment,
    path: Path<WardPath>,
    body: ValidJson<PutWard>,
    config: Data<Config>,
    secrets: Data<Secrets>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let choice = body.value.read()?;
    super::paid(&config, &choice)?;
    let telling = |address, locale| {
        let wanted = Wanted {
            purpose: CodePurpose::WardMoved,
            address,
            locale,
            subject: None,
            bound_to: None,
            client: moment.client,
        };
        new_code(&ctx, &config, &secrets, wanted).ok()
    };
    let shown =
        service::change_by_proxy(&**store, &ctx, path.ward, choice, &offered(&config), &telling).await?;
    let view = WardView::from(shown);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(view))
}

/// Represent somebody no longer
///
/// Where nobody else does and it was not the town hall who registered them, nothing is sent to them any more.
#[utoipa::path(tag = "wards", operation_id = "deleteWard", security(("bearer" = [])), params(WardPath),
    responses((status = 204, description = "It is over.")))]
#[delete("/v1/me/wards/{ward}")]
async fn end(
    PersonActor(ctx): PersonActor,
    path: Path<WardPath>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::end_by_proxy(&**store, &ctx, path.ward).await?;
    Ok(HttpResponse::NoContent().finish())
}
