//! What people see and change of themselves.

mod address;
pub mod address_link;

use actix_web::{HttpResponse, delete, get, http::header, patch, web::Data};
use domain::{
    Ctx, Locale, Store,
    citizens::service::{self, Changes, Profile},
    context::Person,
    ids::{AccountId, PersonId},
    phone::Phone,
    text::{EmailAddress, Name},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::{Gate, PersonActor},
    extract::{Change, EntityTag, IfMatch, IfMatchParams, IfNoneMatch, ValidJson},
    problem::Problem,
    reply::{Caching, read},
};

/// The routes of one's own profile.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show).service(update).service(erase).service(address::request).service(address::confirm);
}

/// A person as they see themselves.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The person.
    id: PersonId,
    /// `citizen` or `guest`.
    #[schema(max_length = 20, example = "citizen")]
    kind: String,
    /// The language they are addressed in: `de` or `en`.
    #[schema(max_length = 5, example = "de")]
    locale: String,
    /// The account; guests have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, nullable = false)]
    account_id: Option<AccountId>,
    /// The account's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<EmailAddress>,
    /// The account's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<Phone>,
    /// How they wish to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<Name>,
}

impl From<&Profile> for Me {
    fn from(profile: &Profile) -> Self {
        let account = profile.account.as_ref();
        Self {
            id: profile.person.id,
            kind: profile.person.kind.to_string(),
            locale: profile.person.locale.to_string(),
            account_id: account.map(|account| account.id),
            email: account.and_then(|account| account.email.clone()),
            phone: account.and_then(|account| account.phone.clone()),
            name: account.and_then(|account| account.name.clone()),
        }
    }
}

fn answer(ctx: &Ctx<Person>, profile: &Profile, seen: &IfNoneMatch) -> HttpResponse {
    let tag = EntityTag::version(profile.person.version);
    read(&Me::from(profile), tag, seen, ctx.locale, Caching::Private)
}

/// Shows oneself
#[utoipa::path(tag = "me", operation_id = "getMe", security(("bearer" = [])),
    responses((status = 200, description = "You.", body = Me)))]
#[get("/v1/me")]
pub async fn show(
    PersonActor(ctx): PersonActor,
    seen: IfNoneMatch,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let profile = service::profile(&**store, &ctx).await?;
    Ok(answer(&ctx, &profile, &seen))
}

/// What is to be different.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchMe {
    /// The language to be addressed in.
    #[schema(nullable = false)]
    locale: Option<Locale>,
    /// How you wish to be called; null for not at all. Guests have no name.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 80, example = "Erika Muster")]
    name: Change<Name>,
}

/// Changes oneself
#[utoipa::path(tag = "me", operation_id = "updateMe", request_body = PatchMe, security(("bearer" = [])),
    params(IfMatchParams),
    responses((status = 200, description = "You, as you are now.", body = Me)))]
#[patch("/v1/me")]
pub async fn update(
    PersonActor(ctx): PersonActor,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchMe>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    let name = match body.value.name {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(name) => Some(Some(name)),
    };
    let changes = Changes { locale: body.value.locale, name };
    let profile = service::change(&**store, &ctx, version, changes).await?;
    Ok(answer(&ctx, &profile, &IfNoneMatch::default()))
}

/// Erases oneself
///
/// Account, sessions, devices, ties, photos and every text you wrote are gone at once and for good. Of
/// complaints the town hall keeps kind, office, states, dates and the place within about 100 m.
#[utoipa::path(tag = "me", operation_id = "deleteMe", security(("bearer" = [])),
    responses((status = 204, description = "Erased.")))]
#[delete("/v1/me")]
pub async fn erase(
    PersonActor(ctx): PersonActor,
    gate: Data<Gate>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::erase(&**store, &ctx).await?;
    gate.forget();
    Ok(HttpResponse::NoContent().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}
