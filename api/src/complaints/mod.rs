//! Complaints, from the side of those who report them and of everyone else.

mod comments;
mod confirmation;
mod intakes;
mod objection;
mod own;
mod submit;
mod support;
mod withdrawal;

use utoipa_actix_web::service_config::ServiceConfig;

pub use intakes::Intakes;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(submit::submit)
        .service(comments::comment)
        .service(withdrawal::withdraw)
        .service(objection::object_to)
        .service(support::support)
        .service(confirmation::confirm);
}
