//! From the surveyors' grid to the map: UTM on ETRS89 (EPSG:25831 to 25833), in which German registers
//! come, to degrees.

use domain::{Code, Error, geo::Point, municipalities::Municipality};
use proj4rs::{Proj, transform::transform};

/// Zones that cover Germany.
const ZONES: [u8; 3] = [32, 33, 31];

/// The zones of the grid, ready to be turned into degrees.
pub struct Grid {
    zones: Vec<(u8, Proj)>,
    degrees: Proj,
}

impl Grid {
    /// The grid.
    ///
    /// # Errors
    /// None: the projections are constant.
    pub fn new() -> Result<Self, Error> {
        let projection =
            |text: &str| Proj::from_proj_string(text).map_err(|_| Error::refused(Code::Internal));
        let zone = |zone: u8| {
            let text = format!("+proj=utm +zone={zone} +ellps=GRS80 +units=m");
            projection(&text).map(|projection| (zone, projection))
        };
        Ok(Self {
            zones: ZONES.into_iter().map(zone).collect::<Result<_, _>>()?,
            degrees: projection("+proj=longlat +ellps=GRS80")?,
        })
    }

    /// The place of easting and northing in metres. Many registers write the zone before the easting:
    /// `33312345.6`. Where no zone is known, it is the one whose place lies in the town's boundary;
    /// none where there is no such zone or the numbers are not of this grid.
    pub fn place(&self, town: &Municipality, zone: Option<u8>, easting: f64, northing: f64) -> Option<Point> {
        let (before, easting) = split(easting);
        let asked = before.or(zone);
        let known = asked.is_some();
        if !known && town.boundary.is_none() {
            return None;
        }
        let usable =
            (100_000.0..900_000.0).contains(&easting) && (5_000_000.0..6_500_000.0).contains(&northing);
        let zones = self.zones.iter().filter(|(zone, _)| usable && asked.is_none_or(|asked| asked == *zone));
        let mut places = zones.filter_map(|(_, zone)| self.turned(zone, easting, northing));
        places.find(|place| known || town.contains(*place))
    }

    fn turned(&self, zone: &Proj, easting: f64, northing: f64) -> Option<Point> {
        let mut point = (easting, northing, 0.0);
        transform(zone, &self.degrees, &mut point).ok()?;
        // To the centimetre.
        let degrees = |radians: f64| (radians.to_degrees() * 10_000_000.0).round() / 10_000_000.0;
        Point::parse(degrees(point.1), degrees(point.0)).ok()
    }
}

/// The zone before the easting, and the easting.
fn split(easting: f64) -> (Option<u8>, f64) {
    let start = |zone: u8| f64::from(zone) * 1_000_000.0;
    match ZONES.into_iter().find(|zone| (start(*zone)..start(*zone) + 1_000_000.0).contains(&easting)) {
        Some(zone) => (Some(zone), easting - start(zone)),
        None => (None, easting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_the_grid_lie_where_the_projection_puts_them() {
        let grid = Grid::new().unwrap();
        for (zone, easting, northing, lat, lon) in [
            // On its central meridian a zone's easting is 500 km, and the northing 0.9996 of the
            // meridian's arc on GRS 80.
            (33, 500_000.0, 5_761_038.212, 52.0, 15.0),
            (32, 500_000.0, 5_761_038.212, 52.0, 9.0),
        ] {
            let (_, projection) = grid.zones.iter().find(|(known, _)| *known == zone).unwrap();
            let place = grid.turned(projection, easting, northing).unwrap();
            assert!((place.lat - lat).abs() < 1e-7 && (place.lon - lon).abs() < 1e-7, "{place:?}");
        }
    }

    #[test]
    fn the_zone_may_stand_before_the_easting() {
        assert_eq!(split(33_332_000.5), (Some(33), 332_000.5));
        assert_eq!(split(332_000.5), (None, 332_000.5));
    }
}
