//! What an app asks at its start: whether it is still good, and whether something is to be said to everybody.

use actix_web::{
    HttpResponse, get,
    web::{Bytes, Data, Path},
};
use domain::{
    Code, Error,
    text::{AppName, AppVersion, Name},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    config::Config,
    devices::DEFAULT_APP,
    extract::{AcceptLanguage, EntityTag, IfNoneMatch},
    municipalities::FRESH_SECONDS,
    problem::Problem,
    reply::{Caching, written},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show);
}

/// The part of a path that names an app.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct AppPath {
    /// The app, as in `app` of a device; `default` where an installation has only one.
    app: AppName,
}

/// What the operator says about an app.
#[derive(Serialize, ToSchema)]
#[schema(as = App)]
struct AppView {
    /// The oldest version that may go on; one that is older asks its user to update. Absent: every version may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    minimum_version: Option<AppVersion>,
    /// What to show on start, such as an interruption that was announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Am Sonntag von 2 bis 4 Uhr nicht erreichbar.")]
    maintenance_notice: Option<Name>,
}

/// Show what an app should know at its start
#[utoipa::path(tag = "service", operation_id = "getApp", security(()), params(AppPath),
    responses((status = 200, description = "What the operator says.", body = AppView)))]
#[get("/v1/apps/{app}")]
async fn show(
    config: Data<Config>,
    path: Path<AppPath>,
    seen: IfNoneMatch,
    AcceptLanguage(locale): AcceptLanguage,
) -> Result<HttpResponse, Problem> {
    let app = config.push.apps.get(path.app.as_str());
    if app.is_none() && path.app.as_str() != DEFAULT_APP {
        return Err(Error::not_found().into());
    }
    let notice = app.and_then(|app| app.maintenance_notice.as_ref());
    let view = AppView {
        minimum_version: app.and_then(|app| app.minimum_version.clone()),
        maintenance_notice: notice.map(|words| words.in_locale(locale).clone()),
    };
    let body = Bytes::from(serde_json::to_vec(&view).map_err(|_| Error::refused(Code::Internal))?);
    let tag = EntityTag::content(&body);
    Ok(written(body, tag, &seen, locale, Caching::Public { seconds: FRESH_SECONDS }))
}
