//! Polygons: the town's boundary, its districts, a department's area.

use geo::{Area, BoundingRect, Coord, CoordsIter, Intersects, LineString, Polygon, Validation};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::Point;
use crate::{error::Code, text::BadText};

/// Points one geometry may have.
pub const MAX_POINTS: usize = 10_000;

/// A geometry as GeoJSON writes it (RFC 7946): a `Polygon` or a `MultiPolygon`, longitude before
/// latitude, the first ring of a polygon its outline, further rings holes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "Polygon", "coordinates": [[[12.57, 51.58], [12.60, 51.58], [12.60, 51.60], [12.57, 51.60], [12.57, 51.58]]]}))]
pub struct Geometry {
    /// `Polygon` or `MultiPolygon`.
    #[serde(rename = "type", deserialize_with = "kind")]
    #[schema(max_length = 12, pattern = "^(Polygon|MultiPolygon)$")]
    pub kind: String,
    /// Rings of `[longitude, latitude]` pairs; for a `MultiPolygon` a list of such polygons. 10,000 points at
    /// most, of which a ring has four at least.
    #[schema(value_type = Vec<serde_json::Value>, max_items = 2_500)]
    pub coordinates: serde_json::Value,
}

/// No longer than the longest of the two: the rest is checked with the coordinates.
fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let kind = String::deserialize(from)?;
    if kind.len() > 12 {
        return Err(D::Error::custom(BadText(Code::TooLong)));
    }
    Ok(kind)
}

/// The smallest rectangle of degrees around something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least longitude.
    pub west: f64,
    /// Least latitude.
    pub south: f64,
    /// Greatest longitude.
    pub east: f64,
    /// Greatest latitude.
    pub north: f64,
}

impl Bounds {
    /// Whether a point lies in it, border included.
    pub fn contains(self, point: Point) -> bool {
        self.west <= point.lon && point.lon <= self.east && self.south <= point.lat && point.lat <= self.north
    }
}

/// One or more polygons with holes, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiPolygon {
    polygons: Vec<Polygon<f64>>,
    bounds: Bounds,
}

/// Positions as GeoJSON nests them. A third number, the height, is accepted and dropped.
type Position = Vec<f64>;
type Rings = Vec<Vec<Position>>;

impl MultiPolygon {
    /// The polygons of a geometry; [`Code::GeometryInvalid`] unless it is a `Polygon` or
    /// `MultiPolygon` of closed rings of at least four points that lie on the world and enclose
    /// something, [`Code::TooMany`] beyond [`MAX_POINTS`].
    ///
    /// Latitude before longitude, the commonest mistake, is refused where it can be told: when no
    /// point lies in or around Germany as written, but every one does with its numbers swapped.
    pub fn parse(geometry: &Geometry) -> Result<Self, Code> {
        let read = |_| Code::GeometryInvalid;
        let polygons: Vec<Rings> = match geometry.kind.as_str() {
            "Polygon" => vec![Rings::deserialize(&geometry.coordinates).map_err(read)?],
            "MultiPolygon" => Vec::deserialize(&geometry.coordinates).map_err(read)?,
            _ => return Err(Code::GeometryInvalid),
        };
        let points: usize = polygons.iter().flatten().map(Vec::len).sum();
        if points > MAX_POINTS {
            return Err(Code::TooMany);
        }
        let polygons = polygons.into_iter().map(polygon).collect::<Result<Vec<_>, Code>>()?;
        let coords = || polygons.iter().flat_map(|polygon| polygon.exterior().coords());
        if !coords().any(|c| near_germany(c.x, c.y)) && coords().all(|c| near_germany(c.y, c.x)) {
            return Err(Code::GeometryInvalid);
        }
        let bounds = geo::MultiPolygon(polygons.clone()).bounding_rect().ok_or(Code::GeometryInvalid)?;
        Ok(Self {
            polygons,
            bounds: Bounds {
                west: bounds.min().x,
                south: bounds.min().y,
                east: bounds.max().x,
                north: bounds.max().y,
            },
        })
    }

    /// How many points it has, first and last of a ring counted each.
    pub fn points(&self) -> usize {
        self.polygons.iter().map(CoordsIter::coords_count).sum()
    }

    /// Whether no ring crosses itself or another (OGC simple features).
    pub fn is_simple(&self) -> bool {
        self.polygons.iter().all(Validation::is_valid)
    }

    /// The sides of all rings, each from one point to the next.
    pub fn sides(&self) -> impl Iterator<Item = (Point, Point)> + '_ {
        let point = |c: Coord<f64>| Point { lat: c.y, lon: c.x };
        let rings = self
            .polygons
            .iter()
            .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
        rings.flat_map(LineString::lines).map(move |line| (point(line.start), point(line.end)))
    }

    /// The smallest rectangle around all polygons.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Whether a point lies inside, borders included, holes not.
    pub fn contains(&self, point: Point) -> bool {
        let place = geo::Point::from(point);
        self.bounds.contains(point) && self.polygons.iter().any(|polygon| polygon.intersects(&place))
    }

    /// The geometry as GeoJSON: a `Polygon` where there is one, else a `MultiPolygon`.
    pub fn geometry(&self) -> Geometry {
        let rings = |polygon: &Polygon<f64>| -> Rings {
            std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .map(|ring| ring.coords().map(|c| vec![c.x, c.y]).collect())
                .collect()
        };
        match self.polygons.as_slice() {
            [single] => {
                Geometry { kind: "Polygon".to_owned(), coordinates: serde_json::json!(rings(single)) }
            }
            several => Geometry {
                kind: "MultiPolygon".to_owned(),
                coordinates: serde_json::json!(several.iter().map(rings).collect::<Vec<_>>()),
            },
        }
    }
}

fn polygon(rings: Rings) -> Result<Polygon<f64>, Code> {
    let mut rings = rings.into_iter().map(ring);
    let outline = rings.next().ok_or(Code::GeometryInvalid)??;
    let holes = rings.collect::<Result<Vec<_>, Code>>()?;
    let polygon = Polygon::new(outline, holes);
    if polygon.unsigned_area() > 0.0 { Ok(polygon) } else { Err(Code::GeometryInvalid) }
}

fn ring(positions: Vec<Position>) -> Result<LineString<f64>, Code> {
    let coords = positions.iter().map(|position| coord(position)).collect::<Result<Vec<_>, Code>>()?;
    if coords.len() < 4 || coords.first() != coords.last() {
        return Err(Code::GeometryInvalid);
    }
    Ok(LineString(coords))
}

fn coord(position: &[f64]) -> Result<Coord<f64>, Code> {
    match *position {
        [lon, lat] | [lon, lat, _] => {
            let point = Point::parse(lat, lon).map_err(|_| Code::GeometryInvalid)?;
            Ok(Coord { x: point.lon, y: point.lat })
        }
        _ => Err(Code::GeometryInvalid),
    }
}

/// Whether latitude and longitude stand in each other's place: the point lies nowhere near Germany, and does
/// with its numbers swapped.
pub fn swapped(point: Point) -> bool {
    !near_germany(point.lon, point.lat) && near_germany(point.lat, point.lon)
}

/// Germany with about a degree around it.
fn near_germany(lon: f64, lat: f64) -> bool {
    (4.8..=16.1).contains(&lon) && (46.2..=56.1).contains(&lat)
}
