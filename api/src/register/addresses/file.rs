//! A register as a file: CSV as office programs and surveyors write it, or GeoJSON.

use std::collections::HashMap;

use domain::{
    Code, Error,
    municipalities::{
        Municipality,
        address_import::{Column, Fault, Line, MAX_ADDRESSES},
    },
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    grid::Grid,
    record::{self, Record},
};
use crate::spreadsheet::{self, Row};

/// A file of one of these kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Separated by commas, semicolons or tabs, the first line the headings; UTF-8 or Windows-1252.
    Csv,
    /// A `FeatureCollection` (RFC 7946) of points.
    GeoJson,
}

/// The lines of a file.
///
/// # Errors
/// [`Code::MalformedJson`], a violation where a heading is missing, [`Code::TooMany`]. What is wrong
/// with one line stands in its place.
pub fn read(kind: Kind, bytes: &[u8], town: &Municipality) -> Result<Vec<Result<Line, Fault>>, Error> {
    let grid = Grid::new()?;
    let records = match kind {
        Kind::Csv => table(bytes)?,
        Kind::GeoJson => features(bytes)?,
    };
    if records.len() > MAX_ADDRESSES {
        return Err(Error::invalid("", Code::TooMany));
    }
    Ok(records.into_iter().map(|record| record.and_then(|record| record.read(town, &grid))).collect())
}

fn table(bytes: &[u8]) -> Result<Vec<Result<Record, Fault>>, Error> {
    let rows = spreadsheet::read(bytes, record::column, &[Column::Street, Column::HouseNumber])?;
    Ok(rows.into_iter().map(|Row { line, fields }| Ok(Record { line, fields, zone: None })).collect())
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
    crs: Option<Value>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Option<Geometry>,
    #[serde(default)]
    properties: Option<HashMap<String, Value>>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

/// Features count as lines.
fn features(bytes: &[u8]) -> Result<Vec<Result<Record, Fault>>, Error> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let read: Collection = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Error::invalid("/features", Code::WrongType),
        _ => Error::refused(Code::MalformedJson),
    })?;
    // Older programs name the grid they wrote: "urn:ogc:def:crs:EPSG::25833".
    let named = read.crs.map(|crs| crs.to_string()).unwrap_or_default();
    let zone = [31, 32, 33].into_iter().find(|zone| named.contains(&format!("258{zone}")));
    let axes = if zone.is_some() { [Column::Easting, Column::Northing] } else { [Column::Lon, Column::Lat] };
    Ok((1..).zip(read.features).map(|(line, feature)| record_of(line, feature, zone, axes)).collect())
}

fn record_of(line: u32, feature: Feature, zone: Option<u8>, axes: [Column; 2]) -> Result<Record, Fault> {
    let mut fields = HashMap::new();
    for (name, value) in feature.properties.unwrap_or_default() {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        if let Some(column) = record::column(&name).filter(|_| !text.is_empty()) {
            fields.insert(column, text);
        }
    }
    if let Some(Geometry { kind, coordinates }) = feature.geometry {
        let numbers = coordinates.as_array().map(Vec::as_slice).unwrap_or_default();
        let [first, second, ..] = numbers else {
            return Err(Fault { line, column: Column::Lon, code: Code::WrongType });
        };
        if kind != "Point" || !first.is_number() || !second.is_number() {
            return Err(Fault { line, column: Column::Lon, code: Code::WrongType });
        }
        // The geometry is what GeoJSON is about; what properties repeat of it does not count.
        for column in [Column::Lat, Column::Lon, Column::Easting, Column::Northing] {
            fields.remove(&column);
        }
        fields.extend(axes.into_iter().zip([first.to_string(), second.to_string()]));
    }
    Ok(Record { line, fields, zone })
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
