use proptest::prelude::*;
use serde_json::json;

use super::*;

fn at(lat: f64, lon: f64) -> Point {
    Point { lat, lon }
}

fn shape(kind: &str, coordinates: serde_json::Value) -> Result<MultiPolygon, Code> {
    let geometry = Geometry { kind: kind.into(), coordinates };
    MultiPolygon::parse(&geometry)
}

fn square(west: f64, south: f64, size: f64) -> serde_json::Value {
    let (east, north) = (west + size, south + size);
    json!([[west, south], [east, south], [east, north], [west, north], [west, south]])
}

#[test]
fn points_lie_on_the_world() {
    assert!(Point::parse(-90.0, 180.0).is_ok());
    for (lat, lon) in [(90.1, 0.0), (0.0, -180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        assert_eq!(Point::parse(lat, lon), Err(Code::OutOfRange));
    }
}

#[test]
fn distances_in_metres() {
    // Bad Düben to Eilenburg, about 15 km.
    let metres = at(51.5919, 12.5853).distance(at(51.4596, 12.6337));
    assert!((15_000.0..15_300.0).contains(&metres), "{metres}");
    // One minute of latitude is a nautical mile.
    let mile = at(51.0, 12.0).distance(at(51.0 + 1.0 / 60.0, 12.0));
    assert!((1_850.0..1_856.0).contains(&mile), "{mile}");
    assert_eq!(at(51.0, 12.0).distance(at(51.0, 12.0)), 0.0);
}

#[test]
fn a_polygon_with_a_hole() {
    let town = shape("Polygon", json!([square(12.0, 51.0, 1.0), square(12.4, 51.4, 0.2)])).unwrap();
    assert!(town.contains(at(51.1, 12.1)));
    assert!(!town.contains(at(51.5, 12.5)), "in the hole");
    assert!(!town.contains(at(50.9, 12.1)));
    assert!(town.contains(at(51.0, 12.5)), "on the border");
    let bounds = town.bounds();
    assert_eq!((bounds.west, bounds.south, bounds.east, bounds.north), (12.0, 51.0, 13.0, 52.0));
}

#[test]
fn several_polygons() {
    let both = json!([[square(12.0, 51.0, 0.1)], [square(12.5, 51.5, 0.1)]]);
    let town = shape("MultiPolygon", both.clone()).unwrap();
    assert!(town.contains(at(51.05, 12.05)) && town.contains(at(51.55, 12.55)));
    assert!(!town.contains(at(51.3, 12.3)), "between them");
    assert_eq!(town.geometry().kind, "MultiPolygon");
    assert_eq!(MultiPolygon::parse(&town.geometry()).unwrap(), town);
}

#[test]
fn heights_are_dropped() {
    let high = json!([[[12.0, 51.0, 88.0], [12.1, 51.0, 88.0], [12.1, 51.1, 88.0], [12.0, 51.0, 88.0]]]);
    let written = shape("Polygon", high).unwrap().geometry();
    assert_eq!(written.coordinates, json!([[[12.0, 51.0], [12.1, 51.0], [12.1, 51.1], [12.0, 51.0]]]));
}

#[test]
fn what_is_no_area_is_refused() {
    for (why, kind, coordinates) in [
        ("another type", "Point", json!([12.0, 51.0])),
        ("not nested", "Polygon", json!([12.0, 51.0])),
        ("a polygon as multi", "MultiPolygon", json!([square(12.0, 51.0, 0.1)])),
        ("nothing", "Polygon", json!([])),
        ("nothing", "MultiPolygon", json!([])),
        ("not closed", "Polygon", json!([[[12.0, 51.0], [12.1, 51.0], [12.1, 51.1], [12.0, 51.1]]])),
        ("three points", "Polygon", json!([[[12.0, 51.0], [12.1, 51.0], [12.0, 51.0]]])),
        ("no surface", "Polygon", json!([[[12.0, 51.0], [12.1, 51.0], [12.2, 51.0], [12.0, 51.0]]])),
        ("one number", "Polygon", json!([[[12.0], [12.1], [12.2], [12.0]]])),
        ("text", "Polygon", json!([[["12.0", "51.0"]]])),
        ("no number", "Polygon", json!([[[null, 51.0], [12.1, 51.0], [12.1, 51.1], [null, 51.0]]])),
        ("beyond the world", "Polygon", json!([square(180.0, 51.0, 1.0)])),
        ("beyond the world when swapped", "Polygon", json!([square(12.0, 95.0, 1.0)])),
        ("swapped", "Polygon", json!([square(51.0, 12.0, 0.1)])),
        ("a bad hole", "Polygon", json!([square(12.0, 51.0, 1.0), [[12.4, 51.4]]])),
    ] {
        assert_eq!(shape(kind, coordinates), Err(Code::GeometryInvalid), "{why}");
    }
}

#[test]
fn a_limit_of_points() {
    let ring = |points: u32| {
        let mut ring: Vec<_> = (0..points - 1)
            .map(|i| {
                let angle = f64::from(i) / f64::from(points) * std::f64::consts::TAU;
                vec![12.5 + 0.1 * angle.cos(), 51.5 + 0.1 * angle.sin()]
            })
            .collect();
        ring.push(ring[0].clone());
        json!([ring])
    };
    let max = u32::try_from(MAX_POINTS).unwrap();
    assert!(shape("Polygon", ring(max)).is_ok());
    assert_eq!(shape("Polygon", ring(max + 1)), Err(Code::TooMany));
}

#[test]
fn the_coarse_place_is_one_for_a_whole_block() {
    let house = at(51.59190, 12.58530);
    let coarse = house.coarse();
    assert_ne!(coarse, house);
    assert_eq!(at(house.lat + 0.00001, house.lon).coarse(), coarse, "the neighbour's");
}

proptest! {
    #[test]
    fn coarse_is_near_and_stays_put(lat in -84.0f64..84.0, lon in -179.0f64..179.0) {
        let point = at(lat, lon);
        let coarse = point.coarse();
        prop_assert!(point.distance(coarse) < 75.0, "half a cell's diagonal");
        prop_assert_eq!(coarse.coarse(), coarse);
        prop_assert!(Point::parse(coarse.lat, coarse.lon).is_ok());
    }
}
