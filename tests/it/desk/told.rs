//! Which desk a report comes to, why, and who is written to about it.

use chrono::TimeDelta;
use domain::{Store, municipalities::Department, staff::Role, text::EmailAddress};
use reqwest::Method;
use serde_json::{Value, json};

use super::town::Town;
use crate::{
    complaints::report_with,
    support::{http::Call, on_both},
};

on_both!(
    the_first_rule_that_holds_decides_and_says_why,
    a_rule_that_broke_sends_to_the_default_desk_and_its_admins_are_told_once,
    an_office_without_a_mailbox_is_stood_in_for,
    a_phone_hears_public_words_and_moved_promises_only,
);

const ADMIN: &str = "/v1/municipalities/bad-dueben/admin";

impl Town {
    async fn add(&self, list: &str, token: &str, body: &Value) -> Value {
        self.rathaus.post(&format!("{ADMIN}/{list}"), body).bearer(token).expect(201).await
    }

    async fn replace(&self, department: &Department) {
        let tx = self.rathaus.store().begin(self.scope()).await.unwrap();
        let version = tx.department(department.id).await.unwrap().unwrap().version;
        tx.update_department(&Department { version, ..department.clone() }).await.unwrap();
        tx.touch_register().await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn the_first_rule_that_holds_decides_and_says_why(town: Town) {
    let (_, admin) = town.staff(Role::Admin, &[]).await;
    let (clerk, _) = town.staff(Role::Clerk, &[&town.works]).await;
    let ring = json!([[[12.60, 51.60], [12.62, 51.60], [12.62, 51.62], [12.60, 51.62], [12.60, 51.60]]]);
    let area = json!({
        "code": "schnaditz", "name": "Schnaditz", "kind": "district",
        "geometry": {"type": "Polygon", "coordinates": ring},
    });
    let area = town.add("areas", &admin, &area).await["id"].clone();
    let front = json!({"department": town.front.id});
    let works = json!({
        "department": town.works.id, "assignee": clerk, "priority": "high",
        "extra_emails": ["forst@example.org"],
    });
    for (name, condition, actions) in [
        ("In Schnaditz", json!({"area": [area]}), &front),
        ("Gefahr", json!({"words": ["asbest"]}), &front),
        ("Reifen", json!({"all": [{"words": ["reifen"]}, {"not": {"anonymous": false}}]}), &works),
        ("Alles", json!({"category": [town.category.id]}), &front),
    ] {
        let rule = json!({"name": name, "condition": condition, "actions": actions});
        town.add("routing-rules", &admin, &rule).await;
    }
    // Nobody knows where that address is, so no polygon holds.
    let report = report_with(json!({"location": null, "address": "Am Waldrand"}));
    let filed: Value = town.rathaus.file(&report).expect(201).await;

    let inbox = format!("/v1/municipalities/bad-dueben/staff/complaints/{}", filed["id"].as_str().unwrap());
    let shown: Value = town.rathaus.get(&inbox).bearer(&admin).expect(200).await;
    assert_eq!(
        (&shown["department"]["name"], &shown["assignee"], &shown["priority"]),
        (&json!("Bauhof"), &json!(clerk), &json!("high"))
    );
    let why: Value = town.rathaus.get(&format!("{inbox}/routing")).bearer(&admin).expect(200).await;
    let decision = &why["decisions"][0];
    assert_eq!(decision["rule"]["name"], "Reifen");
    let kinds = |list: &Value, what: &str| -> Vec<String> {
        let found = list.as_array().unwrap().iter();
        found
            .map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one[what].as_str().unwrap()))
            .collect()
    };
    assert_eq!(kinds(&decision["matched"], "verdict"), ["words met", "anonymous not_met"]);
    let tried = decision["tried"].as_array().unwrap();
    let tried: Vec<_> = tried
        .iter()
        .map(|rule| (rule["rule"]["name"].as_str().unwrap(), rule["why_not"]["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(tried, [("In Schnaditz", "undecidable"), ("Gefahr", "not_met")]);
    assert_eq!((&decision["tried_count"], &decision["undecided_count"]), (&json!(2), &json!(1)));
    assert_eq!(
        town.rathaus.letters(town.town.id).await,
        ["desk_arrival bauhof@example.org", "desk_arrival forst@example.org"]
    );
}

async fn a_rule_that_broke_sends_to_the_default_desk_and_its_admins_are_told_once(town: Town) {
    let boss = town.rathaus.employ(&town.town, "boss@example.org", Role::Admin).await;
    let admin = town.rathaus.token(&boss).await;
    let (clerk, _) = town.staff(Role::Clerk, &[&town.works]).await;
    let rule = json!({
        "name": "Reifen", "condition": {"words": ["reifen"]},
        "actions": {"department": town.works.id, "assignee": clerk},
    });
    town.add("routing-rules", &admin, &rule).await;
    // Whoever it names is gone.
    let tx = town.rathaus.store().begin(town.scope()).await.unwrap();
    let member = tx.member(clerk).await.unwrap().unwrap();
    tx.update_member(&domain::staff::Member { active: false, ..member }).await.unwrap();
    tx.touch_register().await.unwrap();
    tx.commit().await.unwrap();

    for _ in 0..2 {
        let filed: Value = town.rathaus.file(&report_with(json!({}))).expect(201).await;
        let stored = town.stored(filed["id"].as_str().unwrap().parse().unwrap()).await;
        assert_eq!((stored.department, stored.assignee), (town.front.id, None));
        town.rathaus.clock.advance(TimeDelta::seconds(1));
    }
    let letters = town.rathaus.letters(town.town.id).await;
    let broken: Vec<_> = letters.iter().filter(|letter| letter.starts_with("rule_broken ")).collect();
    assert_eq!(broken, ["rule_broken boss@example.org"], "{letters:?}");
}

async fn an_office_without_a_mailbox_is_stood_in_for(town: Town) {
    let mailbox = Some(EmailAddress::parse("rathaus@example.org").unwrap());
    town.replace(&Department { email: mailbox, ..town.front.clone() }).await;
    town.replace(&Department { email: None, lead_email: None, ..town.works.clone() }).await;
    let (_, admin) = town.staff(Role::Admin, &[]).await;
    let rule = json!({
        "name": "Reifen", "condition": {"words": ["reifen"]}, "actions": {"department": town.works.id},
    });
    town.add("routing-rules", &admin, &rule).await;
    let filed: Value = town.rathaus.file(&report_with(json!({}))).expect(201).await;
    town.rathaus.clock.advance(TimeDelta::seconds(1));
    let comment = town.rathaus.act(&filed, "comments", &json!({"text": "Es sind neun."}));
    let _: Value = comment.header("return-key", filed["return_key"].as_str().unwrap()).expect(201).await;
    town.set("2026-11-24T07:00:00Z");
    town.sweep().await;
    town.set("2026-11-25T23:00:00Z");
    town.sweep().await;
    assert_eq!(
        town.rathaus.letters(town.town.id).await,
        [
            "desk_arrival rathaus@example.org",
            "desk_update rathaus@example.org",
            "desk_reminder rathaus@example.org",
            "promise_passed rathaus@example.org",
        ]
    );
}

async fn a_phone_hears_public_words_and_moved_promises_only(town: Town) {
    let guest = town.rathaus.guest().await["access_token"].as_str().unwrap().to_owned();
    let phone = json!({"platform": "android", "token": "android-token"});
    let device = format!("/v1/me/devices/{}", town.rathaus.clock.uuid());
    assert_eq!(town.rathaus.put(&device, &phone).bearer(&guest).send().await.status, 204);
    let report = report_with(json!({"anonymous": null}));
    let filed: Value = town.rathaus.file(&report).bearer(&guest).expect(201).await;
    let (_, token) = town.staff(Role::Admin, &[]).await;
    let path = format!("/v1/municipalities/bad-dueben/staff/complaints/{}", filed["id"].as_str().unwrap());
    let pushes = async || {
        let sql = "SELECT m.kind FROM deliveries d JOIN messages m ON m.municipality_id = d.municipality_id \
                   AND m.id = d.message_id WHERE d.channel = 'push' ORDER BY m.created_at, m.kind";
        town.rathaus.ask(town.town.id, sql).await
    };
    let before = pushes().await.len();
    let say = async |body: Value| {
        town.rathaus.clock.advance(TimeDelta::seconds(1));
        let _: Value = town.rathaus.post(&format!("{path}/comments"), &body).bearer(&token).expect(201).await;
    };
    say(json!({"internal_text": "Anhänger nötig"})).await;
    assert_eq!(pushes().await.len(), before, "that is the town hall's own business");
    say(json!({"public_text": "Wir kommen morgen."})).await;
    assert_eq!(pushes().await[before..], ["complaint_comment"]);
    let version = town.stored(filed["id"].as_str().unwrap().parse().unwrap()).await.version;
    let moved = json!({"solution_due_at": "2026-12-24T12:00:00Z", "public_text": "Das Ersatzteil fehlt."});
    let call = Call(town.rathaus.request(Method::PATCH, &path).json(&moved)).bearer(&token);
    let _: Value = call.header("if-match", &format!("\"v{version}\"")).expect(200).await;
    assert_eq!(pushes().await[before..], ["complaint_comment", "complaint_comment"]);
    let own: Value = town
        .rathaus
        .get(&format!("{}/{}", crate::complaints::COMPLAINTS, filed["id"].as_str().unwrap()))
        .bearer(&guest)
        .expect(200)
        .await;
    assert_eq!(own["solution_due_at"], "2026-12-24T12:00:00Z");
}
