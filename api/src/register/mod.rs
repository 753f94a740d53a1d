//! What a town hall keeps about itself, for its staff with the right role.

pub(crate) mod addresses;
mod api_keys;
mod areas;
mod categories;
mod departments;
mod legal;
mod retention;
mod settings;
mod staff;
mod topics;
mod waste;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(departments::routes)
        .configure(categories::routes)
        .configure(areas::routes)
        .configure(topics::routes)
        .configure(addresses::routes)
        .configure(waste::routes)
        .configure(settings::routes)
        .configure(legal::routes)
        .configure(retention::routes)
        .configure(staff::routes)
        .configure(api_keys::routes);
}
