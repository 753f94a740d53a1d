//! Following a town hall: what is chosen, what it is worth, and how it ends.

mod bad_choices;
mod choosing;
mod ledger;
mod upgrading;

use domain::{
    Scope, Store,
    ids::MunicipalityId,
    municipalities::{Address, Municipality},
    text::Street,
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

use crate::support::{http::Call, installation::Installation, town::rectangle};

pub const FOLLOW: &str = "/v1/me/follows/bad-dueben";

/// A town hall with two topics, two houses and a district.
pub async fn town(rathaus: &Installation) -> Municipality {
    let town = rathaus.found("bad-dueben", "Bad Düben").await;
    let area = rathaus.add_area(&town, "schnaditz", rectangle(12.55, 51.55, 12.6, 51.6)).await;
    let tx = rathaus.store().begin(Scope::Municipality(town.id)).await.unwrap();
    for (code, active) in [("road-closures", true), ("kita", true), ("old", false)] {
        let names = serde_json::from_value(json!({"de": code})).unwrap();
        let topic = domain::municipalities::Topic {
            id: rathaus.clock.uuid().into(),
            code: domain::text::Slug::parse(code).unwrap(),
            names,
            position: 1,
            active,
            version: 1,
        };
        tx.insert_topic(rathaus.clock.now(), &topic).await.unwrap();
    }
    let house = |street: &str, house: &str, area, point| Address {
        id: rathaus.clock.uuid().into(),
        street: Street::parse(street).unwrap(),
        house: domain::municipalities::House::parse(house).unwrap(),
        postal_code: None,
        point,
        area,
        version: 1,
    };
    let houses = [
        house("Leipziger Straße", "12a", Some(area.id), None),
        house("Dorfstraße", "1", None, Some(domain::geo::Point { lat: 51.57, lon: 12.57 })),
        house("Am Lauch", "3", None, None),
    ];
    tx.put_addresses(rathaus.clock.now(), &houses).await.unwrap();
    tx.commit().await.unwrap();
    town
}

/// A choice with `more` members or other ones.
pub fn choice(more: Value) -> Value {
    let mut choice = json!({
        "role": "resident",
        "topics": ["road-closures"],
        "language": "de",
        "channels": {"crisis": ["push"], "information": ["push"]},
    });
    choice.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    choice
}

impl Installation {
    pub fn choose(&self, token: &str, choice: &Value) -> Call {
        Call(self.request(Method::PUT, FOLLOW).json(choice)).bearer(token)
    }

    /// What a query of the town's rows gives, as text.
    pub async fn ask(&self, town: MunicipalityId, sql: &str) -> Vec<String> {
        let view = self.store().view(Scope::Municipality(town)).await.unwrap();
        let statement = Statement::from_string(view.backend(), sql.to_owned());
        let rows = view.connection().query_all_raw(statement).await.unwrap();
        rows.iter()
            .map(|row| {
                row.try_get_by_index::<String>(0)
                    .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))
                    .unwrap()
            })
            .collect()
    }
}

/// One line for each entry of the ledger, in its order.
pub const LEDGER: &str = "SELECT channel || ' ' || purpose || ' ' || CASE WHEN given THEN 'yes' ELSE 'no' END \
                          || ' ' || means FROM consents ORDER BY person_id, number";

/// One line for each way somebody is reached.
pub const REACH: &str = "SELECT channel || CASE WHEN crisis THEN ' crisis' ELSE '' END \
                         || CASE WHEN important THEN ' important' ELSE '' END \
                         || CASE WHEN information THEN ' information' ELSE '' END \
                         || CASE WHEN notice THEN ' notice' ELSE '' END \
                         || CASE WHEN active THEN '' ELSE ' asked' END FROM reach ORDER BY position, 1";
