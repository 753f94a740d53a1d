//! What a town hall decides about itself, and its boundary.

use actix_web::{HttpResponse, delete, get, patch, put, web::Data};
use chrono_tz::Tz;
use domain::{
    Code, Locale, Store,
    broadcasts::{Prices, TownLadders, TownWaits},
    geo::{Geometry, MultiPolygon},
    municipalities::{
        Municipality,
        service::settings::{self as service, SettingsChange},
    },
    phone::Phone,
    text::{EmailAddress, Name, Slug, TimeZoneName, WebAddress},
    time::FederalState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::{Gate, StaffActor},
    config::Config,
    extract::{Change, EntityTag, IfMatch, IfMatchParams, IfNoneMatch, ValidJson},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show).service(change).service(boundary).service(draw).service(erase);
}

/// What changes about a town hall.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct PatchSettings {
    /// Its name for people.
    #[schema(nullable = false)]
    name: Option<Name>,
    /// The Land whose holidays it keeps: the two letters of ISO 3166-2:DE.
    #[schema(nullable = false)]
    state: Option<FederalState>,
    /// Where its working day begins and ends, as IANA names it.
    #[schema(nullable = false)]
    time_zone: Option<TimeZoneName>,
    /// The language of letters to somebody whose own is not known.
    #[schema(nullable = false)]
    default_locale: Option<Locale>,
    /// Whether reports without an account are accepted.
    #[schema(nullable = false)]
    accepts_guests: Option<bool>,
    /// Whether a guest's report waits for a code sent by e-mail.
    #[schema(nullable = false)]
    guests_confirm_by_email: Option<bool>,
    /// Whether reports without any contact are accepted.
    #[schema(nullable = false)]
    accepts_anonymous: Option<bool>,
    /// Reports a guest may file within 24 hours.
    #[schema(nullable = false, minimum = 1, maximum = 100, example = 5)]
    #[validate(range(min = 1, max = 100))]
    guest_reports_per_day: Option<u32>,
    /// Whether the staff comes in with a second factor only.
    #[schema(nullable = false, example = false)]
    requires_second_factor: Option<bool>,
    /// Seconds until the next rung of a crisis that nobody acknowledged, as a whole; what is absent is as on
    /// the installation.
    #[schema(nullable = false)]
    waits: Option<TownWaits>,
    /// The reach ladders of crises and of important messages, as a whole. Without a ladder of its own a crisis
    /// climbs as `waits` says, and an important message does not climb. A broadcast keeps the ladder it began with.
    #[schema(nullable = false)]
    ladders: Option<TownLadders>,
    /// What text messages and calls cost, in tenths of a euro cent, as a whole; what is absent is not known.
    #[schema(nullable = false)]
    prices: Option<Prices>,
    /// The mailbox for questions that are no complaint; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "email", min_length = 3, max_length = 254, example = "rathaus@example.org")]
    contact_email: Change<EmailAddress>,
    /// The number for such questions, with country code; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 8, max_length = 16, pattern = "^\\+[1-9][0-9]{6,14}$", example = "+493424312345")]
    contact_phone: Change<Phone>,
    /// The town hall's own pages; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "uri", min_length = 10, max_length = 200, example = "https://www.bad-dueben.example/")]
    website: Change<WebAddress>,
}

/// A town hall, as its admins see it.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
struct SettingsView {
    /// Its name in addresses of this API. Whoever runs the installation decides it.
    slug: Slug,
    /// Its name for people.
    name: Name,
    /// The Land whose holidays it keeps: the two letters of ISO 3166-2:DE.
    #[schema(max_length = 2, example = "SN")]
    state: String,
    /// Where its working day begins and ends, as IANA names it.
    #[schema(max_length = 60, example = "Europe/Berlin")]
    time_zone: String,
    /// What its references begin with. Whoever runs the installation decides it.
    #[schema(max_length = 8, example = "BD")]
    reference_prefix: String,
    /// Amtlicher Regionalschlüssel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 12, example = "147300020020")]
    ars: Option<String>,
    /// The language of letters to somebody whose own is not known.
    #[schema(max_length = 5, example = "de")]
    default_locale: String,
    /// Whether reports without an account are accepted.
    accepts_guests: bool,
    /// Whether a guest's report waits for a code sent by e-mail.
    guests_confirm_by_email: bool,
    /// Whether reports without any contact are accepted.
    accepts_anonymous: bool,
    /// Reports a guest may file within 24 hours.
    #[schema(minimum = 1, maximum = 100, example = 5)]
    guest_reports_per_day: u32,
    /// Whether the staff comes in with a second factor only.
    requires_second_factor: bool,
    /// Seconds until the next rung of a crisis that nobody acknowledged; what is absent is as on the
    /// installation.
    waits: TownWaits,
    /// The town's own reach ladders; what is absent is as `waits` says for a crisis, and none otherwise.
    ladders: TownLadders,
    /// What text messages and calls cost, in tenths of a euro cent; what is absent is not known.
    prices: Prices,
    /// The mailbox for questions that are no complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact_email: Option<EmailAddress>,
    /// The number for such questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    contact_phone: Option<Phone>,
    /// The town hall's own pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    website: Option<WebAddress>,
    /// Whether there is a boundary; without one every place is accepted.
    has_boundary: bool,
}

