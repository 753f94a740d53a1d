//! Many acknowledge at the same moment in which somebody calls the warning back.

use std::time::{Duration, Instant};

use domain::deliveries::Channel::{Push, Sms};
use futures::future::join_all;
use sea_orm::Database;
use serde_json::json;

use super::town::{CASTS, MESSAGES, Mulde};
use crate::support::{crowd::Crowd, on_both};

on_both!(a_call_back_meets_a_wave_of_acknowledgements);

/// People whose phones wait, so that stopping takes its time; and those who acknowledge.
const WAITING: u32 = 3_000;
const ACKNOWLEDGING: usize = 32;

async fn a_call_back_meets_a_wave_of_acknowledgements(mulde: Mulde) {
    let town = &mulde.exchange.town;
    let books = Database::connect(&mulde.exchange.database.superuser_url).await.unwrap();
    let (municipality, at) = (town.municipality.0, mulde.exchange.clock.now());
    let crowd = Crowd { municipality, first: 1, people: WAITING, street: "muldestrasse", at };
    crowd.sow(&books).await.unwrap();
    books.close().await.unwrap();
    let mut apps = Vec::new();
    for house in (1..).take(ACKNOWLEDGING) {
        let resident = mulde.resident("Muldestraße", house, &[Push, Sms]).await;
        apps.push(mulde.app(&resident).await);
    }
    let id = mulde.send(json!({"severity": "crisis"})).await;
    town.until("SELECT count(*) FROM broadcasts WHERE planned", &["1"]).await;
    let lead = mulde.lead().await;
    let began = Instant::now();
    let acknowledge = async |app: &String| {
        let said = mulde.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({})).bearer(app);
        said.send().await.status
    };
    let cancel = async || mulde.post(&format!("{CASTS}/{id}/cancel"), &json!({})).bearer(&lead).send().await;
    let (before, after) = apps.split_at(apps.len() / 2);
    let before = join_all(before.iter().map(&acknowledge));
    let after = join_all(after.iter().map(&acknowledge));
    let (before, cancelled, after) = futures::join!(before, cancel(), after);
    let took = began.elapsed();
    println!("{ACKNOWLEDGING} acknowledgements and a call back took {took:?}");
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!([before, after].concat(), [204; ACKNOWLEDGING]);
    assert!(took < Duration::from_secs(10), "nobody waits for whoever waits for them: {took:?}");
    town.until("SELECT count(*) FROM broadcast_turns", &["0"]).await;
    assert_eq!(mulde.standings(&id).await.get("acknowledged"), Some(&32));
    let open = "SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'pending')";
    town.until(open, &["0"]).await;
    mulde.assert_laws(&id).await;
}
