//! News, places, tours, contacts, events and gazettes: for everybody to read, for staff to write.

mod changes;
mod export;
mod files;
mod filter;
mod public;
mod shelf;
mod sources;
mod staff;
mod view;

use domain::ids::{ContentFileId, ContentId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub use shelf::Shelves;

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config
        .configure(public::routes)
        .configure(changes::routes)
        .configure(files::routes)
        .configure(export::routes)
        .configure(staff::routes)
        .configure(sources::routes);
}

/// The part of a path that names a piece of content.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct ContentPath {
    /// The piece.
    #[param(value_type = uuid::Uuid)]
    content: ContentId,
}

/// The part of a path that names a picture or document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
struct FilePath {
    /// The file.
    #[param(value_type = uuid::Uuid)]
    content_file: ContentFileId,
}
