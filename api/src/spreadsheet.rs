//! A table as office programs write it.

use std::{collections::HashMap, fmt::Display, hash::Hash};

use csv::{ReaderBuilder, Trim};
use domain::{Code, Error};

/// A line that is not empty.
#[derive(Debug)]
pub struct Row<C> {
    /// Its number in the file, from 1.
    pub line: u32,
    /// The texts by what they hold. Empty ones are left out.
    pub fields: HashMap<C, String>,
}

/// UTF-8 with or without its mark; else what Windows wrote in Western Europe.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// The lines of a table separated by commas, semicolons or tabs whose first line are the headings.
/// `column` knows what a column holds by its heading, written in any case and with any signs.
///
/// # Errors
/// [`Code::WrongType`] where it is no table, [`Code::Required`] at `/1/column` for a heading of `needed`
/// that is missing, [`Code::Contradiction`] there for one that stands twice.
pub fn read<C: Copy + Eq + Hash + Display>(
    bytes: &[u8],
    column: impl Fn(&str) -> Option<C>,
    needed: &[C],
) -> Result<Vec<Row<C>>, Error> {
    let text = decoded(bytes);
    let headings = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| headings.bytes().filter(|byte| byte == separator).count();
    let separator = [b';', b'\t', b','].into_iter().max_by_key(count).unwrap_or(b';');
    let mut reader =
        ReaderBuilder::new().delimiter(separator).trim(Trim::All).flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|_| Error::invalid("/1", Code::WrongType))?;
    let columns: Vec<_> = headings.iter().map(column).collect();
    for needed in needed {
        if !columns.contains(&Some(*needed)) {
            return Err(Error::invalid(format!("/1/{needed}"), Code::Required));
        }
    }
    let known: Vec<C> = columns.iter().copied().flatten().collect();
    for (place, column) in known.iter().enumerate() {
        if known.iter().skip(place + 1).any(|later| later == column) {
            return Err(Error::invalid(format!("/1/{column}"), Code::Contradiction));
        }
    }
    let mut rows = Vec::new();
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
            rows.push(Row { line, fields });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
    #[strum(serialize_all = "snake_case")]
    enum Column {
        Street,
        Number,
    }

    fn column(heading: &str) -> Option<Column> {
        match heading {
            "street" | "strasse" => Some(Column::Street),
            "number" => Some(Column::Number),
            _ => None,
        }
    }

    #[test]
    fn a_heading_stands_once() {
        let refused =
            read(b"street;number;strasse\nAm Lauch;3;Markt\n", column, &[Column::Street]).unwrap_err();
        let Error::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(
            (refusal.violations[0].pointer.as_str(), refusal.violations[0].code),
            ("/1/street", Code::Contradiction)
        );
        let rows = read(b"street;note;note\nAm Lauch;a;b\n", column, &[Column::Street]).unwrap();
        assert_eq!(rows[0].fields[&Column::Street], "Am Lauch", "what nobody reads may stand twice");
    }
}
