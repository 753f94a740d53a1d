//! Where a new complaint is.

use crate::{
    Code, Error, Reads, Result,
    complaints::Place,
    geo::Point,
    municipalities::{Address, House, Municipality, street_key},
    page::PageRequest,
    text::AddressLine,
};

/// The place as the reporter gave it.
#[derive(Clone, Debug, PartialEq)]
pub enum NewPlace {
    /// A point on the map.
    Point(Point),
    /// A street and a house number on one line, or a description of the place.
    Address(AddressLine),
}

/// Finds the place in the town hall's register and boundary.
///
/// An address in the register gets its point. One whose street is in the register but whose house is
/// not is refused, since it is most likely mistyped. Any other text is taken as it is, without a
/// point: people also describe places, and not every town hall has a register.
///
/// # Errors
/// [`Code::AddressUnknown`] at `/address`; [`Code::OutsideMunicipality`], which names the town hall
/// responsible where that is on the installation.
pub(super) async fn find(reads: &dyn Reads, town: &Municipality, place: &NewPlace) -> Result<Place> {
    let found = match place {
        NewPlace::Point(point) => Place { point: Some(*point), address: None },
        NewPlace::Address(line) => match registered(reads, line).await? {
            Some(address) => Place { point: address.point, address: Some(in_words(&address, line)) },
            None => Place { point: None, address: Some(line.clone()) },
        },
    };
    match found.point {
        Some(point) if !town.contains(point) => Err(outside(reads, point).await?),
        _ => Ok(found),
    }
}

async fn registered(reads: &dyn Reads, line: &AddressLine) -> Result<Option<Address>> {
    let Some((street, house)) = parts(line.as_str()) else { return Ok(None) };
    let key = street_key(street);
    if let Some(address) = reads.address(&key, &house).await? {
        return Ok(Some(address));
    }
    let first = reads.addresses(Some(&key), &PageRequest { limit: 1, after: None }).await?;
    let known = first.items.first().is_some_and(|address| street_key(address.street.as_str()) == key);
    if known { Err(Error::invalid("/address", Code::AddressUnknown)) } else { Ok(None) }
}

/// Street and house of a line such as `Leipziger Straße 12 a, 04849 Bad Düben`.
fn parts(line: &str) -> Option<(&str, House)> {
    let line = line.split(',').next().unwrap_or_default().trim();
    line.match_indices(' ').find_map(|(space, _)| {
        let (street, house) = line.split_at_checked(space)?;
        Some((street.trim(), House::parse(house).ok()?))
    })
}

/// The address as the register writes it.
fn in_words(address: &Address, typed: &AddressLine) -> AddressLine {
    AddressLine::parse(format!("{} {}", address.street, address.house)).unwrap_or_else(|_| typed.clone())
}

async fn outside(reads: &dyn Reads, point: Point) -> Result<Error> {
    let responsible = reads.municipality_at(point).await?;
    let values = responsible.map(|town| ("municipality", town.name.into_string()));
    Ok(Error::with_values(Code::OutsideMunicipality, values.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_street_and_a_house() {
        for (line, street, house) in [
            ("Leipziger Straße 12a", "Leipziger Straße", "12a"),
            ("Leipziger Straße 12 a, 04849 Bad Düben", "Leipziger Straße", "12a"),
            ("Straße des 17. Juni 5", "Straße des 17. Juni", "5"),
        ] {
            let (found, number) = parts(line).unwrap();
            assert_eq!((found, number.to_string().as_str()), (street, house), "{line}");
        }
        for line in ["Am Lauch", "hinter dem Bahnhof", "12", "Waldweg, 04849 Bad Düben"] {
            assert!(parts(line).is_none(), "{line}");
        }
    }
}
