//! A whole address register as a town's surveyors hand it out, taken in at once.
//!
//! Every line is checked before anything is written. What comes of it is a report by line.

use std::collections::{HashMap, HashSet};

use super::{Address, Area, AreaKind, House, Municipality, street_key};
use crate::{
    Code,
    geo::Point,
    ids::{AddressId, AreaId},
    text::Street,
};

/// Houses one town hall may have: those of the largest cities.
pub const MAX_ADDRESSES: usize = 500_000;

/// Lines that a report names one by one.
pub const FAULTS_KEPT: usize = 1_000;

/// What a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum Column {
    /// The street.
    Street,
    /// The house number, with or without its suffix.
    HouseNumber,
    /// The suffix, where it stands by itself.
    Suffix,
    /// The postal code.
    PostalCode,
    /// Latitude, WGS 84 degrees.
    Lat,
    /// Longitude, WGS 84 degrees.
    Lon,
    /// Easting in metres (UTM, ETRS89).
    Easting,
    /// Northing in metres (UTM, ETRS89).
    Northing,
    /// Code or name of an area.
    Area,
}

/// One line, read but not yet checked against the town.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// The street.
    pub street: Street,
    /// The house.
    pub house: House,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Where it stands.
    pub point: Option<Point>,
    /// Code or name of its area.
    pub area: Option<String>,
}

/// Why a line was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line's number in the file, from 1.
    pub line: u32,
    /// Where in the line.
    pub column: Column,
    /// What is wrong.
    pub code: Code,
}

/// What happens to houses the file does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// They stay.
    #[default]
    Merge,
    /// They go: the file is the whole register.
    Replace,
}

/// What happens when lines are wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, strum::EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OnFault {
    /// Nothing is taken.
    #[default]
    Refuse,
    /// The others are taken.
    Skip,
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Houses that were not there before.
    pub added: u64,
    /// Houses with another point, area, postal code or spelling now.
    pub changed: u64,
    /// Houses that were there just so.
    pub unchanged: u64,
    /// Houses that are gone.
    pub removed: u64,
    /// Lines that were not taken.
    pub refused: u64,
    /// The first [`FAULTS_KEPT`] of them.
    pub faults: Vec<Fault>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub put: Vec<Address>,
    pub gone: Vec<AddressId>,
    pub report: Report,
}

/// Checks lines against the town, its areas and each other, and compares them with the register.
pub(super) fn plan(
    town: &Municipality,
    areas: &[Area],
    known: Vec<Address>,
    lines: Vec<Result<Line, Fault>>,
    mode: Mode,
    mut id: impl FnMut() -> AddressId,
) -> Plan {
    let mut known: HashMap<_, _> = known.into_iter().map(|house| (key(&house), house)).collect();
    let mut seen = HashSet::new();
    let mut plan = Plan::default();
    let finder = Areas::new(areas);
    for line in lines {
        let house = line.and_then(|line| checked(town, &finder, line)).and_then(|(line, house)| {
            let fresh = seen.insert(key(&house));
            let again = Fault { line, column: Column::HouseNumber, code: Code::Contradiction };
            if fresh { Ok(house) } else { Err(again) }
        });
        let mut house = match house {
            Ok(house) => house,
            Err(fault) => {
                plan.report.refused += 1;
                if plan.report.faults.len() < FAULTS_KEPT {
                    plan.report.faults.push(fault);
                }
                continue;
            }
        };
        match known.remove(&key(&house)) {
            Some(before) if same(&before, &house) => plan.report.unchanged += 1,
            Some(before) => {
                plan.report.changed += 1;
                house.id = before.id;
                plan.put.push(house);
            }
            None => {
                plan.report.added += 1;
                house.id = id();
                plan.put.push(house);
            }
        }
    }
    if mode == Mode::Replace {
        // A line that cannot be read says nothing about its house: nobody's address goes for that.
        if plan.report.refused == 0 {
            plan.gone = known.into_values().map(|house| house.id).collect();
        }
        plan.report.removed = u64::try_from(plan.gone.len()).unwrap_or(u64::MAX);
    }
    plan
}

type Key = (String, House);

fn key(house: &Address) -> Key {
    (street_key(house.street.as_str()), house.house.clone())
}

fn same(before: &Address, now: &Address) -> bool {
    before.street == now.street
        && before.postal_code == now.postal_code
        && before.point == now.point
        && before.area == now.area
}

/// The line's number and its house, whose identifier is still open.
fn checked(town: &Municipality, areas: &Areas<'_>, line: Line) -> Result<(u32, Address), Fault> {
    let fault = |column, code| Fault { line: line.number, column, code };
    if let Some(point) = line.point
        && !town.contains(point)
    {
        let turned = Point { lat: point.lon, lon: point.lat };
        let swapped = town.boundary.is_some() && town.contains(turned);
        let code = if swapped { Code::AxesSwapped } else { Code::OutsideMunicipality };
        return Err(fault(Column::Lat, code));
    }
    let area = match &line.area {
        Some(name) => Some(areas.named(name).ok_or_else(|| fault(Column::Area, Code::UnknownReference))?),
        None => line.point.and_then(|point| district(areas.all, point)),
    };
    let house = Address {
        id: AddressId(uuid::Uuid::nil()),
        street: line.street,
        house: line.house,
        postal_code: line.postal_code,
        point: line.point,
        area,
        version: 1,
    };
    Ok((line.number, house))
}

/// The town's areas, to be found by name or place.
struct Areas<'a> {
    all: &'a [Area],
    names: HashMap<String, &'a Area>,
}

impl<'a> Areas<'a> {
    fn new(all: &'a [Area]) -> Self {
        let by_name = all.iter().map(|area| (area.name.as_str().to_lowercase(), area));
        // A code wins over another area's name.
        let names = by_name.chain(all.iter().map(|area| (area.code.to_string(), area))).collect();
        Self { all, names }
    }

    fn named(&self, name: &str) -> Option<AreaId> {
        self.names.get(&name.trim().to_lowercase()).map(|area| area.id)
    }
}

/// The district a place lies in: people live in districts, not in service areas.
pub(super) fn district(areas: &[Area], point: Point) -> Option<AreaId> {
    areas
        .iter()
        .find(|area| area.kind == AreaKind::District && area.geometry.contains(point))
        .map(|area| area.id)
}
