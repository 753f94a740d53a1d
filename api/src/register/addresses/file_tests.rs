use chrono::DateTime;
use domain::{
    geo::{Geometry, MultiPolygon},
    ids::MunicipalityId,
    municipalities::Settings,
    text::{Name, Slug},
    time::FederalState,
};
use serde_json::json;

use super::*;

/// A town around 51.6 north, 12.6 east.
fn town() -> Municipality {
    let ring = [[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.7], [12.5, 51.5]];
    let square = Geometry { kind: "Polygon".into(), coordinates: json!([ring]) };
    Municipality {
        id: MunicipalityId(uuid::Uuid::nil()),
        slug: Slug::parse("bad-dueben").unwrap(),
        name: Name::parse("Bad Düben").unwrap(),
        state: FederalState::Sn,
        time_zone: chrono_tz::Europe::Berlin,
        reference_prefix: "BD".into(),
        ars: None,
        boundary: Some(MultiPolygon::parse(&square).unwrap()),
        settings: Settings::default(),
        register_version: 1,
        content_version: 0,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn csv(bytes: &[u8]) -> Vec<Result<Line, Fault>> {
    read(Kind::Csv, bytes, &town()).unwrap()
}

fn fault(line: u32, column: Column, code: Code) -> Result<Line, Fault> {
    Err(Fault { line, column, code })
}

#[test]
fn office_programs_are_understood() {
    let comma = "street,house_number,postal_code,lat,lon\nLeipziger Straße,12a,04849,51.6,12.6\n";
    let semicolon =
        "\u{feff}Straße;Hausnr.;Zusatz;PLZ;Breite;Länge\r\nLeipziger Straße;12;a;04849;51,6;12,6\r\n";
    let tab = "strasse\tHNR\tplz\tlat\tlon\n\nLeipziger Straße\t12 A\t04849\t51.6\t12.6";
    let windows = encoding_rs::WINDOWS_1252.encode(semicolon.trim_start_matches('\u{feff}')).0.into_owned();
    for file in [comma.as_bytes(), semicolon.as_bytes(), tab.as_bytes(), &windows] {
        let lines = csv(file);
        let [Ok(line)] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((line.street.as_str(), line.house.to_string().as_str()), ("Leipziger Straße", "12a"));
        assert_eq!(line.postal_code.as_deref(), Some("04849"));
        assert_eq!(line.point.map(|point| (point.lat, point.lon)), Some((51.6, 12.6)));
    }
}

#[test]
fn the_surveyors_grid_is_turned_into_degrees() {
    let file = "str;hnr;ostwert;nordwert\nAm Lauch;3;33333800,0;5719300,0\nAm Lauch;5;333800,0;5719300,0\n\
                Am Lauch;7;5719300,0;333800,0\nAm Lauch;9;733800,0;5719300,0\n";
    let lines = csv(file.as_bytes());
    let [Ok(first), Ok(second), swapped, elsewhere] = &lines[..] else { panic!("{lines:?}") };
    let place = first.point.unwrap();
    assert!((place.lat - 51.6).abs() < 0.02 && (place.lon - 12.6).abs() < 0.02, "{place:?}");
    assert_eq!(first.point, second.point);
    assert_eq!(*swapped, fault(4, Column::Easting, Code::AxesSwapped));
    assert_eq!(*elsewhere, fault(5, Column::Easting, Code::OutsideMunicipality));
}

#[test]
fn each_wrong_line_says_where_and_why() {
    let file = "street;house_number;lat;lon\nAm Lauch;hinter 5;;\n;5;;\nAm Lauch;;;\nAm Lauch;0;;\nAm Lauch;1;x;12.6\n\
                Am Lauch;1;51.6;\nAm Lauch;1;95;12.6\n\"Am Lauch\";12 1/2;51.6;12.6;more\n";
    let lines = csv(file.as_bytes());
    let wrong = [
        fault(2, Column::HouseNumber, Code::HouseNumberInvalid),
        fault(3, Column::Street, Code::Required),
        fault(4, Column::HouseNumber, Code::Required),
        fault(5, Column::HouseNumber, Code::HouseNumberInvalid),
        fault(6, Column::Lat, Code::WrongType),
        fault(7, Column::Lon, Code::Required),
        fault(8, Column::Lat, Code::OutOfRange),
    ];
    assert_eq!(lines[..7], wrong);
    assert!(lines[7].is_ok());
}

#[test]
fn a_file_without_headings_is_refused() {
    let refused = read(Kind::Csv, b"Leipziger Strasse;12a\n", &town()).unwrap_err();
    assert!(format!("{refused:?}").contains("/1/street"), "{refused:?}");
    for nothing in [&b""[..], b"\xff\xfe\x00", b"\n\n\n"] {
        assert!(read(Kind::Csv, nothing, &town()).is_err());
    }
}

#[test]
fn geojson_has_a_feature_for_each_house() {
    let feature = |coordinates: Value, number: Value| {
        json!({
            "type": "Feature", "properties": {"Straße": "Am Lauch", "hausnummer": number, "height": null},
            "geometry": {"type": "Point", "coordinates": coordinates}
        })
    };
    let features = [
        feature(json!([12.6, 51.6]), json!(3)),
        feature(json!([12.6, 51.6, 90]), json!("3a")),
        feature(json!([12.6]), json!("5")),
        feature(json!("here"), json!("7")),
    ];
    let file = json!({"type": "FeatureCollection", "features": features}).to_string();
    let lines = read(Kind::GeoJson, file.as_bytes(), &town()).unwrap();
    let houses: Vec<_> = lines.iter().flatten().map(|line| line.house.to_string()).collect();
    assert_eq!(houses, ["3", "3a"]);
    assert_eq!(lines[2..], [3, 4].map(|line| fault(line, Column::Lon, Code::WrongType)));

    let crs = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25833"}});
    let surveyed = [feature(json!([333_800.0, 5_719_300.0]), json!("9"))];
    let file = json!({"type": "FeatureCollection", "crs": crs, "features": surveyed}).to_string();
    let lines = read(Kind::GeoJson, file.as_bytes(), &town()).unwrap();
    assert!(lines[0].as_ref().unwrap().point.unwrap().lat > 51.5);

    for (text, why) in [("{", "MalformedJson"), ("{}", "/features"), ("[]", "/features")] {
        let refused = read(Kind::GeoJson, text.as_bytes(), &town()).unwrap_err();
        assert!(format!("{refused:?}").contains(why), "{text}: {refused:?}");
    }
}
