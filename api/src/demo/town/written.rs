//! The town as it is written down in the files beside this program.

use std::collections::HashMap;

use domain::{
    categories::Names,
    complaints::promise::Promise,
    geo::{Geometry, MultiPolygon},
    municipalities::{AreaKind, legal::LegalFacts},
    routing::{Actions, ConditionTree},
    text::{EmailAddress, Name, Slug, Street},
};
use serde::Deserialize;
use serde_json::Value;

use crate::cli::Failure;

/// A department.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenDepartment {
    /// Its name, by which rules name it.
    pub name: Name,
    /// Where its mail goes.
    pub email: EmailAddress,
    /// Who is told when a promise passes.
    pub lead_email: Option<EmailAddress>,
}

/// A district or service area.
#[derive(Deserialize)]
pub struct WrittenArea {
    /// What it is.
    pub properties: AreaProperties,
    /// Where it lies.
    pub geometry: Geometry,
}

/// What an area is.
#[derive(Deserialize)]
pub struct AreaProperties {
    /// By which rules and houses name it.
    pub code: Slug,
    /// Its name for people.
    pub name: Name,
    /// What it is for.
    pub kind: AreaKind,
}

/// A kind of complaint.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenCategory {
    /// By which apps and rules name it.
    pub code: Slug,
    /// Its names for people.
    pub names: Names,
    /// What is promised.
    pub promise: Promise,
    /// Whether its complaints are listed in public.
    #[serde(default)]
    pub is_public: bool,
}

/// A house.
#[derive(Deserialize)]
pub struct WrittenHouse {
    /// Its street.
    pub street: Street,
    /// Its number, the suffix apart.
    pub house_number: u16,
    /// `a` of `15a`.
    pub suffix: String,
    /// Postal code.
    pub postal_code: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// The area it lies in.
    pub area: Slug,
}

/// A routing rule with identifiers in place of names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    /// What the town calls it.
    pub name: Name,
    /// What it asks.
    pub condition: ConditionTree,
    /// What it does.
    pub actions: Actions,
}

/// The simplified boundary.
pub fn boundary() -> Result<MultiPolygon, Failure> {
    #[derive(Deserialize)]
    struct Boundary {
        geometry: Geometry,
    }
    let written: Boundary = serde_json::from_str(include_str!("../data/boundary.geojson"))?;
    shape(&written.geometry)
}

/// The departments besides the default one.
pub fn departments() -> Result<Vec<WrittenDepartment>, Failure> {
    Ok(serde_json::from_str(include_str!("../data/departments.json"))?)
}

/// The areas.
pub fn areas() -> Result<Vec<WrittenArea>, Failure> {
    #[derive(Deserialize)]
    struct Collection {
        features: Vec<WrittenArea>,
    }
    let written: Collection = serde_json::from_str(include_str!("../data/areas.geojson"))?;
    Ok(written.features)
}

/// The kinds of complaint, in their order.
pub fn categories() -> Result<Vec<WrittenCategory>, Failure> {
    Ok(serde_json::from_str(include_str!("../data/categories.json"))?)
}

/// The address register.
pub fn houses() -> Result<Vec<WrittenHouse>, Failure> {
    let mut lines = csv::Reader::from_reader(include_str!("../data/addresses.csv").as_bytes());
    Ok(lines.deserialize().collect::<Result<_, _>>()?)
}

/// What the law asks the town to say: complete, and made up.
pub fn legal() -> Result<LegalFacts, Failure> {
    Ok(serde_json::from_str(include_str!("../data/legal.json"))?)
}

/// The rules in the order they are tried. `ids` gives identifiers for the names and codes in them.
pub fn rules(ids: &HashMap<String, Value>) -> Result<Vec<WrittenRule>, Failure> {
    let written: Value = serde_json::from_str(include_str!("../data/rules.json"))?;
    Ok(serde_json::from_value(with_ids(&written, ids))?)
}

/// A geometry that can be used.
pub fn shape(geometry: &Geometry) -> Result<MultiPolygon, Failure> {
    MultiPolygon::parse(geometry).map_err(|code| format!("a geometry is not usable: {code}").into())
}

/// Identifiers in place of names, since names may change and identifiers do not.
fn with_ids(written: &Value, ids: &HashMap<String, Value>) -> Value {
    let id = |name: &Value| name.as_str().and_then(|text| ids.get(text)).unwrap_or(name).clone();
    match written {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("category" | "area", Value::Array(codes)) => codes.iter().map(id).collect(),
                    ("department", department) => id(department),
                    (_, inner) => with_ids(inner, ids),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(|item| with_ids(item, ids)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use domain::{geo::Point, routing::Condition};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn areas_and_houses_lie_in_the_town() {
        let town = boundary().unwrap();
        for area in areas().unwrap() {
            let bounds = shape(&area.geometry).unwrap().bounds();
            let middle =
                Point { lat: (bounds.south + bounds.north) / 2.0, lon: (bounds.west + bounds.east) / 2.0 };
            assert!(town.contains(middle), "{}", area.properties.code);
        }
        let houses = houses().unwrap();
        assert!(houses.len() > 30);
        for house in houses {
            let area = areas().unwrap().into_iter().find(|area| area.properties.code == house.area).unwrap();
            let point = Point { lat: house.lat, lon: house.lon };
            assert!(town.contains(point), "{} {}", house.street, house.house_number);
            assert!(
                shape(&area.geometry).unwrap().contains(point),
                "{} {}",
                house.street,
                house.house_number
            );
        }
    }

    #[test]
    fn nobody_real_is_written_to() {
        for department in departments().unwrap() {
            for address in [Some(department.email), department.lead_email].into_iter().flatten() {
                assert!(address.as_str().ends_with(".example"), "{}", address.as_str());
            }
        }
    }

    #[test]
    fn promises_can_be_kept_and_rules_can_be_read() {
        for category in categories().unwrap() {
            let Promise { first_answer_days, solution_days } = category.promise;
            Promise::parse(first_answer_days, solution_days).unwrap();
            assert!(category.names.en.is_some(), "{}", category.code);
        }
        let departments = departments().unwrap().into_iter().map(|department| department.name.to_string());
        let categories = categories().unwrap().into_iter().map(|category| category.code.to_string());
        let areas = areas().unwrap().into_iter().map(|area| area.properties.code.to_string());
        let names = departments.chain(categories).chain(areas);
        let ids = names.zip(1..).map(|(name, id)| (name, json!(Uuid::from_u128(id)))).collect();
        for rule in rules(&ids).unwrap() {
            Condition::parse(&rule.condition, "/condition").unwrap();
        }
        assert!(rules(&HashMap::new()).is_err(), "a name is no identifier");
    }
}
