//! Districts and service areas, for everyone to read.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Scope, Store,
    geo::Geometry,
    municipalities::Area,
    page::{Page, Position},
    text::{Name, Slug},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    extract::{Listed, PageParams, PageQuery},
    municipalities::{FRESH_SECONDS, Town, TownPath},
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(list);
}

/// A district or a service area.
#[derive(Serialize, ToSchema)]
#[schema(as = Area)]
struct AreaView {
    /// Names it. Never changes.
    #[schema(example = "schnaditz")]
    code: Slug,
    /// Its name for people.
    #[schema(example = "Schnaditz")]
    name: Name,
    /// `district`, where people say they live, or `service_area`, where somebody is responsible.
    #[schema(max_length = 20, example = "district")]
    kind: String,
    /// Where it lies.
    geometry: Geometry,
}

impl From<Area> for AreaView {
    fn from(area: Area) -> Self {
        Self {
            code: area.code,
            name: area.name,
            kind: area.kind.to_string(),
            geometry: area.geometry.geometry(),
        }
    }
}

/// By name.
pub(crate) fn position(area: &Area) -> Position {
    Position { key: area.name.to_string(), id: area.id.0 }
}

/// List the areas
#[utoipa::path(tag = "municipalities", operation_id = "listAreas", security(()),
    params(TownPath, PageParams),
    responses((status = 200, description = "Areas by name.", body = Listed<AreaView>)))]
#[get("/v1/municipalities/{municipality}/areas")]
async fn list(
    store: Data<dyn Store>,
    Town(municipality): Town,
    query: PageQuery,
) -> Result<HttpResponse, Problem> {
    let all = store.read(Scope::Municipality(municipality.id)).await?.areas().await?;
    query.answer_public(Page::of(all, &query.request, position).map(AreaView::from), FRESH_SECONDS)
}
