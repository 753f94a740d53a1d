//! Complaints, from the side of those who report them and of everyone else.

mod claim;
mod comments;
mod confirmation;
mod intakes;
mod objection;
mod own;
mod public;
mod submit;
mod support;
mod views;
mod withdrawal;

use domain::ids::ComplaintId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub use intakes::Intakes;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(submit::submit)
        .service(public::list)
        // Before the complaints themselves: `nearby` is none.
        .service(public::nearby)
        .service(own::show)
        .service(own::mine)
        .service(comments::comment)
        .service(withdrawal::withdraw)
        .service(objection::object_to)
        .service(support::support)
        .service(confirmation::confirm)
        .service(confirmation::send_again);
}

/// The part of a path that names a complaint.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ComplaintPath {
    /// The complaint.
    #[param(value_type = uuid::Uuid)]
    pub complaint: ComplaintId,
}
