//! Completing streets and house numbers.

use domain::{
    Scope, Store,
    municipalities::{Address, House},
    text::Street,
};
use serde_json::{Value, json};

use crate::support::{installation::Installation, on_both};

on_both!(a_street_is_completed_and_its_houses_follow);

const STREETS: &str = "/v1/municipalities/bad-dueben/streets";

impl Installation {
    async fn register(&self, houses: &[(&str, &str)]) {
        let town = self.found("bad-dueben", "Bad Düben").await;
        let addresses: Vec<_> = houses
            .iter()
            .map(|(street, house)| Address {
                id: self.clock.uuid().into(),
                street: Street::parse(*street).unwrap(),
                house: House::parse(house).unwrap(),
                postal_code: Some("04849".to_owned()),
                point: None,
                area: None,
                version: 1,
            })
            .collect();
        let tx = self.store().begin(Scope::Municipality(town.id)).await.unwrap();
        tx.put_addresses(self.clock.now(), &addresses).await.unwrap();
        tx.commit().await.unwrap();
        self.found("eilenburg", "Eilenburg").await;
    }

    async fn names(&self, path: &str, member: &str) -> Vec<String> {
        let found: Value = self.get(path).expect(200).await;
        let items = found["items"].as_array().unwrap();
        items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
    }
}

async fn a_street_is_completed_and_its_houses_follow(rathaus: Installation) {
    rathaus
        .register(&[
            ("Leipziger Straße", "12a"),
            ("Leipziger Straße", "2"),
            ("Leipziger Straße", "12"),
            ("Leipziger Straße", "12 1/2"),
            ("Lindenweg", "1"),
            ("Am Strand", "3"),
            ("Äußere Mühlgasse", "7"),
        ])
        .await;
    // Each letter that is typed leaves it in the list, also those of "Straße".
    let mut typed = String::new();
    for letter in "Leipziger Straße".chars() {
        typed.push(letter);
        let found = rathaus.names(&format!("{STREETS}?q={typed}"), "name").await;
        assert!(found.contains(&"Leipziger Straße".to_owned()), "{typed}: {found:?}");
    }
    for (typed, found) in [
        ("l", vec!["Leipziger Straße", "Lindenweg"]),
        ("LEIPZIGER STR.", vec!["Leipziger Straße"]),
        ("aeuss", vec!["Äußere Mühlgasse"]),
        ("am stra", vec!["Am Strand"]),
        ("x", vec![]),
        ("%25", vec!["Äußere Mühlgasse", "Am Strand", "Leipziger Straße", "Lindenweg"]),
    ] {
        assert_eq!(rathaus.names(&format!("{STREETS}?q={typed}"), "name").await, found, "{typed}");
    }
    let first: Value = rathaus.get(&format!("{STREETS}?limit=3")).expect(200).await;
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(rathaus.names(&format!("{STREETS}?limit=3&cursor={next}"), "name").await, ["Lindenweg"]);

    let key = rathaus.names(&format!("{STREETS}?q=leip"), "key").await.remove(0);
    for street in [key.as_str(), "Leipziger%20Stra%C3%9Fe", "leipziger%20str."] {
        let houses = format!("{STREETS}/{street}/house-numbers");
        assert_eq!(rathaus.names(&houses, "house_number").await, ["2", "12", "12 1/2", "12a"], "{street}");
    }
    let houses = format!("{STREETS}/{key}/house-numbers");
    let first: Value = rathaus.get(&format!("{houses}?limit=2")).expect(200).await;
    let next = first["next_cursor"].as_str().unwrap();
    let rest = format!("{houses}?limit=2&cursor={next}");
    assert_eq!(rathaus.names(&rest, "house_number").await, ["12 1/2", "12a"]);

    let seen = rathaus.get(STREETS).send().await;
    assert_eq!(seen.headers["cache-control"], "public, max-age=60");
    let again = rathaus.get(STREETS).header("if-none-match", seen.headers["etag"].to_str().unwrap());
    assert_eq!(again.send().await.status, 304);

    rathaus.get(&format!("{STREETS}/nowhere/house-numbers")).expect_problem(404, "not_found").await;
    rathaus.get("/v1/municipalities/nowhere/streets").expect_problem(404, "not_found").await;
    rathaus.get(&format!("{STREETS}?q=")).expect_problem(400, "malformed_parameter").await;
    let empty: Value = rathaus.get("/v1/municipalities/eilenburg/streets").expect(200).await;
    assert_eq!(empty, json!({"items": []}), "another town hall's register");
}
