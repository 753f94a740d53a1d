//! A register as a file: CSV as office programs and surveyors write it, or GeoJSON.

use std::collections::HashMap;

use csv::{ReaderBuilder, Trim};
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

/// UTF-8 with or without its mark; else what Windows wrote in Western Europe.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn table(bytes: &[u8]) -> Result<Vec<Result<Record, Fault>>, Error> {
    let text = decoded(bytes);
    let headings = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| headings.bytes().filter(|byte| byte == separator).count();
    let separator = [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b';');
    let mut reader =
        ReaderBuilder::new().delimiter(separator).trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|_| Error::invalid("/1", Code::WrongType))?;
    let columns: Vec<_> = headings.iter().map(record::column).collect();
    for needed in [Column::Street, Column::HouseNumber] {
        if !columns.contains(&Some(needed)) {
            return Err(Error::invalid(format!("/1/{needed}"), Code::Required));
        }
    }
    let mut lines = Vec::new();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(|_| Error::invalid("", Code::WrongType))? {
        let number = row.position().map_or(0, csv::Position::line);
        let line = u32::try_from(number).unwrap_or(u32::MAX);
        let fields: HashMap<_, _> = columns
            .iter()
            .zip(&row)
            .filter_map(|(column, text)| Some(((*column)?, text.to_owned())))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        if !fields.is_empty() {
            lines.push(Ok(Record { line, fields, zone: None }));
        }
    }
    Ok(lines)
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
