//! Following municipalities: what people choose to be told, and by which ways.

mod body;
mod consents;
mod view;

use actix_web::{
    HttpResponse, delete, get,
    http::header,
    put,
    web::{Data, Path},
};
use domain::{
    Store,
    deliveries::Channel,
    follows::service::{self, Tie},
    page::{Page, Position},
};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    auth::PersonActor,
    config::Config,
    extract::{EntityTag, IfNoneMatch, Listed, PageParams, PageQuery, ValidJson},
    municipalities::{Town, TownPath},
    problem::Problem,
    reply::{Caching, written},
};

pub use body::{ChannelChoice, HomeAddress, PutFollow};
pub use view::{ChannelsView, FollowEntry, FollowView, HomeView};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(choose).service(show).service(leave).configure(consents::routes);
}

/// The channels this installation has.
pub fn offered(config: &Config) -> Vec<Channel> {
    let mut channels = vec![Channel::Push];
    if config.email.smtp_url.is_some() {
        channels.push(Channel::Email);
    }
    if config.sms.is_offered() {
        channels.push(Channel::Sms);
    }
    if config.voice.twilio.is_some() {
        channels.push(Channel::Voice);
    }
    channels
}

/// List the municipalities one follows
///
/// The one followed longest comes first.
#[utoipa::path(tag = "me", operation_id = "listFollows", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "Municipalities.", body = Listed<FollowEntry>)))]
#[get("/v1/me/follows")]
async fn list(
    PersonActor(ctx): PersonActor,
    store: Data<dyn Store>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let position = |tie: &Tie| {
        let since = tie.follow.chosen_at.unwrap_or_default();
        Position { key: since.to_rfc3339_opts(chrono::SecondsFormat::Micros, true), id: tie.town.id.0 }
    };
    let page = Page::of(service::list(&**store, &ctx).await?, &query.request, position);
    query.answer(page.map(FollowEntry::from))
}

/// Follow a municipality
///
/// Replaces the whole choice. Nothing comes that was not chosen here; each channel chosen for a severity is
/// a consent to the words of `getConsentText`, each taken away its withdrawal, effective at once. A guest
/// needs no address, and nothing personal at all.
#[utoipa::path(tag = "me", operation_id = "putFollow", request_body = PutFollow, security(("bearer" = [])),
    params(TownPath), responses((status = 200, description = "What is chosen now.", body = FollowView)))]
#[put("/v1/me/follows/{municipality}")]
async fn choose(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    body: ValidJson<PutFollow>,
    config: Data<Config>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let new = body.value.read(ctx.locale)?;
    let followed = service::choose(&**store, &ctx, &town, new, &offered(&config)).await?;
    let answer = HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(FollowView::from(followed));
    Ok(answer)
}

/// Show what one chose in a municipality
#[utoipa::path(tag = "me", operation_id = "getFollow", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "What is chosen.", body = FollowView)))]
#[get("/v1/me/follows/{municipality}")]
async fn show(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let view = FollowView::from(service::get(&**store, &ctx, &town).await?);
    let body = serde_json::to_vec(&view).map_err(|_| Problem::new(domain::Code::Internal))?;
    let tag = EntityTag::content(&body);
    Ok(written(body.into(), tag, &seen, ctx.locale, Caching::Private))
}

/// Follow a municipality no longer
///
/// All consents given there are withdrawn at once. Complaints stay one's own.
#[utoipa::path(tag = "me", operation_id = "deleteFollow", security(("bearer" = [])), params(TownPath),
    responses((status = 204, description = "It is followed no longer.")))]
#[delete("/v1/me/follows/{municipality}")]
async fn leave(
    PersonActor(ctx): PersonActor,
    Town(town): Town,
    _path: Path<TownPath>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::leave(&**store, &ctx, &town).await?;
    Ok(HttpResponse::NoContent().finish())
}
