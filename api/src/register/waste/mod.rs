//! The waste calendar, as staff keep it.

mod calendars;
mod changes;
mod imports;
mod table;
mod types;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(types::routes)
        .configure(calendars::routes)
        .configure(changes::routes)
        .configure(imports::routes);
}
