//! What somebody of the staff sees, when they were last here, and how soon a change of it counts.

use chrono::TimeDelta;
use domain::{Scope, Store, staff::Role};
use serde_json::{Value, json};

use super::Desk;
use crate::{
    complaints::report_with,
    support::{http::Call, installation::Installation, on_both},
};

on_both!(
    somebody_limited_to_kinds_sees_no_others,
    a_kind_that_limits_somebody_stays,
    the_list_says_who_was_last_here,
    a_role_changed_elsewhere_counts_within_a_minute,
    an_auditor_reads_and_changes_nothing,
);

const STAFF: &str = "/v1/municipalities/bad-dueben/admin/staff";
const INBOX: &str = "/v1/municipalities/bad-dueben/staff/complaints";
const TOWN: &str = "/v1/municipalities/bad-dueben/admin";

/// A desk with complaints of two kinds, and a clerk of its department.
struct Limited {
    desk: Desk,
    clerk: String,
    place: String,
    kinds: [String; 2],
    complaints: [String; 2],
}

async fn limited(installation: Installation) -> Limited {
    let desk = Desk::open(installation).await;
    let mut kinds = Vec::new();
    let mut complaints = Vec::new();
    for code in ["illegal-waste", "light"] {
        kinds.push(desk.installation.add_category(&desk.town, code, 1).await.id.to_string());
        let filed = desk.installation.file(&report_with(json!({"category": code})));
        complaints.push(filed.expect::<Value>(201).await["id"].as_str().unwrap().to_owned());
    }
    let clerk = desk.installation.employ(&desk.town, "clerk@example.org", Role::Clerk).await;
    let departments = desk.items(&format!("{TOWN}/departments")).await;
    let place = format!("{STAFF}/{}", clerk.id);
    let patch = json!({"departments": [departments[0]["id"]], "categories": [kinds[0]]});
    let patched: Value = desk.patch(&place, &patch).header("if-match", "\"v1\"").expect(200).await;
    assert_eq!(patched["categories"], json!([kinds[0]]));
    let clerk = desk.installation.token(&clerk).await;
    Limited {
        desk,
        clerk,
        place,
        kinds: kinds.try_into().unwrap(),
        complaints: complaints.try_into().unwrap(),
    }
}

impl Limited {
    fn as_clerk(&self, path: &str) -> Call {
        self.desk.installation.get(path).bearer(&self.clerk)
    }

    async fn seen(&self) -> Vec<String> {
        let listed: Value = self.as_clerk(INBOX).expect(200).await;
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

async fn somebody_limited_to_kinds_sees_no_others(installation: Installation) {
    let town = limited(installation).await;
    let [waste, light] = &town.complaints;
    assert_eq!(town.seen().await, [waste.as_str()]);
    let _: Value = town.as_clerk(&format!("{INBOX}/{waste}")).expect(200).await;
    for path in ["", "/history", "/routing"] {
        let hidden = town.as_clerk(&format!("{INBOX}/{light}{path}"));
        hidden.expect_problem(404, "not_found").await;
    }
    let step =
        town.desk.installation.post(&format!("{INBOX}/{light}/transitions"), &json!({"to": "accepted"}));
    let step = step.bearer(&town.clerk).header("if-match", "\"v1\"");
    step.expect_problem(404, "not_found").await;
    let unknown = json!({"categories": [town.kinds[1], uuid::Uuid::nil()]});
    let refused = town.desk.patch(&town.place, &unknown).header("if-match", "\"v2\"");
    let refused = refused.expect_problem(422, "validation_failed").await;
    assert_eq!(super::first_pointer(&refused), "/categories/1");
    let open = town.desk.patch(&town.place, &json!({"categories": []})).header("if-match", "\"v2\"");
    let _: Value = open.expect(200).await;
    assert_eq!(town.seen().await.len(), 2, "no limit any more, at once");
}

async fn a_kind_that_limits_somebody_stays(installation: Installation) {
    let desk = Desk::open(installation).await;
    let kind = desk.installation.add_category(&desk.town, "light", 1).await;
    let new = json!({"name": "Kim", "email": "kim@example.org", "role": "clerk", "categories": [kind.id]});
    desk.add(STAFF, &new).await;
    // Without it they would see every kind.
    let gone = desk.delete(&format!("{TOWN}/categories/{}", kind.id), "\"v1\"");
    gone.expect_problem(409, "in_use").await;
}

async fn the_list_says_who_was_last_here(installation: Installation) {
    let town = limited(installation).await;
    let last = async || {
        let staff = town.desk.items(STAFF).await;
        staff.into_iter().find(|member| member["email"] == "clerk@example.org").unwrap()["last_used_at"]
            .clone()
    };
    assert!(last().await.is_null(), "never");
    town.seen().await;
    assert_eq!(last().await, "2026-11-23T09:00:00Z");
    for (minutes, noted) in [(4, "2026-11-23T09:00:00Z"), (7, "2026-11-23T09:11:00Z")] {
        town.desk.installation.clock.advance(TimeDelta::minutes(minutes));
        town.seen().await;
        assert_eq!(last().await, noted, "to ten minutes");
    }
}

async fn a_role_changed_elsewhere_counts_within_a_minute(installation: Installation) {
    let town = limited(installation).await;
    let installation = &town.desk.installation;
    assert_eq!(town.seen().await.len(), 1);
    // As another instance would, without a word to this one.
    let tx = installation.store().begin(Scope::Municipality(town.desk.town.id)).await.unwrap();
    let staff = tx.staff().await.unwrap();
    let mut clerk = staff.into_iter().find(|member| member.email.as_str() == "clerk@example.org").unwrap();
    clerk.role = Role::Editor;
    tx.update_member(&clerk).await.unwrap();
    tx.commit().await.unwrap();
    installation.clock.advance(TimeDelta::seconds(60));
    town.as_clerk(INBOX).expect_problem(403, "forbidden").await;

    let tx = installation.store().begin(Scope::Installation).await.unwrap();
    tx.revoke_staff_sessions(installation.clock.now(), clerk.account).await.unwrap();
    tx.commit().await.unwrap();
    installation.clock.advance(TimeDelta::seconds(60));
    town.as_clerk(INBOX).expect_problem(401, "unauthenticated").await;
}

async fn an_auditor_reads_and_changes_nothing(installation: Installation) {
    let desk = Desk::open(installation).await;
    let auditor = desk.installation.employ(&desk.town, "auditor@example.org", Role::Auditor).await;
    let auditor = desk.installation.token(&auditor).await;
    for list in ["departments", "categories", "areas", "addresses", "routing-rules", "staff", "settings"] {
        let read = desk.installation.get(&format!("{TOWN}/{list}")).bearer(&auditor);
        let _: Value = read.expect(200).await;
    }
    let add = desk.installation.post(&format!("{TOWN}/departments"), &json!({"name": "Forst"}));
    add.bearer(&auditor).expect_problem(403, "forbidden").await;
    desk.installation
        .get(&format!("{TOWN}/api-keys"))
        .bearer(&auditor)
        .expect_problem(403, "forbidden")
        .await;
}
