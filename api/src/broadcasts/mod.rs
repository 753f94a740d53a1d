//! Broadcasts, as staff write, check, send and follow them.

mod act;
mod body;
mod course;
mod decide;
mod follow;
pub mod link;
mod people;
mod segments;
mod templates;
mod view;
mod write;

use domain::ids::MessageId;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(write::list)
        .service(write::create)
        .service(write::show)
        .service(write::change)
        .service(decide::preview)
        .service(decide::test)
        .service(decide::submit)
        .service(decide::approve)
        .service(decide::cancel)
        .service(follow::report)
        .service(follow::deliveries)
        .service(act::inform)
        .service(act::send_again)
        .service(templates::list)
        .service(templates::create)
        .service(templates::show)
        .service(templates::show_version)
        .service(templates::change)
        .service(templates::remove)
        .service(segments::list)
        .service(segments::create)
        .service(segments::show)
        .service(segments::change)
        .service(segments::remove);
}

/// The part of a path that names a broadcast.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct BroadcastPath {
    /// The broadcast.
    #[param(value_type = uuid::Uuid)]
    broadcast: MessageId,
}
