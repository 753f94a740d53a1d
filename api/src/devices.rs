//! Phones that are told something.

use actix_web::{
    HttpResponse, delete, get, post, put,
    web::{self, Data},
};
use domain::{
    Error, Locale, Store,
    citizens::{Device, Registration, service},
    deliveries::{Platform, PushAddress, PushEnvironment},
    ids::{DeviceId, SessionId},
    page::{Page, Position},
    text::{AppName, AppVersion, PushToken},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::PersonActor,
    extract::{Listed, PageParams, PageQuery, ValidJson},
    problem::{Problem, parameter},
    time::Time,
};

/// The app of installations that have only one.
pub(crate) const DEFAULT_APP: &str = "default";

/// The routes of devices.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list).service(register).service(remove).service(test);
}

/// What an app says about itself.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutDevice {
    /// What it runs on.
    platform: Platform,
    /// The push token: FCM's registration token, or APNs' device token in hexadecimal digits.
    token: PushToken,
    /// Which of the installation's apps it is; `default` where absent.
    #[schema(nullable = false)]
    app: Option<AppName>,
    /// Which of Apple's services knows the token.
    #[schema(nullable = false)]
    environment: Option<PushEnvironment>,
    /// The version of the app.
    #[schema(nullable = false)]
    app_version: Option<AppVersion>,
    /// The language of the device; that of the request where absent.
    #[schema(nullable = false)]
    locale: Option<Locale>,
}

/// A phone that registered for push messages. Its token is not shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
struct DeviceView {
    /// The installation's own id.
    id: DeviceId,
    /// What it runs on: `ios` or `android`.
    #[schema(max_length = 16, example = "android")]
    platform: String,
    /// Which of the installation's apps it is.
    app: AppName,
    /// The version of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    app_version: Option<AppVersion>,
    /// The language of the device.
    #[schema(max_length = 5, example = "de")]
    locale: String,
    /// When it last registered, which apps do at each start.
    registered_at: Time,
    /// The session it is signed in with: ending that removes the device. Absent until its app starts again
    /// where it registered before this was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = uuid::Uuid, required = false)]
    session: Option<SessionId>,
    /// Whether it is the one that asks.
    current: bool,
}

/// List one's devices
///
/// The one that registered last comes first. To sign one out, end its session.
#[utoipa::path(tag = "me", operation_id = "listDevices", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "Devices.", body = Listed<DeviceView>)))]
#[get("/v1/me/devices")]
pub async fn list(
    PersonActor(ctx): PersonActor,
    store: Data<dyn Store>,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    // Positions ascend: the time until the end of days does so where the last registration descends.
    let position = |device: &Device| {
        let left = i64::MAX - device.registered_at.timestamp_micros();
        Position { key: format!("{left:020}"), id: device.registration.device.0 }
    };
    let page = Page::of(service::devices(&**store, &ctx).await?, &query.request, position);
    query.answer(page.map(|device| DeviceView {
        id: device.registration.device,
        platform: device.registration.address.platform.to_string(),
        app: device.registration.app,
        app_version: device.registration.app_version,
        locale: device.registration.locale.to_string(),
        registered_at: device.registered_at.into(),
        session: device.session,
        current: device.session == Some(ctx.actor.session),
    }))
}

/// Registers a device
///
/// At each start of the app and whenever the token changes. The id is a UUID the app made once when
/// it was installed. A token belongs to whoever registered it last. The device goes with the session it
/// registered in, or by `DELETE`. At most 20 of one person: beyond that the
/// one that registered longest ago goes.
#[utoipa::path(tag = "me", operation_id = "putDevice", request_body = PutDevice, security(("bearer" = [])),
    params(("device_id" = uuid::Uuid, Path, description = "The installation's own id.")),
    responses((status = 204, description = "Registered.")))]
#[put("/v1/me/devices/{device_id}")]
pub async fn register(
    PersonActor(ctx): PersonActor,
    device: web::Path<DeviceId>,
    body: ValidJson<PutDevice>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    // Made by an app that forgot to make one: all its phones would be the same.
    if device.0.is_nil() {
        return Err(parameter("device_id"));
    }
    let PutDevice { platform, token, app, environment, app_version, locale } = body.value;
    let app = match app {
        Some(app) => app,
        None => AppName::parse(DEFAULT_APP).map_err(|_| parameter("app"))?,
    };
    let address = PushAddress::new(platform, token, environment);
    let registration = Registration {
        device: device.into_inner(),
        address: address.map_err(|code| Error::invalid("/token", code))?,
        app,
        app_version,
        locale: locale.unwrap_or(ctx.locale),
    };
    service::register_device(&**store, &ctx, &registration).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes a device
///
/// Nothing is sent to it from now on.
#[utoipa::path(tag = "me", operation_id = "deleteDevice", security(("bearer" = [])),
    params(("device_id" = uuid::Uuid, Path, description = "The installation's own id.")),
    responses((status = 204, description = "Removed.")))]
#[delete("/v1/me/devices/{device_id}")]
pub async fn remove(
    PersonActor(ctx): PersonActor,
    device: web::Path<DeviceId>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::remove_device(&**store, &ctx, device.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a test to one's own device
///
/// In the name of the municipality followed longest; 409 where none is followed yet.
#[utoipa::path(tag = "me", operation_id = "testDevice", security(("bearer" = [])),
    params(("device_id" = uuid::Uuid, Path, description = "The installation's own id.")),
    responses((status = 202, description = "On its way.")))]
#[post("/v1/me/devices/{device_id}/test")]
pub async fn test(
    PersonActor(ctx): PersonActor,
    device: web::Path<DeviceId>,
    store: Data<dyn Store>,
) -> Result<HttpResponse, Problem> {
    service::test_device(&**store, &ctx, device.into_inner()).await?;
    Ok(HttpResponse::Accepted().finish())
}
