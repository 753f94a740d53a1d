//! A waste calendar as a table: CSV as office programs write it.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime};
use domain::{
    Code, Error,
    text::{Line, Street},
    waste::{Column, Fault, HouseRange, Record, Source, Stop, Window, folded, import::MOST_COLLECTIONS},
};

use crate::spreadsheet::{self, Row};

/// A table whose first line are the headings.
pub struct Table(pub Vec<u8>);

#[async_trait]
impl Source for Table {
    async fn read(&self, _window: Window) -> Result<Vec<Result<Record, Fault>>, Error> {
        let rows = spreadsheet::read(&self.0, column, &[Column::Waste, Column::Date])?;
        if rows.len() > MOST_COLLECTIONS {
            return Err(Error::invalid("", Code::TooMany));
        }
        Ok(rows.into_iter().map(record).collect())
    }
}

/// What a column holds, by its heading in German or English.
fn column(heading: &str) -> Option<Column> {
    Some(match folded(heading).as_str() {
        "abfallart" | "abfall" | "fraktion" | "art" | "waste" | "wastetype" | "type" => Column::Waste,
        "datum" | "termin" | "tag" | "date" | "day" => Column::Date,
        "strasse" | "str" | "street" => Column::Street,
        "hausnummern" | "hausnummer" | "hnr" | "nr" | "housenumbers" | "housenumber" => Column::Houses,
        "ort" | "standort" | "standplatz" | "haltestelle" | "place" | "stop" => Column::Place,
        "von" | "beginn" | "ab" | "from" | "starts" => Column::Starts,
        "bis" | "ende" | "until" | "to" | "ends" => Column::Ends,
        _ => return None,
    })
}

fn record(Row { line, mut fields }: Row<Column>) -> Result<Record, Fault> {
    let fault = |column, code| Fault { line, column, code };
    let waste = fields.remove(&Column::Waste).ok_or_else(|| fault(Column::Waste, Code::Required))?;
    let date = fields.remove(&Column::Date).ok_or_else(|| fault(Column::Date, Code::Required))?;
    let date = day(&date).ok_or_else(|| fault(Column::Date, Code::WrongType))?;
    let houses = fields.remove(&Column::Houses);
    let section = match (fields.remove(&Column::Street), houses) {
        (Some(street), houses) => {
            let street = Street::parse(street).map_err(|code| fault(Column::Street, code))?;
            let houses = HouseRange::parse(houses.as_deref().unwrap_or_default());
            Some((street, houses.map_err(|code| fault(Column::Houses, code))?))
        }
        (None, Some(_)) => return Err(fault(Column::Street, Code::Required)),
        (None, None) => None,
    };
    let (starts, ends) = (time(&mut fields, Column::Starts, line)?, time(&mut fields, Column::Ends, line)?);
    let stop = match fields.remove(&Column::Place) {
        Some(place) => {
            let place = Line::parse(place).map_err(|code| fault(Column::Place, code))?;
            if starts.zip(ends).is_some_and(|(starts, ends)| ends <= starts) {
                return Err(fault(Column::Ends, Code::Contradiction));
            }
            Some(Stop { place, starts, ends })
        }
        None => None,
    };
    Ok(Record { line, waste, date, section, stop })
}

/// `05.01.2026`, `5.1.26`, `2026-01-05`, with or without the weekday before it.
fn day(text: &str) -> Option<NaiveDate> {
    let text = text.rsplit([' ', ',']).next().unwrap_or(text);
    // `%Y` also reads `26` as a year of the Romans.
    let short = text.rsplit('.').next().is_some_and(|year| year.len() == 2);
    let german = if short { "%d.%m.%y" } else { "%d.%m.%Y" };
    let read = |form| NaiveDate::parse_from_str(text, form).ok();
    read("%Y-%m-%d").or_else(|| read(german))
}

fn time(fields: &mut HashMap<Column, String>, column: Column, line: u32) -> Result<Option<NaiveTime>, Fault> {
    let Some(text) = fields.remove(&column) else { return Ok(None) };
    let text = text.trim_end_matches("Uhr").trim().replace('.', ":");
    let whole = if text.contains(':') { text } else { format!("{text}:00") };
    let read = NaiveTime::parse_from_str(&whole, "%H:%M").ok();
    read.map(Some).ok_or(Fault { line, column, code: Code::WrongType })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &str) -> Vec<String> {
        let rows = spreadsheet::read(file.as_bytes(), column, &[Column::Waste, Column::Date]).unwrap();
        let one = |row| match record(row) {
            Ok(Record { date, waste, section, stop, .. }) => {
                let section =
                    section.map(|(street, houses)| format!(" {street} {houses}")).unwrap_or_default();
                let stop = stop.map(|stop| format!(" {} {:?} {:?}", stop.place, stop.starts, stop.ends));
                format!("{date} {waste}{section}{}", stop.unwrap_or_default())
            }
            Err(Fault { line, column, code }) => format!("{line} {column} {code}"),
        };
        rows.into_iter().map(one).collect()
    }

    #[test]
    fn tables_are_read_as_office_programs_write_them() {
        let file = "Straße;Hausnummern;Abfallart;Datum;Standort;von;bis\n\
                    Leipziger Straße;2-8 gerade;Bio;Mo, 05.01.2026;;;\n\
                    Am Lauch;;Restabfall;5.1.26;;;\n\
                    ;;Schadstoffmobil;2026-01-17;Parkplatz am Kurhaus;9:30 Uhr;10.30\n\
                    Am Lauch;hinter 5;Bio;05.01.2026;;;\n\
                    Am Lauch;0;Bio;05.01.2026;;;\n\
                    ;12;Bio;05.01.2026;;;\n\
                    Am Lauch;12 1/2;Bio;31.02.2026;;;\n\
                    Am Lauch;12 1/2;Bio;;;;\n\
                    ;;Schadstoffmobil;17.01.2026;Markt;10:30;9:30\n\
                    ;;;17.01.2026;;;\n";
        assert_eq!(
            rows(file),
            [
                "2026-01-05 Bio Leipziger Straße 2-8 even",
                "2026-01-05 Restabfall Am Lauch all",
                "2026-01-17 Schadstoffmobil Parkplatz am Kurhaus Some(09:30:00) Some(10:30:00)",
                "5 houses house_range_invalid",
                "6 houses house_range_invalid",
                "7 street required",
                "8 date wrong_type",
                "9 date required",
                "10 ends contradiction",
                "11 waste required",
            ]
        );
    }
}
