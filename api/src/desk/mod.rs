//! The town hall's side of complaints: the staff's inbox, and the page behind a department's link.

mod change;
mod inbox;
pub mod link;
mod page;
mod routing;
mod view;
mod words;

pub use words::Said;

use domain::ids::{ComplaintId, PhotoId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::complaints::ComplaintPath;

/// The staff's routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(inbox::list)
        .service(inbox::show)
        .service(inbox::history)
        .service(routing::show)
        .service(change::edit)
        .service(change::transition)
        .service(change::comment)
        .service(change::release)
        .service(change::withdraw_release);
}

/// The part of a path that names a photo of a complaint.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct PhotoPath {
    /// The complaint.
    #[param(value_type = uuid::Uuid)]
    complaint: ComplaintId,
    /// The photo.
    #[param(value_type = uuid::Uuid)]
    photo: PhotoId,
}
