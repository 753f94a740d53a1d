//! Addresses people give, found in the town hall's register.

use crate::{
    Code, Error, Reads, Result,
    follows::{Home, follow::MOST_STREETS},
    municipalities::{AreaKind, House, street_key},
    page::PageRequest,
    text::Street,
};

/// A home address as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct NewHome {
    /// The street.
    pub street: Street,
    /// The house.
    pub house: House,
}

/// The street as the register writes it: none where the town hall keeps no register.
async fn known_street(reads: &dyn Reads, street: &Street, pointer: &str) -> Result<Option<Street>> {
    let key = street_key(street.as_str());
    let one = PageRequest { limit: 1, after: None };
    let found = reads.addresses(Some(&key), &one).await?.items.pop();
    match found.filter(|address| street_key(address.street.as_str()) == key) {
        Some(address) => Ok(Some(address.street)),
        None if reads.addresses(None, &one).await?.items.is_empty() => Ok(None),
        None => Err(Error::invalid(pointer, Code::AddressUnknown)),
    }
}

/// Finds a home in the register, with the district it belongs to. Without a register it is taken as it
/// was typed, in no district.
///
/// # Errors
/// [`Code::AddressUnknown`] at `pointer`'s `street` or `house_number`.
pub async fn find_home(reads: &dyn Reads, new: NewHome, pointer: &str) -> Result<Home> {
    let NewHome { street, house } = new;
    if let Some(address) = reads.address(&street_key(street.as_str()), &house).await? {
        let area = match (address.area, address.point) {
            (Some(area), _) => Some(area),
            (None, Some(point)) => {
                let areas = reads.areas().await?;
                let there = areas.into_iter().filter(|area| area.kind == AreaKind::District);
                there.into_iter().find(|area| area.geometry.contains(point)).map(|area| area.id)
            }
            (None, None) => None,
        };
        return Ok(Home { street: address.street, house: address.house, area, point: address.point });
    }
    match known_street(reads, &street, &format!("{pointer}/street")).await? {
        Some(_) => Err(Error::invalid(format!("{pointer}/house_number"), Code::AddressUnknown)),
        None => Ok(Home { street, house, area: None, point: None }),
    }
}

/// Finds streets in the register, each once, by name.
///
/// # Errors
/// [`Code::TooMany`] at `/watched_streets`, [`Code::AddressUnknown`] at the street.
pub async fn find_streets(reads: &dyn Reads, streets: Vec<Street>) -> Result<Vec<Street>> {
    if streets.len() > MOST_STREETS {
        return Err(Error::invalid("/watched_streets", Code::TooMany));
    }
    let mut found: Vec<Street> = Vec::with_capacity(streets.len());
    for (place, street) in streets.into_iter().enumerate() {
        let known = known_street(reads, &street, &format!("/watched_streets/{place}")).await?;
        let street = known.unwrap_or(street);
        if street_key(street.as_str()).is_empty() {
            return Err(Error::invalid(format!("/watched_streets/{place}"), Code::AddressUnknown));
        }
        if !found.iter().any(|known| street_key(known.as_str()) == street_key(street.as_str())) {
            found.push(street);
        }
    }
    found.sort();
    Ok(found)
}
