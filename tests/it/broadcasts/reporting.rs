//! Reports: district by district, and what happened when.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{deliveries::Channel::Push, staff::Role};
use serde_json::{Value, json};

use super::town::{CASTS, MESSAGES, Mulde, Resident};
use crate::support::on_both;

on_both!(people_are_counted_and_listed_by_district, a_report_says_what_happened_when);

const AREAS: &str = "/v1/municipalities/bad-dueben/admin/areas";

impl Mulde {
    async fn says_yes(&self, id: &str, resident: &Resident) {
        let said = self.post(&format!("{MESSAGES}/{id}/acknowledgement"), &json!({}));
        assert_eq!(said.bearer(&self.app(resident).await).send().await.status, 204);
    }

    async fn table(&self, id: &str) -> Vec<String> {
        let path = format!("{CASTS}/{id}/report?format=csv");
        let table = self.get(&path).bearer(&self.lead().await).send().await;
        table.body.lines().map(str::to_owned).collect()
    }
}

async fn people_are_counted_and_listed_by_district(mulde: Mulde) {
    let admin = mulde.staff("admin@example.org", Role::Admin).await;
    let square = json!({"type": "Polygon", "coordinates":
        [[[12.5, 51.58], [12.7, 51.58], [12.7, 51.6], [12.5, 51.6], [12.5, 51.58]]]});
    let mut districts = Vec::new();
    for name in ["Altstadt", "Tiefensee"] {
        let area = json!({"code": name.to_lowercase(), "name": name, "kind": "district", "geometry": square});
        let made: Value = mulde.post(AREAS, &area).bearer(&admin).expect(201).await;
        districts.push(made["id"].as_str().unwrap().to_owned());
    }
    let knows = mulde.resident("Muldestraße", 1, &[Push]).await;
    let silent = mulde.resident("Muldestraße", 2, &[Push]).await;
    let village = mulde.resident("Dorfstraße", 3, &[]).await;
    let unknown = mulde.resident("Dorfstraße", 4, &[Push]).await;
    for (resident, district) in [(&knows, 0), (&silent, 0), (&village, 1)] {
        let area = mulde.identifier(districts[district].parse().unwrap());
        let person = mulde.identifier(resident.person.0);
        let lives = format!("UPDATE follows SET area_id = {area} WHERE person_id = {person}");
        mulde.exchange.town.execute(&lives).await;
    }
    let id = mulde.send(json!({"severity": "important"})).await;
    mulde.until_deliveries(&id, &["push sent"; 3]).await;
    mulde.says_yes(&id, &knows).await;
    let one = |name: &str| json!([{"name": name, "count": 1}]);
    let both = json!([{"name": "acknowledged", "count": 1}, {"name": "not_yet", "count": 1}]);
    assert_eq!(
        mulde.report(&id).await["areas"],
        json!([
            {"area": districts[0], "name": "Altstadt", "standings": both},
            {"area": districts[1], "name": "Tiefensee", "standings": one("unreachable")},
            {"standings": one("not_yet")},
        ])
    );
    let table = mulde.table(&id).await;
    for line in ["area: Altstadt;acknowledged;1", "area: Tiefensee;unreachable;1", "area: unknown;not_yet;1"]
    {
        assert!(table.iter().any(|there| there == line), "{line}: {table:?}");
    }
    let list = async |filter: &str| -> Vec<String> {
        let path = format!("{CASTS}/{id}/deliveries?{filter}");
        let page: Value = mulde.get(&path).bearer(&mulde.lead().await).expect(200).await;
        let mut people: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["person"].as_str().unwrap().to_owned())
            .collect();
        people.sort();
        people
    };
    let named = |residents: &[&Resident]| {
        let mut people: Vec<_> = residents.iter().map(|one| one.person.to_string()).collect();
        people.sort();
        people
    };
    let [old_town, tiefensee] = [0, 1].map(|district| format!("area={}", districts[district]));
    assert_eq!(list(&old_town).await, named(&[&knows, &silent]));
    assert_eq!(list(&tiefensee).await, named(&[&village]));
    assert_eq!(list(&format!("{old_town}&standing=not_yet")).await, named(&[&silent]));
    assert_eq!(list("standing=not_yet").await, named(&[&silent, &unknown]));
    assert_eq!(list(&format!("area={}", uuid::Uuid::new_v4())).await, named(&[]));
    // A cursor of one district leads nowhere in another.
    let path = |area: &str| format!("{CASTS}/{id}/deliveries?limit=1&{area}");
    let page: Value = mulde.get(&path(&old_town)).bearer(&mulde.lead().await).expect(200).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let borrowed = mulde.get(&format!("{}&cursor={cursor}", path(&tiefensee))).bearer(&mulde.lead().await);
    borrowed.expect_problem(400, "cursor_invalid").await;
    let wrong = mulde.get(&path("area=altstadt")).bearer(&mulde.lead().await);
    wrong.expect_problem(400, "malformed_parameter").await;
}

async fn a_report_says_what_happened_when(mulde: Mulde) {
    let quick = mulde.resident("Muldestraße", 1, &[Push]).await;
    let slow = mulde.resident("Muldestraße", 2, &[Push]).await;
    let draft = mulde.write(json!({"severity": "crisis"})).await;
    let unsent = mulde.report(draft["id"].as_str().unwrap()).await;
    assert_eq!(unsent["timeline"], json!([]));
    let id = mulde.send(json!({"severity": "crisis"})).await;
    mulde.until_deliveries(&id, &["push sent", "push sent"]).await;
    let read = mulde.post(&format!("{MESSAGES}/{id}/read"), &json!({}));
    assert_eq!(read.bearer(&mulde.app(&slow).await).send().await.status, 204);
    mulde.exchange.clock.advance(TimeDelta::seconds(200));
    mulde.says_yes(&id, &quick).await;
    mulde.exchange.clock.advance(TimeDelta::hours(3));
    mulde.says_yes(&id, &slow).await;
    let report = mulde.report(&id).await;
    let moment = |text: &Value| text.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let began = moment(&report["broadcast"]["sending_at"]);
    let timeline: Vec<_> = report["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| {
            let after = (moment(&span["from"]) - began).num_seconds();
            let counts = ["sent", "arrived", "acknowledged"].map(|what| span[what].as_u64().unwrap());
            (after, counts)
        })
        .collect();
    // A minute in the first two hours, ten minutes after them.
    let seconds: Vec<_> = timeline.iter().map(|(after, _)| *after).collect();
    assert_eq!(seconds, [0, 180, 10_800], "{timeline:?}");
    let counts: Vec<_> = timeline.iter().map(|(_, counts)| *counts).collect();
    assert_eq!(counts, [[2, 1, 0], [0, 0, 1], [0, 0, 1]]);
    let from = |place: usize| report["timeline"][place]["from"].as_str().unwrap();
    let table = mulde.table(&id).await;
    for line in [
        format!("timeline_sent;{};2", from(0)),
        format!("timeline_arrived;{};1", from(0)),
        format!("timeline_acknowledged;{};1", from(2)),
    ] {
        assert!(table.contains(&line), "{line}: {table:?}");
    }
}
