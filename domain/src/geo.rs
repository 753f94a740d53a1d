//! Places on the map.

mod shape;

use geo::{Closest, Distance, Haversine, HaversineClosestPoint};
use serde::{Deserialize, Serialize};

use crate::error::Code;

pub use shape::{Bounds, Geometry, MAX_POINTS, MultiPolygon, swapped};

/// A point on the map, WGS 84 degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"lat": 51.5919, "lon": 12.5853}))]
pub struct Point {
    /// Latitude, north positive.
    #[schema(minimum = -90, maximum = 90)]
    pub lat: f64,
    /// Longitude, east positive.
    #[schema(minimum = -180, maximum = 180)]
    pub lon: f64,
}

impl Point {
    /// The point if it lies on the world.
    pub fn parse(lat: f64, lon: f64) -> Result<Self, Code> {
        if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) {
            Ok(Self { lat, lon })
        } else {
            Err(Code::OutOfRange)
        }
    }

    /// Metres to another point, along the surface of a round earth (haversine, within 0.5 %).
    pub fn distance(self, other: Self) -> f64 {
        Haversine.distance(geo::Point::from(self), geo::Point::from(other))
    }

    /// Metres to where a path comes nearest; none of one without points.
    pub fn distance_to_path(self, path: &[Self]) -> Option<f64> {
        let (here, line) = (geo::Point::from(self), path.iter().map(|point| geo::Point::from(*point)));
        match geo::LineString::from_iter(line).haversine_closest_point(&here) {
            Closest::Intersection(nearest) | Closest::SinglePoint(nearest) => {
                Some(Haversine.distance(here, nearest))
            }
            // It says so of paths with less than two points, and of those that go round the world.
            Closest::Indeterminate => path.iter().map(|point| self.distance(*point)).reduce(f64::min),
        }
    }

    /// The middle of the grid cell of about 100 m × 100 m the point lies in: what the public may
    /// know of a complaint's place. All points of a cell give the same answer, so many complaints
    /// of one house do not give the house away.
    pub fn coarse(self) -> Self {
        let lat = middle(self.lat, CELL_DEGREES);
        // Meridians meet at the poles: a cell there would be wider than the world.
        let lon = middle(self.lon, CELL_DEGREES / lat.to_radians().cos().max(0.01));
        Self { lat: lat.clamp(-90.0, 90.0), lon: lon.clamp(-180.0, 180.0) }
    }
}

/// How far a point can be from its [`Point::coarse`], in metres: half the diagonal of a cell.
pub const COARSE_WITHIN_M: u32 = 72;

/// About 100 m from south to north.
const CELL_DEGREES: f64 = 0.0009;

/// The middle of the cell of this width that `degrees` lies in, to five places (about a metre).
fn middle(degrees: f64, width: f64) -> f64 {
    let middle = ((degrees / width).floor() + 0.5) * width;
    (middle * 100_000.0).round() / 100_000.0
}

impl From<Point> for geo::Point<f64> {
    fn from(point: Point) -> Self {
        Self::new(point.lon, point.lat)
    }
}

#[cfg(test)]
#[path = "geo_tests.rs"]
mod tests;
