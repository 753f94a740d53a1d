use serde_json::{Value, json};

use super::*;

fn read(features: Value) -> Vec<Result<Item, Fault>> {
    let map = json!({"type": "FeatureCollection", "generator": "overpass-turbo", "features": features});
    items(map.to_string().as_bytes()).unwrap()
}

fn feature(geometry: Value, properties: Value) -> Value {
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn fault(feature: Value) -> (String, Code) {
    let fault = read(json!([feature])).remove(0).unwrap_err();
    (fault.pointer, fault.code)
}

fn spot() -> Value {
    json!({"type": "Point", "coordinates": [12.5853, 51.5919]})
}

#[test]
fn places_of_openstreetmap_come_with_what_it_knows() {
    let pool = json!({
        "@id": "way/42", "name": "Heidebad", "leisure": "water_park", "opening_hours": "Mo-Su 10:00-19:00; PH off",
        "wheelchair": "designated", "toilets:wheelchair": "yes", "website": "https://www.heidebad.example/", "phone": "+49 34243 7220; +49 34243 1",
        "email": "bad@example.org", "addr:street": "Badweg", "addr:housenumber": "3", "addr:postcode": "04849", "addr:city": "Bad Düben", "fee": "no",
    });
    let square = json!({"type": "Polygon", "coordinates": [[[12.58, 51.59], [12.59, 51.59], [12.59, 51.6], [12.58, 51.6], [12.58, 51.59]]]});
    let read = read(json!([feature(square, pool)]));
    let Item { key, kind, sheet, line, .. } = read[0].as_ref().unwrap();
    assert_eq!((key.as_str(), *kind, *line), ("way/42", Kind::Place, 1));
    let location = sheet.location.unwrap();
    assert!((51.59..=51.6).contains(&location.lat) && (12.58..=12.59).contains(&location.lon));
    let place = sheet.place.as_ref().unwrap();
    assert_eq!(place.opening_hours.as_ref().unwrap().as_str(), "Mo-Su 10:00-19:00; PH off");
    assert_eq!(String::from(place.wheelchair.clone().unwrap()), "yes");
    assert_eq!(place.wheelchair_toilet, Some(true));
    assert_eq!(place.phone.as_ref().unwrap().as_str(), "+49 34243 7220");
    assert_eq!(place.price.as_ref().unwrap().as_str(), "Eintritt frei");
    assert_eq!(sheet.address.as_ref().unwrap().as_str(), "Badweg 3, 04849 Bad Düben");
    assert_eq!(sheet.links[0].url.as_str(), "https://www.heidebad.example/");
}

#[test]
fn a_line_is_a_tour_and_tags_may_stand_apart() {
    let line = json!({"type": "LineString", "coordinates": [[12.58, 51.59, 90.0], [12.6000000049, 51.6]]});
    let hike = json!({"tags": {"name": "Muldeweg", "distance": "7,4 km", "duration": "02:30", "wheelchair": "limited"}});
    let mut hike = feature(line.clone(), hike);
    hike["id"] = json!("relation/7");
    let read = read(json!([hike]));
    let Item { key, kind, sheet, .. } = read[0].as_ref().unwrap();
    assert_eq!((key.as_str(), *kind), ("relation/7", Kind::Tour));
    let tour = sheet.tour.as_ref().unwrap();
    assert_eq!((tour.length_m, tour.minutes), (Some(7_400), Some(150)));
    assert_eq!(tour.path, [Point { lat: 51.59, lon: 12.58 }, Point { lat: 51.6, lon: 12.6 }]);
    let parts = json!({"type": "MultiLineString", "coordinates": [line["coordinates"], line["coordinates"]]});
    assert_eq!(fault(feature(parts, json!({"name": "x"}))), ("/geometry".into(), Code::MapUnreadable));
}

#[test]
fn what_overpass_answers_is_read() {
    let at = |lat: f64, lon: f64| json!({"lat": lat, "lon": lon});
    let ring = [at(51.59, 12.58), at(51.59, 12.59), at(51.6, 12.59), at(51.59, 12.58)];
    let answer = json!({"version": 0.6, "generator": "Overpass API", "elements": [
        {"type": "node", "id": 1, "lat": 51.5919, "lon": 12.5853, "tags": {"name": "Museum", "wheelchair": "yes"}},
        {"type": "node", "id": 2, "lat": 51.59, "lon": 12.58},
        {"type": "node", "id": 3, "lat": 51.6, "lon": 12.6},
        {"type": "way", "id": 4, "nodes": [2, 3], "tags": {"name": "Muldeweg", "highway": "path"}},
        {"type": "way", "id": 5, "geometry": ring, "tags": {"name": "Heidebad", "leisure": "water_park"}},
        {"type": "way", "id": 6, "geometry": ring, "tags": {"name": "Rundweg", "highway": "path"}},
        {"type": "relation", "id": 7, "center": at(51.6, 12.57), "tags": {"name": "Kurpark"}},
        {"type": "way", "id": 8, "nodes": [2, 99], "tags": {"name": "Ohne Anfang"}},
    ]});
    let read = items(answer.to_string().as_bytes()).unwrap();
    let seen: Vec<_> = read
        .iter()
        .map(|item| match item {
            Ok(Item { line, key, kind, .. }) => format!("{line} {key} {kind}"),
            Err(Fault { line, pointer, code }) => format!("{line} {pointer} {code}"),
        })
        .collect();
    let wanted = [
        "1 node/1 place",
        "4 way/4 tour",
        "5 way/5 place",
        "6 way/6 tour",
        "7 relation/7 place",
        "8 /geometry map_unreadable",
    ];
    assert_eq!(seen, wanted);
    let sheet = |number: usize| read[number].as_ref().unwrap().sheet.clone();
    assert_eq!(sheet(0).location, Some(Point { lat: 51.5919, lon: 12.5853 }));
    assert_eq!(
        sheet(1).tour.unwrap().path,
        [Point { lat: 51.59, lon: 12.58 }, Point { lat: 51.6, lon: 12.6 }]
    );
    assert_eq!(sheet(4).location, Some(Point { lat: 51.6, lon: 12.57 }));
}

#[test]
fn what_was_kept_and_read_again_is_the_same() {
    let read = read(json!([feature(
        json!({"type": "Point", "coordinates": [12.585_312_345_678, 51.591_987_654_321]}),
        json!({"name": "x"})
    )]));
    let sheet = &read[0].as_ref().unwrap().sheet;
    let kept: Sheet = serde_json::from_str(&serde_json::to_string(sheet).unwrap()).unwrap();
    assert_eq!(kept, *sheet);
}

#[test]
fn what_is_wrong_is_named_by_its_feature() {
    assert_eq!(fault(feature(spot(), json!({}))), ("/name".into(), Code::Required));
    let hours = json!({"name": "x", "opening_hours": "nach Absprache am Telefon"});
    let hours = fault(feature(spot(), hours));
    assert_eq!(hours, ("/opening_hours".into(), Code::HoursUnreadable));
    assert_eq!(fault(feature(Value::Null, json!({"name": "x"}))), ("/geometry".into(), Code::MapUnreadable));
    for (kind, coordinates) in [
        ("Point", json!([12.5])),
        ("Point", json!([])),
        ("Point", json!(["12.5", "51.5"])),
        ("LineString", json!([])),
        ("LineString", json!([[12.5, 51.5], [12.5]])),
        ("Polygon", json!([])),
        ("Polygon", json!([[]])),
        ("MultiPolygon", json!([[[[12.5]]]])),
        ("Circle", json!([12.5, 51.5])),
    ] {
        let broken = json!({"type": kind, "coordinates": coordinates});
        assert_eq!(
            fault(feature(broken, json!({"name": "x"}))).1,
            Code::MapUnreadable,
            "{kind} {coordinates}"
        );
    }
    let nested =
        json!({"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1.0]}]});
    assert_eq!(fault(feature(nested, json!({"name": "x"}))).1, Code::MapUnreadable);
    assert_eq!(fault(json!("x")).1, Code::MapUnreadable);
    for text in
        ["", "[]", "{}", "<osm>", r#"{"type":"Topology","features":[]}"#, r#"{"type":"FeatureCollection"}"#]
    {
        assert!(items(text.as_bytes()).is_err(), "{text}");
    }
    let deep = format!(r#"{{"type":"FeatureCollection","features":[{}"#, "[".repeat(1_000_000));
    assert!(items(deep.as_bytes()).is_err());
}

#[test]
fn without_a_name_of_its_own_a_feature_is_known_by_name_and_place() {
    let key = |features: Value| read(features)[0].as_ref().unwrap().key.clone();
    let bench = || json!([feature(spot(), json!({"name": "Bank"}))]);
    assert_eq!(key(bench()), key(bench()));
}
