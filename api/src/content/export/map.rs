//! Places and tours as GeoJSON (RFC 7946): longitude before latitude.

use actix_web::{HttpResponse, get, web::Data};
use domain::{
    Code, Error, Store,
    content::{Kind, library::Found},
    geo::Point,
    ids::ContentId,
};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::{MOST, all, file, of, send};
use crate::{
    content::{
        Shelves,
        filter::{Speak, spoken},
        view::{ContentView, Reader},
    },
    extract::{IfNoneMatch, Moment, ValidQuery},
    municipalities::{Town, TownPath},
    problem::Problem,
};

/// The routes.
pub fn routes(config: &mut ServiceConfig) {
    config.service(places).service(tours);
}

/// Places on a map (RFC 7946).
#[derive(Serialize, ToSchema)]
struct FeatureCollection {
    /// `FeatureCollection`.
    #[serde(rename = "type")]
    #[schema(max_length = 17, example = "FeatureCollection")]
    kind: &'static str,
    /// The places.
    #[schema(max_items = 1_000)]
    features: Vec<Feature>,
}

/// One place on a map.
#[derive(Serialize, ToSchema)]
struct Feature {
    /// `Feature`.
    #[serde(rename = "type")]
    #[schema(max_length = 7, example = "Feature")]
    kind: &'static str,
    /// Its identity.
    id: ContentId,
    /// Where it is.
    geometry: Shape,
    /// What it is.
    properties: ContentView,
}

/// A point or a line.
#[derive(Serialize, ToSchema)]
#[schema(as = PlaceGeometry, example = json!({"type": "Point", "coordinates": [12.5853, 51.5919]}))]
struct Shape {
    /// `Point` or `LineString`.
    #[serde(rename = "type")]
    #[schema(max_length = 10, pattern = "^(Point|LineString)$")]
    kind: &'static str,
    /// `[longitude, latitude]`, or a list of such pairs.
    #[schema(value_type = Vec<serde_json::Value>, max_items = 2_000)]
    coordinates: Value,
}

fn pair(point: &Point) -> Value {
    json!([point.lon, point.lat])
}

/// A tour is drawn as its path, everything else where it is.
fn shape(found: &Found) -> Option<Shape> {
    let sheet = &found.entry.content.sheet;
    match sheet.tour.as_ref().map(|tour| tour.path.as_slice()) {
        Some(path) if !path.is_empty() => {
            Some(Shape { kind: "LineString", coordinates: path.iter().map(pair).collect() })
        }
        _ => sheet.location.as_ref().map(|place| Shape { kind: "Point", coordinates: pair(place) }),
    }
}

macro_rules! map_of {
    ($(#[doc = $doc:literal])+ $name:ident, $kind:ident, $operation:literal, $path:literal, $file:literal) => {
        $(#[doc = $doc])+
        #[utoipa::path(tag = "content", operation_id = $operation, security(()),
            params(TownPath, Speak),
            responses((status = 200, description = "What has a place.", body = FeatureCollection, content_type = "application/geo+json")))]
        #[get($path)]
        async fn $name(
            store: Data<dyn Store>,
            shelves: Data<Shelves>,
            Town(town): Town,
            moment: Moment,
            query: ValidQuery<Speak>,
            seen: IfNoneMatch,
        ) -> Result<HttpResponse, Problem> {
            let (now, locale) = (moment.ctx.now, moment.ctx.locale);
            let language = spoken(query.language.as_ref(), locale);
            let shelf = shelves.of(&**store, town, now).await?;
            let question = format!("{} {}", $file, language.as_str());
            let map = shelf.answer(question, now, |library| {
                let reader = Reader { library, language, now };
                let feature = |found: &Found| {
                    let (geometry, properties) = (shape(found)?, reader.listed(found)?);
                    Some(Feature { kind: "Feature", id: found.entry.content.id, geometry, properties })
                };
                let features = all(library, &of(Kind::$kind), now, MOST).iter().filter_map(feature).collect();
                let map = FeatureCollection { kind: "FeatureCollection", features };
                file(serde_json::to_vec(&map).map_err(|_| Error::refused(Code::Internal))?)
            })?;
            Ok(send(map, "application/geo+json", $file, &seen, locale))
        }
    };
}

map_of! {
    /// Draw the places on a map
    ///
    /// GeoJSON (RFC 7946), at most 1,000.
    places, Place, "getPlaceMap", "/v1/municipalities/{municipality}/places.geojson", "places.geojson"
}
map_of! {
    /// Draw the tours on a map
    ///
    /// GeoJSON (RFC 7946), at most 1,000.
    tours, Tour, "getTourMap", "/v1/municipalities/{municipality}/tours.geojson", "tours.geojson"
}