impl From<Municipality> for SettingsView {
    fn from(town: Municipality) -> Self {
        let settings = town.settings;
        Self {
            slug: town.slug,
            name: town.name,
            state: town.state.to_string(),
            time_zone: town.time_zone.name().to_owned(),
            reference_prefix: town.reference_prefix,
            ars: town.ars,
            default_locale: settings.default_locale.to_string(),
            accepts_guests: settings.accepts_guests,
            guests_confirm_by_email: settings.guests_confirm_by_email,
            accepts_anonymous: settings.accepts_anonymous,
            guest_reports_per_day: settings.guest_reports_per_day,
            requires_second_factor: settings.requires_second_factor,
            waits: settings.waits,
            ladders: settings.ladders,
            prices: settings.prices,
            contact_email: settings.contact_email,
            contact_phone: settings.contact_phone,
            website: settings.website,
            has_boundary: town.boundary.is_some(),
        }
    }
}

/// Show the settings
#[utoipa::path(tag = "register", operation_id = "getSettings", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "The settings.", body = SettingsView)))]
#[get("/v1/municipalities/{municipality}/admin/settings")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let town = service::get(store.as_ref(), &ctx).await?;
    let tag = EntityTag::version(town.version);
    Ok(read(&SettingsView::from(town), tag, &seen, ctx.locale, Caching::Private))
}

/// Change the settings
///
/// Reports that come from now on are put to what is new; what was promised before stays.
#[utoipa::path(tag = "register", operation_id = "patchSettings", security(("bearer" = [])),
    params(TownPath, IfMatchParams),
    request_body(content = PatchSettings, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The settings now.", body = SettingsView)))]
#[patch("/v1/municipalities/{municipality}/admin/settings")]
async fn change(
    store: Data<dyn Store>,
    config: Data<Config>,
    gate: Data<Gate>,
    StaffActor(ctx): StaffActor,
    IfMatch(version): IfMatch,
    body: ValidJson<PatchSettings>,
) -> Result<HttpResponse, Problem> {
    let body = body.value;
    if body.guests_confirm_by_email == Some(true) && config.email.smtp_url.is_none() {
        return Err(Problem::invalid("/guests_confirm_by_email", Code::ChannelUnavailable));
    }
    let change = SettingsChange {
        name: body.name,
        state: body.state,
        time_zone: body.time_zone.as_ref().map(time_zone).transpose()?,
        default_locale: body.default_locale,
        accepts_guests: body.accepts_guests,
        guests_confirm_by_email: body.guests_confirm_by_email,
        accepts_anonymous: body.accepts_anonymous,
        guest_reports_per_day: body.guest_reports_per_day,
        requires_second_factor: body.requires_second_factor,
        waits: body.waits,
        ladders: body.ladders,
        prices: body.prices,
        contact_email: body.contact_email.wanted(),
        contact_phone: body.contact_phone.wanted(),
        website: body.website.wanted(),
    };
    let town = service::change(store.as_ref(), &ctx, version, change).await?;
    // Whoever has no second factor may be out now.
    gate.forget();
    Ok(changed(town.version, &SettingsView::from(town)))
}

fn time_zone(name: &TimeZoneName) -> Result<Tz, Problem> {
    name.as_str().parse().map_err(|_| Problem::invalid("/time_zone", Code::NotAllowed))
}

/// Show the boundary
///
/// Its `ETag` is that of the settings.
#[utoipa::path(tag = "register", operation_id = "getBoundary", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "The boundary.", body = Geometry)))]
#[get("/v1/municipalities/{municipality}/admin/settings/boundary")]
async fn boundary(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let town = service::get(store.as_ref(), &ctx).await?;
    let boundary = town.boundary.ok_or_else(|| Problem::new(Code::NotFound))?;
    let tag = EntityTag::version(town.version);
    Ok(read(&boundary.geometry(), tag, &seen, ctx.locale, Caching::Private))
}

/// A boundary as GeoJSON geometry.
#[derive(Deserialize, Validate)]
#[serde(transparent)]
struct Boundary {
    geometry: Geometry,
}

/// Draw the boundary
///
/// Places outside are refused from now on; what was reported before stays. `If-Match` takes the `ETag`
/// of the settings.
#[utoipa::path(tag = "register", operation_id = "putBoundary", security(("bearer" = [])),
    params(TownPath, IfMatchParams),
    request_body = Geometry,
    responses((status = 200, description = "The boundary now.", body = Geometry)))]
#[put("/v1/municipalities/{municipality}/admin/settings/boundary")]
async fn draw(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    IfMatch(version): IfMatch,
    body: ValidJson<Boundary>,
) -> Result<HttpResponse, Problem> {
    let drawn = MultiPolygon::parse(&body.value.geometry).map_err(|code| Problem::invalid("", code))?;
    let geometry = drawn.geometry();
    let town = service::set_boundary(store.as_ref(), &ctx, version, Some(drawn)).await?;
    Ok(changed(town.version, &geometry))
}

/// Take the boundary away
///
/// From then on every place is accepted. `If-Match` takes the `ETag` of the settings.
#[utoipa::path(tag = "register", operation_id = "deleteBoundary", security(("bearer" = [])),
    params(TownPath, IfMatchParams),
    responses((status = 204, description = "There is no boundary any more.")))]
#[delete("/v1/municipalities/{municipality}/admin/settings/boundary")]
async fn erase(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    IfMatch(version): IfMatch,
) -> Result<HttpResponse, Problem> {
    let town = service::get(store.as_ref(), &ctx).await?;
    if town.boundary.is_none() {
        return Err(Problem::new(Code::NotFound));
    }
    service::set_boundary(store.as_ref(), &ctx, version, None).await?;
    Ok(HttpResponse::NoContent().finish())
}
