//! People without a smartphone: registered by those who know them, or by the town hall.

mod body;
mod imports;
mod letter;
pub mod links;
mod mine;
mod proxies;
mod record;
mod staff;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(mine::routes)
        .configure(proxies::routes)
        .configure(staff::routes)
        .configure(imports::routes)
        .configure(letter::routes);
}
