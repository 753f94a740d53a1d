//! Complaints, from the side of those who report them and of everyone else.

mod intakes;
mod submit;

use utoipa_actix_web::service_config::ServiceConfig;

pub use intakes::Intakes;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(submit::submit);
}
