//! What OpenStreetMap's tags say of a place or a way.

use domain::{
    Code,
    content::{OpeningHours, Place, Sheet, Tour, Wheelchair},
    text::{AddressLine, DialNumber, EmailAddress, Line},
};
use serde_json::{Map, Value};

use super::words::{german, link, on_one_line};

/// What is wrong about a tag.
type Wrong = (&'static str, Code);

/// The first of these tags that says something.
fn tag<'a>(tags: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    let said = names.iter().filter_map(|name| tags.get(*name).and_then(Value::as_str));
    said.map(str::trim).find(|text| !text.is_empty())
}

/// Name, description, address and website.
///
/// # Errors
/// Where it has no name.
pub fn sheet(tags: &Map<String, Value>) -> Result<Sheet, Wrong> {
    let name = tag(tags, &["name:de", "name", "official_name"]).unwrap_or_default();
    let text = german(name, tag(tags, &["description:de", "description"]).unwrap_or_default(), "");
    let mut sheet = Sheet::of(text.map_err(|_| ("/name", Code::Required))?);
    sheet.address = address(tags);
    let website = tag(tags, &["website", "contact:website", "url"]);
    sheet.links.extend(website.and_then(|url| link("Website", url)));
    Ok(sheet)
}

/// Opening hours, whether a wheelchair gets there, and how to ask.
///
/// # Errors
/// Where the opening hours cannot be evaluated: open at the wrong time is worse than not known.
pub fn place(tags: &Map<String, Value>) -> Result<Place, Wrong> {
    let hours = tag(tags, &["opening_hours"]).map(OpeningHours::parse).transpose();
    let phone = tag(tags, &["phone", "contact:phone"]).and_then(|phones| phones.split(';').next());
    let email = tag(tags, &["email", "contact:email"]).and_then(|email| EmailAddress::parse(email).ok());
    let price = tag(tags, &["charge"]).or(match tag(tags, &["fee"]) {
        Some("no") => Some("Eintritt frei"),
        _ => None,
    });
    Ok(Place {
        opening_hours: hours.map_err(|code| ("/opening_hours", code))?,
        wheelchair: wheelchair(tags),
        wheelchair_toilet: tag(tags, &["toilets:wheelchair"]).and_then(|said| match said {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }),
        phone: phone.and_then(dial),
        email,
        price: price.and_then(|price| Line::parse(on_one_line(price, Line::MAX)).ok()),
    })
}

/// Length, time and whether a wheelchair can do it; what cannot be read is left out.
pub fn tour(tags: &Map<String, Value>) -> Tour {
    Tour {
        path: Vec::new(),
        length_m: tag(tags, &["distance"]).and_then(metres),
        minutes: tag(tags, &["duration"]).and_then(minutes),
        wheelchair: wheelchair(tags),
    }
}

/// `designated` is better than `yes`; what is neither yes nor no nor limited says nothing.
fn wheelchair(tags: &Map<String, Value>) -> Option<Wheelchair> {
    let said = match tag(tags, &["wheelchair"])? {
        "designated" => "yes",
        said => said,
    };
    Wheelchair::try_from(said.to_owned()).ok()
}

fn address(tags: &Map<String, Value>) -> Option<AddressLine> {
    let part = |names: &[&str]| tag(tags, names).unwrap_or_default();
    let street = format!("{} {}", part(&["addr:street", "addr:place"]), part(&["addr:housenumber"]));
    let town = format!("{} {}", part(&["addr:postcode"]), part(&["addr:city"]));
    let parts = [street.trim(), town.trim()].into_iter().filter(|part| !part.is_empty());
    AddressLine::parse(on_one_line(&parts.collect::<Vec<_>>().join(", "), AddressLine::MAX)).ok()
}

/// A number as it is printed; what else stands there is left out.
fn dial(number: &str) -> Option<DialNumber> {
    DialNumber::parse(number.trim()).ok()
}

/// `7.4`, `7,4 km`, `7400 m`: kilometres where nothing is said.
fn metres(text: &str) -> Option<u32> {
    let (number, unit) =
        text.split_at_checked(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()))?;
    let number: f64 = number.trim().replace(',', ".").parse().ok()?;
    let metres = if unit.trim() == "m" { number } else { number * 1_000.0 };
    whole(metres).filter(|metres| (1..=1_000_000).contains(metres))
}

/// `02:30`, `150`.
fn minutes(text: &str) -> Option<u32> {
    let minutes = match text.split_once(':') {
        Some((hours, minutes)) => {
            let minutes: u32 = minutes.get(..2).unwrap_or(minutes).parse().ok()?;
            hours.trim().parse::<u32>().ok()?.checked_mul(60)?.checked_add(minutes)?
        }
        None => text.trim_end_matches("min").trim().parse().ok()?,
    };
    Some(minutes).filter(|minutes| (1..=10_000).contains(minutes))
}

fn whole(number: f64) -> Option<u32> {
    format!("{number:.0}").parse().ok()
}
