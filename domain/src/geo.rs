//! Places on the map.

use serde::{Deserialize, Serialize};

use crate::error::Code;

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
}
