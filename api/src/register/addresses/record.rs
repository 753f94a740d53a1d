//! One line of a register, whichever kind of file it stood in.

use std::collections::HashMap;

use domain::{
    Code,
    geo::Point,
    municipalities::{
        House, Municipality,
        address_import::{Column, Fault, Line},
    },
    text::Street,
};

use super::grid::Grid;

/// The fields of a line by what they hold. Empty ones are left out.
#[derive(Debug, Default)]
pub struct Record {
    /// The line's number in the file, from 1.
    pub line: u32,
    /// The texts.
    pub fields: HashMap<Column, String>,
    /// The grid's zone, where the file names it.
    pub zone: Option<u8>,
}

/// What a column holds by its heading, in German or English, or as surveyors abbreviate it.
pub fn column(heading: &str) -> Option<Column> {
    let letters: String = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match letters.as_str() {
        "street" | "strasse" | "straße" | "str" | "streetname" | "strassenname" | "straßenname" | "stn" => {
            Column::Street
        }
        "housenumber" | "hausnummer" | "hausnr" | "hnr" | "number" | "nummer" | "nr" => Column::HouseNumber,
        "suffix" | "zusatz" | "hausnummerzusatz" | "hausnrzusatz" | "hnrzusatz" | "adz" => Column::Suffix,
        "postalcode" | "postcode" | "zip" | "plz" | "postleitzahl" => Column::PostalCode,
        "lat" | "latitude" | "breite" | "breitengrad" => Column::Lat,
        "lon" | "lng" | "long" | "longitude" | "länge" | "laenge" | "längengrad" | "laengengrad" => {
            Column::Lon
        }
        "x" | "e" | "east" | "easting" | "ost" | "ostwert" | "rechtswert" | "utmx" => Column::Easting,
        "y" | "n" | "north" | "northing" | "nord" | "nordwert" | "hochwert" | "utmy" => Column::Northing,
        "area" | "district" | "gebiet" | "ortsteil" | "stadtteil" | "bezirk" => Column::Area,
        _ => return None,
    })
}

impl Record {
    /// The line, or the first thing that is wrong with it.
    pub fn read(self, town: &Municipality, grid: &Grid) -> Result<Line, Fault> {
        let fault = |column| move |code| Fault { line: self.line, column, code };
        let street = self.fields.get(&Column::Street).ok_or_else(|| fault(Column::Street)(Code::Required))?;
        let street = Street::parse(street.clone()).map_err(fault(Column::Street))?;
        let number = self
            .fields
            .get(&Column::HouseNumber)
            .ok_or_else(|| fault(Column::HouseNumber)(Code::Required))?;
        let suffix = self.fields.get(&Column::Suffix).map(String::as_str).unwrap_or_default();
        let house = House::parse(&format!("{number} {suffix}")).map_err(fault(Column::HouseNumber))?;
        let postal_code = self.fields.get(&Column::PostalCode).cloned();
        if postal_code.as_ref().is_some_and(|code| code.chars().count() > 10) {
            return Err(fault(Column::PostalCode)(Code::TooLong));
        }
        let area = self.fields.get(&Column::Area).cloned();
        let point = self.point(town, grid)?;
        Ok(Line { number: self.line, street, house, postal_code, point, area })
    }

    fn point(&self, town: &Municipality, grid: &Grid) -> Result<Option<Point>, Fault> {
        let fault = |column, code| Fault { line: self.line, column, code };
        let pair = |first, second| match (self.number(first)?, self.number(second)?) {
            (Some(first), Some(second)) => Ok(Some((first, second))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(fault(second, Code::Required)),
            (None, Some(_)) => Err(fault(first, Code::Required)),
        };
        if let Some((lat, lon)) = pair(Column::Lat, Column::Lon)? {
            return Point::parse(lat, lon).map(Some).map_err(|code| fault(Column::Lat, code));
        }
        let Some((easting, northing)) = pair(Column::Easting, Column::Northing)? else { return Ok(None) };
        let place = grid.place(town, self.zone, easting, northing);
        let swapped = || grid.place(town, self.zone, northing, easting).is_some();
        match place {
            Some(place) => Ok(Some(place)),
            None if swapped() => Err(fault(Column::Easting, Code::AxesSwapped)),
            None => Err(fault(Column::Easting, Code::OutsideMunicipality)),
        }
    }

    /// A number with a point or, as German programs write it, a comma.
    fn number(&self, column: Column) -> Result<Option<f64>, Fault> {
        let Some(text) = self.fields.get(&column) else { return Ok(None) };
        let number = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(Some).ok_or(Fault { line: self.line, column, code: Code::WrongType })
    }
}
