//! Whom filters find, counted in the database.

use domain::deliveries::Channel::{self, *};
use serde_json::{Value, json};

use super::town::{CASTS, Mulde};
use crate::support::on_both;

on_both!(filters_find_whom_they_say, a_preview_counts_each_number_once_and_says_what_it_costs);

async fn found(mulde: &Mulde, audience: Value) -> u64 {
    let draft = mulde.write(json!({"audience": audience})).await;
    mulde.preview(draft["id"].as_str().unwrap()).await["people"].as_u64().unwrap()
}

async fn filters_find_whom_they_say(mulde: Mulde) {
    let town = &mulde.exchange.town;
    for (house, channel) in [(1, Push), (7, Sms), (20, Voice), (21, Push)] {
        mulde.resident("Muldestraße", house, &[channel]).await;
    }
    let lauch = mulde.resident("Am Lauch", 3, &[Push]).await;
    let far = mulde.resident("Dorfstraße", 9, &[Email]).await;
    let place = |id: uuid::Uuid, lat: f64, lon: f64, age: &str, language: &str| {
        let id = mulde.identifier(id);
        format!(
            "UPDATE follows SET lat = {lat}, lon = {lon}, age_group = '{age}', locale = '{language}' \
             WHERE person_id = {id}"
        )
    };
    town.execute(&place(lauch.person.0, 51.59, 12.58, "65_and_over", "de")).await;
    town.execute(&place(far.person.0, 51.65, 12.58, "18_to_29", "en")).await;
    let street = |from: Option<u16>, to: Option<u16>| {
        let mut street = json!({"name": "Muldestr."});
        if let Some(from) = from {
            street["from"] = from.into();
        }
        if let Some(to) = to {
            street["to"] = to.into();
        }
        json!({"street": street})
    };
    let square = |south: f64, north: f64| {
        json!({"polygon": {"type": "Polygon", "coordinates":
            [[[12.5, south], [12.7, south], [12.7, north], [12.5, north], [12.5, south]]]}})
    };
    for (audience, people) in [
        (json!({"everyone": true}), 6),
        (street(None, None), 4),
        (street(Some(2), Some(20)), 2),
        (street(Some(20), None), 2),
        (street(None, Some(1)), 1),
        (json!({"not": street(None, None)}), 2),
        (square(51.58, 51.60), 1),
        (square(51.58, 51.70), 2),
        // Whose place nobody knows is neither inside nor outside.
        (json!({"not": square(51.58, 51.60)}), 1),
        (json!({"age_group": ["65_and_over"]}), 1),
        (json!({"not": {"age_group": ["65_and_over"]}}), 1),
        (json!({"language": ["en"]}), 1),
        (json!({"role": "resident"}), 6),
        (json!({"role": "guest"}), 0),
        (json!({"channel": ["sms", "voice"]}), 2),
        (json!({"any": [square(51.58, 51.60), street(Some(1), Some(1))]}), 2),
        (json!({"all": [{"channel": ["push"]}, street(None, None)]}), 2),
    ] {
        assert_eq!(found(&mulde, audience.clone()).await, people, "{audience}");
    }
}

async fn a_preview_counts_each_number_once_and_says_what_it_costs(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push, Sms, Voice]).await;
    let texter = mulde.resident("Muldestraße", 2, &[Sms]).await;
    // Somebody who shares that telephone, and somebody without any way.
    let shares = mulde.resident("Muldestraße", 2, &[]).await;
    mulde.reach(shares.person, Sms, texter.ways[0].1, true).await;
    mulde.resident("Muldestraße", 3, &[]).await;
    let draft = mulde.write(json!({"severity": "crisis"})).await;
    let id = draft["id"].as_str().unwrap();
    let preview = mulde.preview(id).await;
    assert_eq!((&preview["people"], &preview["unreachable"]), (&json!(4), &json!(1)));
    let ways: Vec<(String, bool, u64)> = preview["channels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|way| {
            let channel = way["channel"].as_str().unwrap().to_owned();
            (channel, way["at_once"].as_bool().unwrap(), way["contact_points"].as_u64().unwrap())
        })
        .collect();
    let way = |channel: Channel, at_once, many| (channel.to_string(), at_once, many);
    assert_eq!(ways, [way(Push, true, 1), way(Sms, true, 1), way(Sms, false, 1), way(Voice, false, 1)]);
    assert_eq!(preview["at_once"], json!({"sms_segments": 1, "voice_minutes": 0}));
    assert_eq!(preview["if_nobody_answers"], json!({"sms_segments": 2, "voice_minutes": 2}));
    // News are told to each person once, by their first way.
    let news = mulde.write(json!({})).await;
    let preview = mulde.preview(news["id"].as_str().unwrap()).await;
    assert_eq!(preview["channels"].as_array().unwrap().len(), 2);
    assert_eq!(preview["if_nobody_answers"], json!({"sms_segments": 1, "voice_minutes": 0}));
    let nothing: Value = mulde.get(CASTS).bearer(&mulde.editor().await).expect(200).await;
    assert_eq!(nothing["items"].as_array().unwrap().len(), 2);
    assert_eq!(mulde.exchange.town.ask("SELECT count(*) FROM deliveries").await, ["0"]);
}
