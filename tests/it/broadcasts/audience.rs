//! Whom filters find, counted in the database.

use domain::{
    deliveries::Channel::{self, *},
    municipalities::street_key,
    staff::Role,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::town::{CASTS, Mulde, Resident};
use crate::support::on_both;

const TOWN: &str = "/v1/municipalities/bad-dueben";

on_both!(
    filters_find_whom_they_say,
    who_lives_in_an_area_is_found,
    who_watches_a_street_is_told_of_all_of_it,
    a_topic_is_for_those_who_chose_it,
    a_preview_counts_each_number_once_and_says_what_it_costs,
);

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

async fn who_lives_in_an_area_is_found(mulde: Mulde) {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let square = json!({"type": "Polygon", "coordinates":
        [[[12.5, 51.58], [12.7, 51.58], [12.7, 51.6], [12.5, 51.6], [12.5, 51.58]]]});
    let mut areas = Vec::new();
    for (code, kind) in [("altstadt", "district"), ("revier-1", "service_area")] {
        let area = json!({"code": code, "name": code, "kind": kind, "geometry": square});
        let made: Value = mulde.post(&format!("{TOWN}/admin/areas"), &area).bearer(&admin).expect(201).await;
        areas.push(made["id"].as_str().unwrap().to_owned());
    }
    let (district, round) = (areas[0].as_str(), areas[1].as_str());
    let residents = [1, 2, 3, 4].map(|house| mulde.resident("Muldestraße", house, &[Push]));
    let [inside, says_so, outside, _unknown] =
        futures::future::join_all(residents).await.try_into().ok().unwrap();
    let place = async |resident: &Resident, place: String| {
        let person = mulde.identifier(resident.person.0);
        let sql = format!("UPDATE follows SET {place} WHERE person_id = {person}");
        mulde.exchange.town.execute(&sql).await;
    };
    place(&inside, "lat = 51.59, lon = 12.58".to_owned()).await;
    // Where a register says which district a house belongs to, that counts and not the drawing.
    let of_it = mulde.identifier(district.parse().unwrap());
    place(&says_so, format!("area_id = {of_it}, lat = 51.65, lon = 12.58")).await;
    place(&outside, "lat = 51.65, lon = 12.58".to_owned()).await;
    for (audience, people) in [
        (json!({"area": [district]}), 2),
        (json!({"area": [round]}), 1),
        (json!({"area": [district, round]}), 2),
        // Whose place nobody knows is neither inside nor outside.
        (json!({"not": {"area": [round]}}), 2),
    ] {
        assert_eq!(found(&mulde, audience.clone()).await, people, "{audience}");
    }
}

async fn who_watches_a_street_is_told_of_all_of_it(mulde: Mulde) {
    mulde.resident("Muldestraße", 1, &[Push]).await;
    let watches = mulde.resident("Am Lauch", 3, &[Push]).await;
    let town = &mulde.exchange.town;
    let row = [
        ("municipality_id", town.municipality.0.into()),
        ("person_id", watches.person.0.into()),
        ("street", "Muldestraße".into()),
        ("street_key", street_key("Muldestraße").into()),
    ];
    town.insert(town.scope(), "watched_streets", row).await;
    for (street, people) in [
        (json!({"name": "Muldestraße"}), 2),
        // Some houses of it are nothing to who only watches.
        (json!({"name": "Muldestraße", "from": 1}), 1),
        (json!({"name": "Am Lauch"}), 1),
    ] {
        assert_eq!(found(&mulde, json!({"street": street})).await, people, "{street}");
    }
}

async fn a_topic_is_for_those_who_chose_it(mulde: Mulde) {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let mut topics = Vec::new();
    for code in ["kita", "road-closures"] {
        let topic = json!({"code": code, "names": {"de": code}});
        let made: Value =
            mulde.post(&format!("{TOWN}/admin/topics"), &topic).bearer(&admin).expect(201).await;
        topics.push(made["id"].as_str().unwrap().to_owned());
    }
    let (kita, roads) = (topics[0].as_str(), topics[1].as_str());
    let chose = mulde.resident("Muldestraße", 1, &[Push]).await;
    let other = mulde.resident("Muldestraße", 2, &[Push]).await;
    let town = &mulde.exchange.town;
    for (resident, topic) in [(&chose, kita), (&other, roads)] {
        let row = [
            ("municipality_id", town.municipality.0.into()),
            ("topic_id", topic.parse::<Uuid>().unwrap().into()),
            ("person_id", resident.person.0.into()),
        ];
        town.insert(town.scope(), "follow_topics", row).await;
    }
    mulde.resident("Muldestraße", 3, &[Push]).await;
    for (audience, people) in [
        (json!({"topic": [kita]}), 1),
        (json!({"topic": [kita, roads]}), 2),
        (json!({"not": {"topic": [kita, roads]}}), 1),
    ] {
        assert_eq!(found(&mulde, audience.clone()).await, people, "{audience}");
    }
    // What a broadcast is about restricts it, unless it is danger.
    let news = mulde.send(json!({"severity": "important", "topic": kita})).await;
    mulde.until(&news, "sent").await;
    assert_eq!(mulde.report(&news).await["people"], 1);
    let told = |resident: &Resident| mulde.fcm.requests_for(resident.address(Push)).len();
    assert_eq!((told(&chose), mulde.fcm.counts().total), (1, 1));
    let danger = mulde.send(json!({"severity": "crisis", "topic": kita})).await;
    mulde.until_deliveries(&danger, &["push sent"; 3]).await;
    assert_eq!(told(&other), 1);
    mulde.assert_laws(&news).await;
    mulde.assert_laws(&danger).await;
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
