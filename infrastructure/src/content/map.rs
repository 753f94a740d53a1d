//! Places and tours out of GeoJSON (RFC 7946) or what Overpass answers, with the tags of OpenStreetMap.

use domain::{
    Code, Error, Result,
    content::{
        Kind, Sheet, Tour,
        sources::{Fault, Item, import::MOST_ITEMS},
    },
    geo::Point,
};
use geo::InteriorPoint;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{osm, overpass};

/// The features one by one: what is wrong about one is told of that one.
#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "type")]
    kind: String,
    features: Vec<Value>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    id: Option<Value>,
    geometry: Option<Shape>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

/// Longitude, latitude, and perhaps a height.
#[derive(Deserialize)]
#[serde(try_from = "Vec<f64>")]
struct Position(f64, f64);

impl TryFrom<Vec<f64>> for Position {
    type Error = &'static str;

    fn try_from(numbers: Vec<f64>) -> Result<Self, &'static str> {
        match numbers.as_slice() {
            [lon, lat, ..] => Ok(Self(*lon, *lat)),
            _ => Err("a position has two numbers"),
        }
    }
}

type Ring = Vec<Position>;

/// What a feature looks like, as far as it can be a place or a way.
#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Shape {
    Point(Position),
    MultiPoint(Vec<Position>),
    LineString(Vec<Position>),
    MultiLineString(Vec<Vec<Position>>),
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

/// The features of a map.
///
/// # Errors
/// [`Code::MapUnreadable`] for what is none; [`Code::TooMany`].
pub fn items(bytes: &[u8]) -> Result<Vec<Result<Item, Fault>>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let read: Option<Collection> = serde_json::from_slice(bytes).ok();
    let collection = read.filter(|collection| collection.kind == "FeatureCollection");
    let features = match collection {
        Some(collection) => (1..).zip(collection.features).collect(),
        None => overpass::features(bytes).ok_or_else(|| Error::invalid("", Code::MapUnreadable))?,
    };
    if features.len() > MOST_ITEMS {
        return Err(Error::invalid("", Code::TooMany));
    }
    Ok(features.into_iter().map(|(number, feature)| item(number, feature)).collect())
}

fn item(line: u32, feature: Value) -> Result<Item, Fault> {
    let fault = |(pointer, code): (&str, Code)| Fault { line, pointer: pointer.to_owned(), code };
    let feature: Feature =
        serde_json::from_value(feature).map_err(|_| fault(("/geometry", Code::MapUnreadable)))?;
    let properties = feature.properties.unwrap_or_default();
    let (kind, sheet) = described(feature.geometry, tags(&properties)).map_err(fault)?;
    let key = key(feature.id.as_ref(), &properties).unwrap_or_else(|| {
        // Without a name of its own it is the one of this name at this place.
        let begins = sheet.tour.as_ref().and_then(|tour| tour.path.first());
        let place = sheet.location.as_ref().or(begins);
        format!("{}/{place:?}", sheet.texts.first().map(|text| text.title.to_string()).unwrap_or_default())
    });
    Ok(Item { line, key: super::words::key(&key), kind, sheet, dated: None })
}

/// A line is a tour, everything else a place.
fn described(shape: Option<Shape>, tags: &Map<String, Value>) -> Result<(Kind, Sheet), (&'static str, Code)> {
    let shapeless = ("/geometry", Code::MapUnreadable);
    let shape = shape.ok_or(shapeless)?;
    let mut sheet = osm::sheet(tags)?;
    if let Some(path) = shape.way() {
        sheet.tour = Some(Tour { path, ..osm::tour(tags) });
        return Ok((Kind::Tour, sheet));
    }
    sheet.location = Some(shape.middle().ok_or(shapeless)?);
    sheet.place = Some(osm::place(tags)?);
    Ok((Kind::Place, sheet))
}

impl Shape {
    /// Where a line leads. The pieces of one that was cut are one where there is but one.
    fn way(&self) -> Option<Vec<Point>> {
        let line = match self {
            Self::LineString(line) => line,
            Self::MultiLineString(lines) => match lines.as_slice() {
                [line] => line,
                _ => return None,
            },
            _ => return None,
        };
        (line.len() > 1).then(|| line.iter().map(Position::point).collect())
    }

    /// A point of it: of an area one within. None of lines that are several, and of what is empty.
    fn middle(&self) -> Option<Point> {
        let ring = |ring: &Ring| geo::LineString::from_iter(ring.iter().map(|at| (at.0, at.1)));
        let area = |rings: &[Ring]| {
            let (outer, holes) = rings.split_first()?;
            Some(geo::Polygon::new(ring(outer), holes.iter().map(ring).collect()))
        };
        let within = match self {
            Self::Point(at) => return Some(at.point()),
            Self::MultiPoint(points) => return points.first().map(Position::point),
            Self::LineString(_) | Self::MultiLineString(_) => return None,
            Self::Polygon(rings) => area(rings)?.interior_point()?,
            Self::MultiPolygon(areas) => {
                let areas: Option<Vec<_>> = areas.iter().map(|rings| area(rings)).collect();
                geo::MultiPolygon::new(areas?).interior_point()?
            }
        };
        Some(Position(within.x(), within.y()).point())
    }
}

impl Position {
    fn point(&self) -> Point {
        Point { lat: rounded(self.1), lon: rounded(self.0) }
    }
}

/// To a centimetre: what is kept and read again is the same number.
pub(super) fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// The tags: of overpass and osmium among the properties, of others within `tags`.
fn tags(properties: &Map<String, Value>) -> &Map<String, Value> {
    properties.get("tags").and_then(Value::as_object).unwrap_or(properties)
}

/// `node/123`: the feature's own name, or what overpass calls it.
fn key(own: Option<&Value>, properties: &Map<String, Value>) -> Option<String> {
    let named = ["@id", "osm_id", "id"].into_iter().filter_map(|name| properties.get(name));
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    own.into_iter().chain(named).filter_map(text).find(|key| !key.is_empty())
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
