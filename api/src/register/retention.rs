//! How long a town hall keeps what it keeps.

use actix_web::{HttpResponse, get, put, web::Data};
use domain::{Store, municipalities::service::settings as service, privacy::Periods};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use validator::Validate;

use crate::{
    auth::StaffActor,
    extract::{EntityTag, IfMatch, IfMatchParams, IfNoneMatch, ValidJson},
    municipalities::TownPath,
    problem::Problem,
    reply::{Caching, changed, read},
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(show).service(replace);
}

/// How long what is kept is kept, in days.
#[derive(Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct Retention {
    /// So long after it was worthless, a message goes.
    #[schema(minimum = 7, maximum = 1825, example = 90)]
    message_days: u32,
    /// So long after, what was sent of it goes: not longer than the message.
    #[schema(minimum = 7, maximum = 1825, example = 90)]
    delivery_days: u32,
    /// So long after it was closed, a complaint loses what says whose it was.
    #[schema(minimum = 30, maximum = 3650, example = 365)]
    complaint_days: u32,
}

impl From<Periods> for Retention {
    fn from(periods: Periods) -> Self {
        let Periods { message_days, delivery_days, complaint_days } = periods;
        Self { message_days, delivery_days, complaint_days }
    }
}

/// Show how long what is kept is kept
///
/// Its `ETag` is that of the settings.
#[utoipa::path(tag = "register", operation_id = "getRetention", security(("bearer" = [])), params(TownPath),
    responses((status = 200, description = "The periods.", body = Retention)))]
#[get("/v1/municipalities/{municipality}/admin/settings/retention")]
async fn show(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    seen: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let town = service::get(store.as_ref(), &ctx).await?;
    let tag = EntityTag::version(town.version);
    Ok(read(&Retention::from(town.settings.retention), tag, &seen, ctx.locale, Caching::Private))
}

/// Decide how long what is kept is kept
///
/// Takes effect in the next night. `If-Match` takes the `ETag` of the settings.
#[utoipa::path(tag = "register", operation_id = "putRetention", security(("bearer" = [])),
    params(TownPath, IfMatchParams),
    request_body = Retention,
    responses((status = 200, description = "The periods now.", body = Retention)))]
#[put("/v1/municipalities/{municipality}/admin/settings/retention")]
async fn replace(
    store: Data<dyn Store>,
    StaffActor(ctx): StaffActor,
    IfMatch(version): IfMatch,
    body: ValidJson<Retention>,
) -> Result<HttpResponse, Problem> {
    let Retention { message_days, delivery_days, complaint_days } = body.value;
    let periods = Periods { message_days, delivery_days, complaint_days };
    let town = service::set_retention(store.as_ref(), &ctx, version, periods).await?;
    Ok(changed(town.version, &Retention::from(town.settings.retention)))
}
