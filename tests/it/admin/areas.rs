use domain::{
    Scope, Store,
    municipalities::{Address, House},
    text::Street,
};
use serde_json::{Value, json};

use super::Desk;
use crate::support::{installation::Installation, on_both};

on_both!(staff_keep_areas, an_area_that_is_needed_stays);

const PATH: &str = "/v1/municipalities/bad-dueben/admin/areas";

fn schnaditz() -> Value {
    json!({
        "code": "schnaditz",
        "name": "Schnaditz",
        "kind": "district",
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[12.55, 51.58], [12.57, 51.58], [12.57, 51.6], [12.55, 51.6], [12.55, 51.58]]]
        }
    })
}

async fn staff_keep_areas(installation: Installation) {
    let desk = Desk::open(installation).await;
    let open = json!({"type": "Polygon", "coordinates": [[[12.55, 51.58], [12.57, 51.58], [12.57, 51.6]]]});
    let swapped = json!({
        "type": "Polygon",
        "coordinates": [[[51.58, 12.55], [51.58, 12.57], [51.6, 12.57], [51.58, 12.55]]]
    });
    let wrong = [
        ("colour", json!("red"), "/colour"),
        ("code", json!("Schnaditz!"), "/code"),
        ("kind", json!("galaxy"), "/kind"),
        ("geometry", open, "/geometry"),
        ("geometry", swapped, "/geometry"),
        ("geometry", json!({"type": "Point", "coordinates": [12.55, 51.58]}), "/geometry"),
    ];
    desk.guards(PATH, &schnaditz(), &wrong).await;
    let place = desk.add(PATH, &schnaditz()).await;
    desk.post(PATH, &schnaditz()).expect_problem(409, "already_exists").await;
    let changed = desk.guards_versions(&place, &json!({"kind": "service_area"})).await;
    assert_eq!(changed["kind"], "service_area");
    assert_eq!(changed["geometry"], schnaditz()["geometry"], "what is absent stays");
    let bad = json!({"geometry": {"type": "Polygon", "coordinates": []}});
    desk.patch(&place, &bad).header("if-match", "\"v2\"").expect_problem(422, "validation_failed").await;
    assert_eq!(desk.items(PATH).await, [changed]);
    desk.removes(&place, "\"v2\"").await;
}

async fn an_area_that_is_needed_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let place = desk.add(PATH, &schnaditz()).await;
    let area: Value = desk.get(&place).expect(200).await;
    let departments = desk.items("/v1/municipalities/bad-dueben/admin/departments").await;
    let rule = desk.add_rule(json!({"area": [area["id"]]}), &departments[0]["id"]).await;
    desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
    desk.removes(&rule, "\"v1\"").await;

    let house = Address {
        id: desk.installation.clock.uuid().into(),
        street: Street::parse("Dorfstraße").unwrap(),
        house: House::parse("1").unwrap(),
        postal_code: None,
        point: None,
        area: Some(area["id"].as_str().unwrap().parse().unwrap()),
        version: 1,
    };
    let tx = desk.installation.store().begin(Scope::Municipality(desk.town.id)).await.unwrap();
    tx.put_addresses(desk.installation.clock.now(), &[house]).await.unwrap();
    tx.commit().await.unwrap();
    desk.delete(&place, "\"v1\"").expect_problem(409, "in_use").await;
}
