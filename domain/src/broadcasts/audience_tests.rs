use serde_json::{Value, json};

use super::*;
use crate::tree::MAX_DEPTH;

fn read(tree: Value) -> Result<Audience, Vec<Violation>> {
    Audience::parse(&serde_json::from_value(tree).unwrap(), "/audience")
}

fn refused(tree: Value, pointer: &str, code: Code) {
    assert_eq!(read(tree), Err(vec![Violation::new(pointer, code)]));
}

fn ring(points: &[[f64; 2]]) -> Value {
    json!({"polygon": {"type": "Polygon", "coordinates": [points]}})
}

#[test]
fn one_member_and_only_one() {
    assert_eq!(read(json!({"everyone": true})), Ok(Audience::Everyone));
    refused(json!({}), "/audience", Code::ExactlyOne);
    refused(json!({"everyone": true, "role": "guest"}), "/audience", Code::ExactlyOne);
    refused(json!({"everyone": false}), "/audience/everyone", Code::NotAllowed);
    refused(json!({"any": [{"everyone": true}, {}]}), "/audience/any/1", Code::ExactlyOne);
    refused(json!({"any": []}), "/audience/any", Code::TooShort);
}

#[test]
fn trees_end_somewhere() {
    let mut tree = json!({"everyone": true});
    for _ in 1..MAX_DEPTH {
        tree = json!({"not": tree});
    }
    assert!(read(tree.clone()).is_ok());
    refused(json!({"not": tree}), "/audience/not/not/not/not/not/not/not/not", Code::TooDeep);
}

#[test]
fn house_numbers_go_up() {
    let street = |from, to| json!({"street": {"name": "Muldestraße", "from": from, "to": to}});
    assert!(read(street(1, 20)).is_ok());
    assert!(read(street(7, 7)).is_ok());
    refused(street(20, 1), "/audience/street", Code::Contradiction);
    refused(street(0, 1), "/audience/street", Code::OutOfRange);
}

#[test]
fn a_polygon_is_simple_and_not_endless() {
    let square = [[12.5, 51.5], [12.7, 51.5], [12.7, 51.7], [12.5, 51.7], [12.5, 51.5]];
    assert!(read(ring(&square)).is_ok());
    let bow_tie = [[12.5, 51.5], [12.7, 51.7], [12.7, 51.5], [12.5, 51.72], [12.5, 51.5]];
    refused(ring(&bow_tie), "/audience/polygon", Code::GeometryInvalid);
    let circle = |points: u32| -> Vec<[f64; 2]> {
        let angle = |i: u32| f64::from(i % points) / f64::from(points) * std::f64::consts::TAU;
        (0..=points).map(|i| [12.5 + angle(i).cos() / 10.0, 51.5 + angle(i).sin() / 10.0]).collect()
    };
    assert!(read(ring(&circle(900))).is_ok());
    for points in [1_100, 100_000] {
        refused(ring(&circle(points)), "/audience/polygon", Code::TooMany);
    }
}

#[test]
fn what_a_tree_names_is_found_at_any_depth() {
    let id = |n: u8| uuid::Uuid::from_u128(n.into());
    let tree =
        read(json!({"all": [{"area": [id(1)]}, {"not": {"any": [{"area": [id(2)]}, {"topic": [id(3)]}]}}]}));
    let tree = tree.unwrap();
    assert_eq!(tree.areas(), [AreaId(id(1)), AreaId(id(2))]);
    assert_eq!(tree.topics(), [TopicId(id(3))]);
}
